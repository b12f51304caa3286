package guests;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static java.time.Duration.ZERO;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import dev.mainstay.Permit;
import dev.mainstay.Pipeline;
import dev.mainstay.PolicyAccess;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.StateChanged;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.Priority;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.retry.Retry;
import dev.mainstay.testkit.CallInFlight;
import dev.mainstay.testkit.CallReport;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.ScenarioRun;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * What others may want to build, written as they would: in a package of their own, against what is exported. Each works
 * in every mode, and loses no permit.
 */
class GuestsTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private static void at(VirtualTime time, Duration delay, Runnable action) {
        time.arm(
                new TimedTask() {
                    @Override
                    protected void fire() {
                        action.run();
                    }
                },
                delay.toNanos());
    }

    private static CallContext priority(Priority priority) {
        return CallContext.plain().priority(priority);
    }

    private static CallRejectedException rejectionOf(CompletableFuture<?> future) {
        assertThat(future).isCompletedExceptionally();
        return (CallRejectedException) Stages.failureOf(future);
    }

    @Nested
    class AnAdaptiveBulkhead {

        private Scenario<AdaptiveBulkhead> bulkhead(String name, int limit) {
            return Scenario.named(name)
                    .with(time -> new AdaptiveBulkhead(time, limit, 3, MINUTE, ofMillis(120), ofMillis(200)));
        }

        private void allIsBack(ScenarioRun<AdaptiveBulkhead> run) {
            assertThat(run.policy().inUse()).isZero();
            assertThat(run.policy().waiting()).isZero();
            assertThat(PolicyAccess.isIdle(run.policy())).isTrue();
            run.time().runDue();
            assertThat(run.time().pendingEvents()).isZero();
        }

        @Test
        void servesByPriority() {
            bulkhead("priorities", 1).inEveryMode(run -> {
                Permit slot = run.policy().acquirePermit();
                CompletableFuture<Permit> lowest = run.policy().acquirePermitAsync(priority(Priority.LOWEST));
                CompletableFuture<Permit> normal = run.policy().acquirePermitAsync(priority(Priority.NORMAL));
                at(run.time(), ofMillis(20), slot::release);
                run.call(
                                run.policy().with(context -> context.priority(Priority.CRITICAL)),
                                Script.<String>of()
                                        .doing(() -> assertThat(normal).isNotDone())
                                        .hang(ofMillis(10))
                                        .succeed("critical"))
                        .returned("critical")
                        .afterTime(ofMillis(30));
                // By its success, the limit has grown: both have room.
                run.time().runDue();
                normal.join().release();
                lowest.join().release();
                allIsBack(run);
            });
        }

        @Test
        void shedsWhatHasWaitedTooLongAndServesTheNewestFirst() {
            bulkhead("controlled delay", 1).inEveryMode(run -> {
                Permit slot = run.policy().acquirePermit();
                CompletableFuture<Permit> stale = run.policy().acquirePermitAsync();
                run.after(ofMillis(200));
                at(run.time(), ofMillis(100), slot::release);
                run.call(Script.succeeding("newest")).returned("newest").afterTime(ofMillis(100));
                run.time().runDue();
                assertThat(rejectionOf(stale)).withReason(RejectionReason.SHED).withRetryAfter(ofMillis(200));
                assertThat(rejectionOf(stale).getMessage()).contains("waited 300000000 ns");
                allIsBack(run);
            });
        }

        @Test
        void rejectsACallThatItShedsInEveryMode() {
            bulkhead("shed", 1).inEveryMode(run -> {
                Permit slot = run.policy().acquirePermit();
                at(run.time(), ofMillis(500), slot::release);
                run.call(Script.succeeding("never"))
                        .wasRejected(RejectionReason.SHED)
                        .afterTime(ofMillis(500))
                        .afterExecutions(0);
                allIsBack(run);
                run.succeeding(1);
            });
        }

        @Test
        void adaptsItsLimitToWhatItHears() {
            bulkhead("limit", 4).inEveryMode(run -> {
                run.failingWith(new CallTimeoutException("elsewhere", 1, null, false));
                assertThat(run.policy().limit()).isEqualTo(2);
                run.succeeding(2);
                assertThat(run.policy().limit()).isEqualTo(3);
                run.whileInFlight(
                        3,
                        () -> assertThat(run.policy().tryAcquirePermit())
                                .isRejected()
                                .withReason(RejectionReason.FULL));
                allIsBack(run);
            });
        }

        @Test
        void isBoundedAndLosesNothingByThoseWhoGiveUp() {
            bulkhead("bounded", 1).inEveryMode(run -> {
                Permit slot = run.policy().acquirePermit();
                List<CompletableFuture<Permit>> line = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    line.add(run.policy().acquirePermitAsync());
                }
                run.call(Script.succeeding("never")).wasRejected(RejectionReason.QUEUE_FULL);
                line.get(1).cancel(true);
                slot.release();
                line.get(0).cancel(true);
                run.time().runDue();
                line.get(2).join().release();
                allIsBack(run);
            });
        }

        @Test
        void aCallInLineThatIsCancelledLeavesIt() {
            bulkhead("cancel", 1).onlyIn(Mode.ASYNC, Mode.ASYNC_COMPLETED).inEveryMode(run -> {
                Permit slot = run.policy().acquirePermit();
                CallInFlight<String> call = run.begin(Script.succeeding("never"));
                call.cancel().end().failedWith(CancellationException.class);
                slot.release();
                allIsBack(run);
            });
        }
    }

    @Nested
    class ALimiterWhosePermitsComeFromAServer {

        /** Answers each question after 50 ms as the test says. */
        private static final class Server implements ServerLimiter.PermitServer {

            private final VirtualTime time;
            private final Queue<ServerLimiter.Answer> answers = new ArrayDeque<>();
            private ServerLimiter limiter;
            private int granted;

            Server(VirtualTime time) {
                this.time = time;
            }

            @Override
            public CompletableFuture<ServerLimiter.Answer> ask() {
                CompletableFuture<ServerLimiter.Answer> future = new CompletableFuture<>();
                ServerLimiter.Answer answer = answers.poll();
                at(time, ofMillis(50), () -> {
                    if (answer == null) {
                        future.completeExceptionally(new IOException("the server is away"));
                    } else {
                        granted += answer.granted() ? 1 : 0;
                        future.complete(answer);
                    }
                });
                return future;
            }

            void grants(int times) {
                for (int i = 0; i < times; i++) {
                    answers.add(new ServerLimiter.Answer(true, 0));
                }
            }
        }

        private Scenario<Server> limiter(String name) {
            return Scenario.named(name)
                    .with(
                            time -> {
                                Server server = new Server(time);
                                server.limiter = new ServerLimiter(time, server, 10, MINUTE);
                                return server;
                            },
                            server -> server.limiter);
        }

        private void allIsAccountedFor(ScenarioRun<Server> run, int used) {
            run.after(ofSeconds(1));
            ServerLimiter limiter = run.policy().limiter;
            assertThat(run.policy().granted).isEqualTo(used + limiter.stock());
            assertThat(PolicyAccess.isIdle(limiter)).isTrue();
            assertThat(run.time().pendingEvents()).isZero();
        }

        @Test
        void letsCallsInWhenTheirPermitsCome() {
            limiter("granted").inEveryMode(run -> {
                run.policy().grants(2);
                run.call(Script.succeeding("ok")).returned("ok").afterTime(ofMillis(50));
                run.call(Script.failing(new IOException("scripted"))).failedWith(IOException.class);
                allIsAccountedFor(run, 2);
            });
        }

        @Test
        void tellsCallsWhenToComeBack() {
            limiter("not now").inEveryMode(run -> {
                run.policy()
                        .answers
                        .add(new ServerLimiter.Answer(false, ofSeconds(3).toNanos()));
                CallReport<String> report = run.call(Script.succeeding("never"));
                report.wasRejected(RejectionReason.RATE).afterTime(ofMillis(50));
                assertThat((CallRejectedException) report.failure()).withRetryAfter(ofSeconds(3));
                allIsAccountedFor(run, 0);
            });
        }

        @Test
        void saysSoIfTheServerDoesNotAnswer() {
            limiter("away").inEveryMode(run -> {
                run.call(Script.succeeding("never")).wasRejected(RejectionReason.BACKEND);
                allIsAccountedFor(run, 0);
            });
        }

        @Test
        void keepsThePermitOfACallThatHasLeft() {
            limiter("left").inEveryMode(run -> {
                run.policy().grants(1);
                CompletableFuture<Permit> gone = run.policy().limiter.acquirePermitAsync();
                gone.cancel(true);
                run.after(ofMillis(50));
                assertThat(run.policy().limiter.stock()).isEqualTo(1);
                run.call(Script.succeeding("ok")).returned("ok").afterTime(ZERO);
                allIsAccountedFor(run, 1);
            });
        }

        @Test
        void keepsThePermitOfACallThatWasRejectedFurtherIn() {
            limiter("rejected further in").inEveryMode(run -> {
                run.policy().grants(1);
                run.call(Script.failing(new CallRejectedException(new Rejection("inner", RejectionReason.FULL, -1))))
                        .wasRejected(RejectionReason.FULL);
                allIsAccountedFor(run, 0);
            });
        }

        @Test
        void givesUpOnAPermitThatDoesNotComeInTime() {
            Scenario.named("deadline")
                    .with(
                            time -> {
                                Server server = new Server(time);
                                server.limiter = new ServerLimiter(time, server, 10, MINUTE);
                                return server;
                            },
                            server -> Pipeline.of(
                                    "limited",
                                    TimeLimiter.of(
                                            "time",
                                            c -> c.timeoutDuration(ofMillis(20)).timeSource(server.time)),
                                    server.limiter))
                    .inEveryMode(run -> {
                        run.policy().grants(1);
                        run.call(Script.succeeding("never")).timedOut().afterTime(ofMillis(20));
                        allIsAccountedFor(run, 0);
                        assertThat(run.policy().limiter.stock()).isEqualTo(1);
                    });
        }
    }

    @Nested
    class AHedge {

        /** A hedge around a bulkhead, and what became of the attempts. */
        private static final class Hedged {

            final Bulkhead bulkhead;
            final Pipeline pipeline;
            final List<Object> discarded = new ArrayList<>();
            final List<String> hooks = new ArrayList<>();

            Hedged(VirtualTime time) {
                bulkhead = Bulkhead.of("bulkhead", c -> c.maxConcurrentCalls(2).timeSource(time));
                pipeline = Pipeline.of("hedged", new Hedge(time, ofMillis(100), discarded::add), bulkhead);
            }

            Runnable hook(String name) {
                return () -> CallContext.current().onCancel(() -> hooks.add(name));
            }
        }

        private Scenario<Hedged> hedged(String name) {
            return Scenario.named(name).with(Hedged::new, hedged -> hedged.pipeline);
        }

        private void allIsBack(ScenarioRun<Hedged> run) {
            run.time().runDue();
            assertThat(run.policy().bulkhead.inUse()).isZero();
            assertThat(run.time().pendingEvents()).isZero();
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
        }

        @Test
        void makesOneAttemptIfThatIsFastEnough() {
            hedged("fast").inEveryMode(run -> {
                run.call(Script.<String>of()
                                .doing(run.policy().hook("first"))
                                .hang(ofMillis(99))
                                .succeed("ok")
                                .thenFailTheTest())
                        .returned("ok")
                        .afterTime(ofMillis(99));
                assertThat(run.policy().hooks).isEmpty();
                allIsBack(run);
            });
        }

        @Test
        void takesTheSecondIfThatIsFasterAndCancelsTheFirst() {
            hedged("hedged").inEveryMode(run -> {
                run.call(Script.<String>of()
                                .doing(run.policy().hook("loser"))
                                .hangForever()
                                .doing(run.policy().hook("winner"))
                                .succeed("second"))
                        .returned("second")
                        .afterTime(ofMillis(100))
                        .afterExecutions(2);
                allIsBack(run);
                assertThat(run.policy().hooks).containsExactly("loser");
            });
        }

        @Test
        void cancelsTheSecondIfTheFirstIsFaster() {
            hedged("slow hedge").onlyIn(Mode.ASYNC).inEveryMode(run -> {
                CallReport<String> report = run.call(Script.<String>of()
                                .doing(run.policy().hook("winner"))
                                .hang(ofMillis(150))
                                .succeed("first")
                                .doing(run.policy().hook("loser"))
                                .hangForever())
                        .returned("first")
                        .afterTime(ofMillis(150))
                        .afterExecutions(2);
                assertThat(run.policy().bulkhead.inUse())
                        .as("when the caller goes on")
                        .isZero();
                allIsBack(run);
                assertThat(run.policy().hooks).containsExactly("loser");
                assertThat(report.body().cancels()).isEqualTo(1);
            });
        }

        @Test
        void interruptsTheLoserOnTheExecutor() throws Exception {
            CountDownLatch hedged = new CountDownLatch(1);
            CountDownLatch interrupted = new CountDownLatch(1);
            AtomicInteger attempts = new AtomicInteger();
            Hedge hedge = new Hedge(TimeSource.system(), ofMillis(1), discarded -> {});
            String result = hedge.call(() -> {
                if (attempts.getAndIncrement() == 0) {
                    hedged.await();
                    return "first";
                }
                hedged.countDown();
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    interrupted.countDown();
                    throw e;
                }
                return "never";
            });
            assertThat(result).isEqualTo("first");
            interrupted.await();
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
        }

        @Test
        void interruptsTheLoserOnTheCallersThread() throws Exception {
            AtomicInteger attempts = new AtomicInteger();
            AtomicInteger interrupts = new AtomicInteger();
            Hedge hedge = new Hedge(TimeSource.system(), ofMillis(1), discarded -> {});
            String result = hedge.call(() -> {
                if (attempts.getAndIncrement() == 0) {
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        interrupts.incrementAndGet();
                        throw e;
                    }
                }
                return "second";
            });
            assertThat(result).isEqualTo("second");
            assertThat(interrupts).hasValue(1);
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
        }

        @Test
        void failsAsTheFirstDoesIfThatFailsEarly() {
            IOException failure = new IOException("scripted");
            hedged("failure").inEveryMode(run -> {
                run.call(Script.<String>of().hang(ofMillis(50)).fail(failure).thenFailTheTest())
                        .failedWith(failure);
                allIsBack(run);
            });
        }

        @Test
        void succeedsIfOneOfTheTwoDoes() {
            hedged("one of two").inEveryMode(run -> {
                run.call(Script.<String>of()
                                .hang(ofMillis(120))
                                .fail(new IOException("scripted"))
                                .hang(ofMillis(80))
                                .succeed("second"))
                        .returned("second")
                        .afterExecutions(2);
                allIsBack(run);
            });
        }

        @Test
        void aTimeLimitAroundItEndsBothAttempts() {
            Scenario.named("time limit")
                    .with(
                            Hedged::new,
                            hedged -> Pipeline.of(
                                    "limited",
                                    TimeLimiter.of(
                                            "time",
                                            c -> c.timeoutDuration(ofSeconds(1))
                                                    .timeSource(hedged.bulkhead
                                                            .config()
                                                            .timeSource())),
                                    hedged.pipeline))
                    .onlyIn(Mode.ASYNC)
                    .inEveryMode(run -> {
                        run.call(Script.<String>of()
                                        .doing(run.policy().hook("one"))
                                        .hangForever()
                                        .doing(run.policy().hook("other"))
                                        .hangForever())
                                .timedOut()
                                .afterTime(ofSeconds(1))
                                .afterExecutions(2);
                        allIsBack(run);
                        assertThat(run.policy().hooks).containsExactlyInAnyOrder("one", "other");
                    });
        }

        @Test
        void aCancelEndsBothAttempts() {
            hedged("cancel").onlyIn(Mode.ASYNC).inEveryMode(run -> {
                CallInFlight<String> call = run.begin(Script.<String>of()
                        .doing(run.policy().hook("one"))
                        .hangForever()
                        .doing(run.policy().hook("other"))
                        .hangForever());
                run.after(ofMillis(200));
                call.cancel();
                assertThat(call.body().cancels()).isEqualTo(2);
                allIsBack(run);
                assertThat(run.policy().hooks).containsExactlyInAnyOrder("one", "other");
            });
        }
    }

    @Nested
    class ARampUp {

        /** A ramp around a breaker, which begins when that closes. */
        private static final class Recovering {

            final RampUp ramp;
            final CircuitBreaker breaker;
            final Pipeline pipeline;

            Recovering(VirtualTime time) {
                ramp = new RampUp(time, ofSeconds(1), 4);
                breaker = CircuitBreaker.of("breaker", c -> c.timeSource(time));
                breaker.subscribe(StateChanged.class, change -> {
                    if (change.to() == CircuitBreaker.State.CLOSED) {
                        ramp.recovered();
                    }
                });
                pipeline = Pipeline.of("recovering", ramp, breaker);
            }
        }

        private int letIn(ScenarioRun<Recovering> run, int calls) {
            int in = 0;
            for (int i = 0; i < calls; i++) {
                CallReport<String> report = run.call(Script.succeeding("ok"));
                if (report.executions() == 1) {
                    in++;
                } else {
                    report.wasRejected(RejectionReason.THROTTLED);
                }
            }
            return in;
        }

        @Test
        void letsLoadBackLittleByLittle() {
            Scenario.named("ramp").with(Recovering::new, all -> all.pipeline).inEveryMode(run -> {
                run.succeeding(3);
                run.policy().ramp.recovered();
                assertThat(letIn(run, 8)).isEqualTo(2);
                run.after(ofSeconds(1));
                assertThat(letIn(run, 8)).isEqualTo(4);
                run.after(ofSeconds(2));
                run.succeeding(8);
                assertThat(run.policy().ramp.inProgress()).isZero();
                assertThat(PolicyAccess.isIdle(run.policy().ramp)).isTrue();
            });
        }

        @Test
        void beginsAnewIfACallFails() {
            Scenario.named("relapse").with(Recovering::new, all -> all.pipeline).inEveryMode(run -> {
                run.policy().ramp.recovered();
                run.after(ofSeconds(2));
                run.failing(1);
                assertThat(letIn(run, 8)).isEqualTo(2);
                assertThat(run.policy().ramp.inProgress()).isZero();
            });
        }
    }

    @Nested
    class AReactiveAdapter {

        /** A retry, a time limit for each attempt, and a bulkhead with a line. */
        private static final class Reactive {

            final Bulkhead bulkhead;
            final Retry retry;
            final TimeLimiter limiter;
            final ReactivePolicy policy;

            Reactive(VirtualTime time) {
                bulkhead = Bulkhead.of(
                        "bulkhead",
                        c -> c.maxConcurrentCalls(1).maxWaitDuration(MINUTE).timeSource(time));
                limiter = TimeLimiter.of(
                        "time", c -> c.timeoutDuration(ofSeconds(1)).timeSource(time));
                retry = Retry.of(
                        "retry",
                        c -> c.maxAttempts(3)
                                .backoff(Backoff.fixed(ofMillis(100)))
                                .overloadBackoff(Backoff.fixed(ofMillis(100)))
                                .timeSource(time));
                policy = new ReactivePolicy(time, retry, limiter, bulkhead);
            }
        }

        private Scenario<Reactive> reactive(String name) {
            return Scenario.named(name).with(Reactive::new, reactive -> reactive.policy);
        }

        private void allIsBack(ScenarioRun<Reactive> run) {
            run.time().runDue();
            assertThat(PolicyAccess.isIdle(run.policy().bulkhead)).isTrue();
            assertThat(run.time().pendingEvents()).isZero();
        }

        @Test
        void succeedsAndRetriesAndFails() {
            reactive("outcomes").inEveryMode(run -> {
                run.succeeding(2);
                run.call(Script.<String>of()
                                .fail(new IOException("scripted"))
                                .times(2)
                                .succeed("third"))
                        .returned("third")
                        .afterAttempts(1, 2, 3)
                        .afterTime(ofMillis(200));
                IOException failure = new IOException("scripted");
                run.call(Script.failing(failure)).failedWith(failure).afterExecutions(3);
                allIsBack(run);
            });
        }

        @Test
        void givesUpOnAnAttemptWhoseTimeIsUpAndMakesAnother() {
            reactive("time limit").inEveryMode(run -> {
                run.call(Script.<String>of().hangForever().succeed("second"))
                        .returned("second")
                        .afterTime(ofMillis(1100))
                        .afterAttempts(1, 2);
                allIsBack(run);
            });
        }

        @Test
        void waitsForAPermitWithoutBlocking() {
            reactive("line").inEveryMode(run -> {
                Permit slot = run.policy().bulkhead.acquirePermit();
                at(run.time(), ofMillis(300), slot::release);
                run.call(Script.succeeding("ok")).returned("ok").afterTime(ofMillis(300));
                allIsBack(run);
            });
        }

        @Test
        void anAttemptInLineTimesOutThere() {
            reactive("line too long").inEveryMode(run -> {
                Permit slot = run.policy().bulkhead.acquirePermit();
                run.call(Script.succeeding("never")).timedOut().afterExecutions(0);
                slot.release();
                // The logs sum up several time-outs and rejections after a while.
                run.after(MINUTE);
                allIsBack(run);
            });
        }

        @Test
        void aCancelLeavesTheLineTheStageAndTheBackoff() {
            reactive("cancel").onlyIn(Mode.ASYNC).inEveryMode(run -> {
                Permit slot = run.policy().bulkhead.acquirePermit();
                run.begin(Script.succeeding("never")).cancel();
                assertThat(run.policy().bulkhead.queued()).isZero();
                slot.release();
                allIsBack(run);
                CallInFlight<String> hanging = run.begin(Script.<String>hanging());
                run.time().runDue();
                hanging.cancel();
                assertThat(hanging.body().cancels()).isEqualTo(1);
                allIsBack(run);
                CallInFlight<String> failing = run.begin(Script.failing(new IOException("scripted")));
                run.after(ofMillis(50));
                failing.cancel();
                assertThat(failing.body().executions()).isEqualTo(1);
                allIsBack(run);
            });
        }
    }
}
