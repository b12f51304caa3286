package dev.mainstay.scenarios;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import dev.mainstay.Pipeline;
import dev.mainstay.PolicyAccess;
import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiter;
import dev.mainstay.TimeLimiterConfig;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.event.Subscription;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.testkit.CallInFlight;
import dev.mainstay.testkit.CallReport;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import dev.mainstay.testkit.ScriptedCall;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class TimeLimiterTest {

    private static final Duration SECOND = ofSeconds(1);

    private static TimeLimiter limiter(String name, VirtualTime time, Duration timeout) {
        return TimeLimiter.of(name, c -> c.timeSource(time).timeoutDuration(timeout));
    }

    private static TimeLimiter limiter(VirtualTime time) {
        return limiter("limit", time, SECOND);
    }

    /** A limiter, and what it discarded. */
    private record Discarding(TimeLimiter limiter, List<Object> discarded) {

        static Discarding in(VirtualTime time) {
            List<Object> discarded = new ArrayList<>();
            return new Discarding(
                    TimeLimiter.of(
                            "limit",
                            c -> c.timeSource(time).timeoutDuration(SECOND).onDiscard(discarded::add)),
                    discarded);
        }
    }

    // ---- in time

    @Test
    void aCallInTimeLeavesNoTimerBehind() {
        Scenario.named("in time").with(TimeLimiterTest::limiter).inEveryMode(run -> {
            run.call(Script.<String>of().hang(ofMillis(999)).succeed("ok"))
                    .returned("ok")
                    .afterTime(ofMillis(999));
            assertThat(run.time().pendingEvents()).isZero();
            run.failing(1);
            assertThat(run.time().pendingEvents()).isZero();
            assertThat(run.policy())
                    .hasMeter("timelimiter.calls", 1, "outcome", "success")
                    .hasMeter("timelimiter.calls", 1, "outcome", "failure")
                    .hasMeter("timelimiter.calls", 0, "outcome", "timeout");
        });
    }

    @Test
    void anErrorOfTheBodyComesOutAsItIs() {
        Scenario.named("an error").with(TimeLimiterTest::limiter).inEveryMode(run -> {
            run.failingWith(new StackOverflowError("scripted"));
            assertThat(run.time().pendingEvents()).isZero();
        });
    }

    @Test
    void aHugeTimeoutMeansForEver() {
        Scenario.named("for ever")
                .with(time -> limiter("limit", time, Duration.ofDays(400_000)))
                .inEveryMode(run -> run.call(
                                Script.<String>of().hang(Duration.ofDays(1_000)).succeed("ok"))
                        .returned("ok"));
    }

    @Test
    void aBodySeesItsDeadlineAndTheCallerDoesNot() {
        AtomicReference<Duration> remaining = new AtomicReference<>();
        Scenario.named("deadline").with(TimeLimiterTest::limiter).inEveryMode(run -> {
            CallReport<String> report = run.call(Script.<String>of()
                    .doing(() -> remaining.set(CallContext.current().remaining()))
                    .succeed("ok"));
            assertThat(remaining.get()).isEqualTo(SECOND);
            assertThat(report.body().contexts().get(0).deadline()).isNotNull();
            assertThat(CallContext.current().deadline()).isNull();
        });
    }

    // ---- out of time

    @Test
    void aCallThatTakesTooLongTimesOut() {
        Scenario.named("too long").with(TimeLimiterTest::limiter).inEveryMode(run -> {
            CallReport<String> report = run.call(Script.hanging());
            report.timedOut().afterTime(SECOND).afterExecutions(1);
            CallTimeoutException timeout = report.failure(CallTimeoutException.class);
            assertThat(timeout.policyName()).isEqualTo("limit");
            assertThat(timeout.timeout()).isEqualTo(SECOND);
            assertThat(timeout).hasMessage("'limit' gave up on the call after 1s");
            assertThat(run.policy()).hasMeter("timelimiter.calls", 1, "outcome", "timeout");
            assertThat(run.time().pendingEvents()).isZero();
            run.succeeding(1);
        });
    }

    @Test
    void timesOutAlsoWhenTheClockOverflows() {
        Scenario.named("overflow")
                .with(TimeLimiterTest::limiter)
                .startingAt(Long.MAX_VALUE - ofMillis(500).toNanos())
                .inEveryMode(run -> {
                    run.call(Script.<String>of().hang(ofMillis(999)).succeed("ok"))
                            .returned("ok");
                    run.timingOut(1);
                });
    }

    @Test
    void theThreadIsInterruptedOrTheStageCancelled() {
        Scenario.named("ends the body").with(TimeLimiterTest::limiter).inEveryMode(run -> {
            ScriptedCall<String> body =
                    run.call(Script.<String>hanging()).timedOut().body();
            boolean stage = run.mode().isAsync();
            assertThat(body.interrupts()).isEqualTo(stage ? 0 : 1);
            assertThat(body.cancels()).isEqualTo(stage ? 1 : 0);
            assertThat(body.running()).isZero();
        });
    }

    @Test
    void aBodyThatIgnoresInterruptsDelaysTheCallerWhoStillGetsTheTimeout() {
        Scenario.named("ignores interrupts")
                .with(Discarding::in, Discarding::limiter)
                .exceptIn(Mode.ASYNC)
                .inEveryMode(run -> {
                    run.call(Script.<String>of()
                                    .ignoringInterrupts()
                                    .hang(ofSeconds(3))
                                    .succeed("late"))
                            .timedOut()
                            .afterTime(ofSeconds(3));
                    assertThat(run.policy().discarded()).containsExactly("late");
                });
    }

    @Test
    void aStageThatIgnoresItsCancelDelaysNobodyAndItsResultIsDiscarded() {
        Scenario.named("ignores its cancel")
                .with(Discarding::in, Discarding::limiter)
                .onlyIn(Mode.ASYNC)
                .inEveryMode(run -> {
                    run.call(Script.<String>of()
                                    .ignoringInterrupts()
                                    .hang(ofSeconds(3))
                                    .succeed("late"))
                            .timedOut()
                            .afterTime(SECOND);
                    assertThat(run.policy().discarded()).isEmpty();
                    run.after(ofSeconds(2));
                    assertThat(run.policy().discarded()).containsExactly("late");
                });
    }

    @Test
    void aFailureThatComesTooLateIsTheCause() {
        IOException late = new IOException("late");
        Scenario.named("fails late")
                .with(TimeLimiterTest::limiter)
                .exceptIn(Mode.ASYNC)
                .inEveryMode(run -> {
                    CallReport<String> report = run.call(Script.<String>of()
                            .ignoringInterrupts()
                            .hang(ofSeconds(3))
                            .fail(late));
                    assertThat(report.timedOut().failure()).hasCause(late);
                });
    }

    @Test
    void aDiscardHookThatThrowsIsLoggedAndChangesNothing() {
        try (LogOf warnings = new LogOf(CallbackFailures.class)) {
            Scenario.named("the hook throws")
                    .with(time -> TimeLimiter.of(
                            "limit",
                            c -> c.timeSource(time).timeoutDuration(SECOND).onDiscard(result -> {
                                throw new IllegalStateException("a hook that throws");
                            })))
                    .inEveryMode(run -> {
                        run.call(Script.<String>of()
                                        .ignoringInterrupts()
                                        .hang(ofSeconds(3))
                                        .succeed("late"))
                                .timedOut();
                        run.after(ofSeconds(5));
                        run.succeeding(1);
                    });
            assertThat(warnings.values("callback")).hasSize(5).containsOnly("onDiscard hook");
        }
    }

    @Test
    void theUsersOwnFutureIsOnlyEverCancelled() {
        VirtualTime time = VirtualTime.create();
        CompletableFuture<String> own = new CompletableFuture<>();
        CompletableFuture<String> call = limiter(time).callAsync(() -> own);
        time.advance(SECOND);
        assertThat(call).isCompletedExceptionally();
        assertThat(own).isCancelled();
        CompletableFuture<String> done = CompletableFuture.completedFuture("ok");
        assertThat(limiter(time).callAsync(() -> done)).isCompletedWithValue("ok");
        assertThat(done.isCompletedExceptionally()).isFalse();
    }

    @Test
    void whatWasRegisteredForACancelRunsOnceWhenTheTimeIsUp() {
        AtomicInteger closed = new AtomicInteger();
        Scenario.named("onCancel").with(TimeLimiterTest::limiter).inEveryMode(run -> {
            closed.set(0);
            run.call(Script.<String>of()
                            .doing(() -> CallContext.current().onCancel(closed::incrementAndGet))
                            .hangForever())
                    .timedOut();
            run.time().runDue();
            assertThat(closed).hasValue(1);
            run.call(Script.<String>of()
                            .doing(() -> CallContext.current().onCancel(closed::incrementAndGet))
                            .succeed("ok"))
                    .returned("ok");
            run.after(ofSeconds(5));
            assertThat(closed).hasValue(1);
        });
    }

    @Test
    void anExecutorReleasesTheCallerOnTimeWhateverTheBodyDoes() throws Exception {
        VirtualTime time = VirtualTime.manual();
        List<Object> discarded = new CopyOnWriteArrayList<>();
        List<Thread> workers = new CopyOnWriteArrayList<>();
        TimeLimiter limiter = TimeLimiter.of(
                "limit",
                c -> c.timeSource(time)
                        .timeoutDuration(SECOND)
                        .onDiscard(discarded::add)
                        .onExecutor(task -> {
                            Thread worker = new Thread(task);
                            workers.add(worker);
                            worker.start();
                        }));
        ScriptedCall<String> body = Script.<String>of()
                .ignoringInterrupts()
                .hang(ofSeconds(3))
                .succeed("late")
                .on(time);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread caller = new Thread(() -> {
            try {
                limiter.callWithContext(body.sync());
            } catch (Throwable thrown) {
                failure.set(thrown);
            }
        });
        caller.start();
        time.awaitSleepers(1);
        time.advance(SECOND);
        ended(caller);
        assertThat(failure.get()).isInstanceOf(CallTimeoutException.class);
        assertThat(body.running()).isEqualTo(1);
        assertThat(discarded).isEmpty();
        time.awaitSleepers(1);
        time.advance(ofSeconds(2));
        ended(workers.get(0));
        assertThat(discarded).containsExactly("late");
        assertThat(body.interrupts()).isEqualTo(1);
    }

    @Test
    void anExecutorThatRejectsTheBodyIsARejection() {
        VirtualTime time = VirtualTime.create();
        TimeLimiter limiter = TimeLimiter.of(
                "limit",
                c -> c.timeSource(time).onExecutor(task -> {
                    throw new RejectedExecutionException("full");
                }));
        assertThatThrownBy(() -> limiter.call(() -> "never"))
                .isInstanceOfSatisfying(
                        CallRejectedException.class,
                        rejection -> assertThat(rejection)
                                .withReason(RejectionReason.EXECUTOR)
                                .byPolicy("limit"));
        assertThat(time.pendingEvents()).isZero();
    }

    // ---- nested

    @Test
    void theTighterInnerLimitWinsAndTheOuterIsNotDisturbed() {
        Scenario.named("inner tighter")
                .with(time ->
                        Pipeline.of("both", limiter("outer", time, SECOND), limiter("inner", time, ofMillis(300))))
                .inEveryMode(run -> {
                    CallReport<String> report =
                            run.call(Script.<String>hanging()).timedOut().afterTime(ofMillis(300));
                    assertThat(report.failure(CallTimeoutException.class).policyName())
                            .isEqualTo("inner");
                    assertThat(run.policy())
                            .hasMeter("timelimiter.calls", 1, "name", "inner", "outcome", "timeout")
                            .hasMeter("timelimiter.calls", 1, "name", "outer", "outcome", "failure");
                    assertThat(run.time().pendingEvents()).isZero();
                });
    }

    @Test
    void theTighterOuterLimitWins() {
        Scenario.named("outer tighter")
                .with(time ->
                        Pipeline.of("both", limiter("outer", time, ofMillis(300)), limiter("inner", time, SECOND)))
                .inEveryMode(run -> {
                    CallReport<String> report =
                            run.call(Script.<String>hanging()).timedOut().afterTime(ofMillis(300));
                    assertThat(report.failure(CallTimeoutException.class).policyName())
                            .isEqualTo("outer");
                    assertThat(run.policy())
                            .hasMeter("timelimiter.calls", 1, "name", "outer", "outcome", "timeout")
                            .hasMeter("timelimiter.calls", 0, "name", "inner", "outcome", "timeout");
                    assertThat(run.time().pendingEvents()).isZero();
                });
    }

    @Test
    void anInnerTimeoutThatTheBodySurvivesLeavesTheOuterLimitAsItWas() {
        Scenario.named("survived")
                .with(TimeLimiterTest::limiter)
                .onlyIn(Mode.SYNC, Mode.DECORATED, Mode.SUBMITTED)
                .inEveryMode(run -> {
                    TimeLimiter inner = limiter("inner", run.time(), ofMillis(300));
                    Runnable first = () -> assertThatThrownBy(() -> inner.callWithContext(
                                    Script.<String>hanging().on(run.time()).sync()))
                            .isInstanceOf(CallTimeoutException.class);
                    run.call(Script.<String>of()
                                    .doing(first)
                                    .hang(ofMillis(600))
                                    .succeed("ok"))
                            .returned("ok")
                            .afterTime(ofMillis(900));
                    run.call(Script.<String>of().doing(first).hangForever())
                            .timedOut()
                            .afterTime(SECOND);
                });
    }

    @Test
    void ofThreeLimitsThatFireTogetherNoInterruptIsLeft() {
        Scenario.named("three at once")
                .with(time -> Pipeline.of(
                        "three", limiter("a", time, SECOND), limiter("b", time, SECOND), limiter("c", time, SECOND)))
                .inEveryMode(run -> {
                    run.timingOut(1);
                    run.succeeding(1);
                    run.call(Script.<String>of()
                                    .ignoringInterrupts()
                                    .hang(ofSeconds(3))
                                    .succeed("late"))
                            .timedOut();
                    run.after(ofSeconds(30));
                    assertThat(run.time().pendingEvents()).isZero();
                });
    }

    @Test
    void anOuterLimitThatFiredLongBeforeTheInnerOneStillEndsTheCall() {
        Scenario.named("outer long before")
                .with(time ->
                        Pipeline.of("both", limiter("outer", time, ofMillis(300)), limiter("inner", time, SECOND)))
                .exceptIn(Mode.ASYNC)
                .inEveryMode(run -> {
                    CallReport<String> report = run.call(Script.<String>of()
                                    .ignoringInterrupts()
                                    .hang(ofSeconds(2))
                                    .succeed("late"))
                            .timedOut()
                            .afterTime(ofSeconds(2));
                    assertThat(report.failure(CallTimeoutException.class).policyName())
                            .isEqualTo("outer");
                });
    }

    @Test
    void anInnerLimitThatFiresLaterLeavesTheInterruptOfAnOuterOneThatRunsItsCallElsewhere() {
        VirtualTime time = VirtualTime.create();
        TimeLimiter outer = TimeLimiter.of(
                "outer", c -> c.timeSource(time).timeoutDuration(SECOND).onExecutor(time.executor()));
        TimeLimiter inner = limiter("inner", time, ofSeconds(2));
        List<Boolean> interrupted = new ArrayList<>();

        assertThatThrownBy(() -> outer.run(() -> {
                    assertThatThrownBy(() -> inner.run(() -> time.advance(ofSeconds(3))))
                            .isInstanceOf(CallTimeoutException.class);
                    interrupted.add(Thread.currentThread().isInterrupted());
                }))
                .isInstanceOf(CallTimeoutException.class);

        assertThat(interrupted).containsExactly(true);
        assertThat(Thread.interrupted()).isFalse();
    }

    // ---- interrupts and cancels from outside

    /** Such as one for which there is no memory, or no stack left. */
    @Test
    void aTimerThatFailsLeavesNothingOnTheCallersThread() {
        FailingTimer time = new FailingTimer();
        TimeLimiter limiter = TimeLimiter.of("limit", c -> c.timeSource(time).timeoutDuration(SECOND));
        assertThatThrownBy(() -> limiter.call(() -> "never begun")).isInstanceOf(OutOfMemoryError.class);
        assertThat(CallContext.current()).isSameAs(CallContext.plain());
        time.time.advance(ofSeconds(2));
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void anInterruptFromOutsideIsPreserved() {
        Scenario.named("outside interrupt")
                .with(TimeLimiterTest::limiter)
                .onlyIn(Mode.SYNC, Mode.DECORATED)
                .inEveryMode(run -> {
                    CallReport<String> report = run.call(Script.<String>of()
                            .doing(() -> Thread.currentThread().interrupt())
                            .succeed("ok"));
                    assertThat(report.result()).isEqualTo("ok");
                    report.leftInterrupt();
                    Thread.currentThread().interrupt();
                    run.call(Script.hanging())
                            .failedWith(InterruptedException.class)
                            .afterTime(Duration.ZERO);
                    assertThat(run.policy()).hasMeter("timelimiter.calls", 0, "outcome", "timeout");
                });
    }

    @Test
    void aCancelEndsTheStageAndTheTimer() {
        Scenario.named("cancel")
                .with(TimeLimiterTest::limiter)
                .onlyIn(Mode.ASYNC)
                .inEveryMode(run -> {
                    CallInFlight<String> call = run.begin(Script.<String>hanging());
                    run.after(ofMillis(500));
                    call.cancel();
                    assertThat(call.body().cancels()).isEqualTo(1);
                    assertThat(run.time().pendingEvents()).isZero();
                    call.end().failedWith(CancellationException.class);
                    assertThat(run.policy()).hasMeter("timelimiter.calls", 0, "outcome", "timeout");
                });
    }

    // ---- with a gate inside

    private record Line(WaitingRoom room, Pipeline pipeline) {

        static Line in(VirtualTime time) {
            WaitingRoom room = new WaitingRoom("room", time, 1, Duration.ofMinutes(1));
            return new Line(room, Pipeline.of("line", limiter(time), room));
        }
    }

    @Test
    void aTimeoutEndsAWaitInLineAndTheCallNeverRuns() {
        Scenario.named("ends a wait").with(Line::in, Line::pipeline).inEveryMode(run -> {
            WaitingRoom room = run.policy().room();
            try (var place = room.acquirePermit()) {
                run.call(Script.succeeding("never"))
                        .timedOut()
                        .afterTime(SECOND)
                        .afterExecutions(0);
                assertThat(room.waiting()).isZero();
            }
            assertThat(room.permits).isEmpty();
            run.succeeding(1);
        });
    }

    @Test
    void aCallThatTimedOutKeepsItsPlaceUntilItReallyEnds() {
        Scenario.named("keeps its place")
                .with(Line::in, Line::pipeline)
                .onlyIn(Mode.ASYNC)
                .inEveryMode(run -> {
                    WaitingRoom room = run.policy().room();
                    run.call(Script.<String>of()
                                    .ignoringInterrupts()
                                    .hang(ofSeconds(3))
                                    .succeed("late"))
                            .timedOut()
                            .afterTime(SECOND);
                    assertThat(room.inside()).isEqualTo(1);
                    run.after(ofSeconds(2));
                    assertThat(room.inside()).isZero();
                });
    }

    @Test
    void aGateInsideSeesThatTheOtherSideWasTooSlow() {
        Scenario.named("overload inside").with(Line::in, Line::pipeline).inEveryMode(run -> {
            run.timingOut(1);
            assertThat(run.policy().room().verdicts).containsExactly(Verdict.OVERLOAD);
            assertThat(run.policy().room().permits).isEmpty();
        });
    }

    @Test
    void aGateOutsideSeesATimeoutAsOverload() {
        Scenario.named("overload outside")
                .with(
                        time -> new Line(new WaitingRoom(time, 1), Pipeline.of("none")),
                        line -> Pipeline.of(
                                "line", line.room(), limiter((VirtualTime) PolicyAccess.timeSource(line.room()))))
                .inEveryMode(run -> {
                    run.timingOut(1);
                    assertThat(run.policy().room().verdicts).containsExactly(Verdict.OVERLOAD);
                });
    }

    // ---- itself

    @Test
    void tellsWhoListensThatACallTimedOut() {
        Scenario.named("event").with(TimeLimiterTest::limiter).inEveryMode(run -> {
            RecordedEvents events = RecordedEvents.of(run.policy());
            run.timingOut(1);
            run.succeeding(1);
            assertThat(events.ofType(PolicyEvent.TimedOut.class))
                    .singleElement()
                    .satisfies(event -> {
                        assertThat(event.policy()).isEqualTo("limit");
                        assertThat(event.timeoutNanos()).isEqualTo(SECOND.toNanos());
                        assertThat(event.nanoTime()).isEqualTo(SECOND.toNanos());
                    });
            assertThat(events.all()).hasSize(1);
        });
    }

    @Test
    void whoHasStoppedListeningIsNotTold() {
        VirtualTime time = VirtualTime.create();
        TimeLimiter limiter = limiter(time);
        List<PolicyEvent.TimedOut> heard = new ArrayList<>();
        Subscription subscription = limiter.subscribe(PolicyEvent.TimedOut.class, heard::add);
        limiter.callAsync(() -> new CompletableFuture<>());
        time.advance(SECOND);
        subscription.close();
        limiter.callAsync(() -> new CompletableFuture<>());
        time.advance(SECOND);
        assertThat(heard).hasSize(1);
    }

    @Test
    void callsCanBeSentBackToTheirCallersThreads() {
        TimeLimiterConfig elsewhere = TimeLimiterConfig.builder()
                .onExecutor(task -> {
                    throw new AssertionError("not there");
                })
                .build();
        TimeLimiterConfig here = elsewhere.toBuilder().onCallersThread().build();
        assertThat(TimeLimiter.of("limit", here).get(Thread::currentThread)).isSameAs(Thread.currentThread());
    }

    @Test
    void anotherTimeoutHoldsForCallsThatBeginFromNowOn() {
        Scenario.named("reconfigured").with(TimeLimiterTest::limiter).inEveryMode(run -> {
            RecordedEvents events = RecordedEvents.of(run.policy());
            TimeLimiterConfig longer = run.policy().config().toBuilder()
                    .timeoutDuration(ofSeconds(4))
                    .build();
            run.whileInFlight(() -> run.policy().reconfigure(longer));
            run.call(Script.<String>of().hang(ofSeconds(3)).succeed("ok")).returned("ok");
            assertThat(run.policy().config()).isEqualTo(longer);
            assertThat(events.ofType(PolicyEvent.Reconfigured.class))
                    .singleElement()
                    .satisfies(event -> assertThat(event.to()).isEqualTo(longer));
        });
    }

    @Test
    void rejectsAnotherClock() {
        TimeLimiter limiter = limiter(VirtualTime.create());
        assertThatThrownBy(() -> limiter.reconfigure(TimeLimiterConfig.defaults()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("timeSource is")
                .hasMessageContaining("the one it was made with");
    }

    @Test
    void optionsAreChecked() {
        assertThatThrownBy(() -> TimeLimiter.of("limit", c -> c.timeoutDuration(Duration.ZERO)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("time limiter 'limit': timeoutDuration is PT0S but must be a duration above zero");
        assertThatThrownBy(() -> TimeLimiter.of("limit", c -> c.timeoutDuration(null)))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("time limiter 'limit': timeoutDuration must not be null");
        assertThatThrownBy(() -> TimeLimiter.ofDefaults(" "))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("name is ' ' but must be not blank");
    }

    @Test
    void describesItself() {
        assertThat(TimeLimiter.ofDefaults("limit"))
                .hasName("limit")
                .explains("'limit' gives a call 1s")
                .isIdle()
                .hasToString("TimeLimiter['limit' gives a call 1s]");
        assertThat(TimeLimiter.ofDefaults("limit").config()).isEqualTo(TimeLimiterConfig.defaults());
    }

    private static void ended(Thread thread) throws InterruptedException {
        thread.join(10_000);
        assertThat(thread.isAlive()).as("%s goes on", thread).isFalse();
    }

    /** Takes the task, and fails then. */
    private static final class FailingTimer implements TimeSource {

        private final VirtualTime time = VirtualTime.create();

        @Override
        public long nanoTime() {
            return time.nanoTime();
        }

        @Override
        public void sleep(long nanos) throws InterruptedException {
            time.sleep(nanos);
        }

        @Override
        public void parkNanos(Object blocker, long nanos) {
            time.parkNanos(blocker, nanos);
        }

        @Override
        public void arm(TimedTask task, long delayNanos) {
            time.arm(task, delayNanos);
            throw new OutOfMemoryError("no thread");
        }

        @Override
        public Executor executor() {
            return time.executor();
        }
    }

    // ---- a limit that cancels nothing

    private static Discarding lenient(VirtualTime time) {
        Discarding discarding = Discarding.in(time);
        discarding
                .limiter()
                .reconfigure(c -> c.toBuilder().cancelOnTimeout(false).build());
        return discarding;
    }

    @Test
    void aCallThatMayGoOnIsNotDisturbed() {
        Scenario.named("goes on")
                .with(TimeLimiterTest::lenient, Discarding::limiter)
                .inEveryMode(run -> {
                    AtomicInteger cancelled = new AtomicInteger();
                    CallReport<String> report = run.call(Script.<String>of()
                            .doing(() -> CallContext.current().onCancel(cancelled::incrementAndGet))
                            .hang(ofMillis(1_500))
                            .succeed("late"));
                    report.timedOut().leftNoInterrupt().afterExecutions(1);
                    Duration back = run.mode() == Mode.ASYNC ? SECOND : ofMillis(1_500);
                    report.afterTime(back);
                    run.after(SECOND);
                    assertThat(report.body().interrupts()).isZero();
                    assertThat(report.body().cancels()).isZero();
                    assertThat(report.body().running()).isZero();
                    assertThat(run.policy().discarded()).containsExactly("late");
                    assertThat(cancelled).hasValue(0);
                    assertThat(run.time().pendingEvents()).isZero();
                    assertThat(run.policy().limiter()).hasMeter("timelimiter.calls", 1, "outcome", "timeout");
                    run.call(Script.<String>of().hang(ofMillis(999)).succeed("ok"))
                            .returned("ok");
                });
    }

    @Test
    void aFailureOfACallThatMayGoOnIsTheCauseOnItsOwnThread() {
        IOException broken = new IOException();
        Scenario.named("fails late")
                .with(TimeLimiterTest::lenient, Discarding::limiter)
                .inEveryMode(run -> {
                    CallReport<String> report =
                            run.call(Script.<String>of().hang(ofMillis(1_500)).fail(broken));
                    CallTimeoutException timeout = report.timedOut().failure(CallTimeoutException.class);
                    assertThat(timeout.getCause()).isSameAs(run.mode() == Mode.ASYNC ? null : broken);
                    run.after(SECOND);
                    assertThat(run.policy().discarded()).isEmpty();
                });
    }

    @Test
    void aCallThatMayGoOnKnowsThatItsTimeIsUp() {
        VirtualTime time = VirtualTime.create();
        List<Boolean> outOfTime = new ArrayList<>();
        assertThatThrownBy(() -> lenient(time).limiter().callWithContext(ctx -> {
                    outOfTime.add(ctx.isOutOfTime());
                    time.advance(ofSeconds(2));
                    return outOfTime.add(ctx.isOutOfTime());
                }))
                .isInstanceOf(CallTimeoutException.class);
        assertThat(outOfTime).containsExactly(false, true);
    }

    @Test
    void anInterruptFromOutsideIsKeptByALimitThatInterruptsNobody() {
        TimeLimiter limiter = lenient(VirtualTime.create()).limiter();
        assertThatThrownBy(() -> limiter.run(() -> {
                    ((VirtualTime) PolicyAccess.timeSource(limiter)).advance(ofSeconds(2));
                    throw new InterruptedException("from outside");
                }))
                .isInstanceOf(CallTimeoutException.class)
                .hasCauseInstanceOf(InterruptedException.class);
        assertThat(limiter.get(() -> {
                    Thread.currentThread().interrupt();
                    return "ok";
                }))
                .isEqualTo("ok");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void onAnExecutorTheCallerIsReleasedAndTheCallGoesOn() throws Exception {
        VirtualTime time = VirtualTime.manual();
        Discarding discarding = lenient(time);
        List<Thread> workers = new CopyOnWriteArrayList<>();
        TimeLimiter limiter = TimeLimiter.of(
                "limit",
                discarding.limiter().config().toBuilder()
                        .onExecutor(task -> {
                            Thread worker = new Thread(task);
                            workers.add(worker);
                            worker.start();
                        })
                        .build());
        ScriptedCall<String> body =
                Script.<String>of().hang(ofSeconds(3)).succeed("late").on(time);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread caller = new Thread(() -> {
            try {
                limiter.callWithContext(body.sync());
            } catch (Throwable thrown) {
                failure.set(thrown);
            }
        });
        caller.start();
        time.awaitSleepers(1);
        time.advance(SECOND);
        ended(caller);
        assertThat(failure.get()).isInstanceOf(CallTimeoutException.class);
        assertThat(body.running()).isEqualTo(1);
        time.awaitSleepers(1);
        time.advance(ofSeconds(2));
        ended(workers.get(0));
        assertThat(body.interrupts()).isZero();
        assertThat(discarding.discarded()).containsExactly("late");
    }

    @Test
    void whatAnExecutorHasNotBegunNeverRuns() {
        VirtualTime time = VirtualTime.create();
        List<Runnable> tasks = new ArrayList<>();
        TimeLimiter limiter = TimeLimiter.of(
                "limit",
                lenient(time).limiter().config().toBuilder()
                        .onExecutor(tasks::add)
                        .build());
        assertThatThrownBy(() -> limiter.run(() -> {
                    throw new AssertionError("its caller has gone");
                }))
                .isInstanceOf(CallTimeoutException.class);
        tasks.forEach(Runnable::run);
    }

    @Test
    void aCallerCanStillCancelACallThatMayGoOn() {
        VirtualTime time = VirtualTime.create();
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> call = lenient(time).limiter().callAsync(() -> stage);
        assertThat(call.cancel(true)).isTrue();
        assertThat(stage).isCancelled();
        assertThat(time.pendingEvents()).isZero();
    }

    // ---- stack traces

    @Test
    void aTimeOutHasAStackTraceIfTheOptionsSaySo() {
        for (boolean asked : List.of(false, true)) {
            Scenario.named("stack traces").with(TimeLimiterTest::limiter).inEveryMode(run -> {
                run.policy().reconfigure(c -> c.toBuilder().stackTraces(asked).build());
                CallTimeoutException timeout =
                        run.call(Script.<String>hanging()).failure(CallTimeoutException.class);
                assertThat(timeout.getStackTrace().length > 0).isEqualTo(asked);
            });
        }
    }
}
