package dev.mainstay.scenarios;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import dev.mainstay.Permit;
import dev.mainstay.Pipeline;
import dev.mainstay.PolicyEvent;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.testkit.CallInFlight;
import dev.mainstay.testkit.CallReport;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What every gate gets from {@link dev.mainstay.Gate}, shown by one that a user might write. */
class GateTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private static Scenario<WaitingRoom> room(String name, int places) {
        return Scenario.named(name).with(time -> new WaitingRoom(time, places));
    }

    private static Scenario<WaitingRoom> line(String name) {
        return Scenario.named(name).with(time -> new WaitingRoom("room", time, 1, MINUTE));
    }

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

    /** What the future itself failed with, wrapped if it is. */
    private static Throwable failureOf(CompletableFuture<?> future) {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        future.whenComplete((result, thrown) -> failure.set(thrown));
        return failure.get();
    }

    // ---- every permit comes back

    @Test
    void howeverACallEndsItsPermitComesBackOnceWithTheVerdict() {
        room("verdicts", 1).inEveryMode(run -> {
            WaitingRoom room = run.policy();
            run.succeeding(1);
            run.failing(1);
            run.failingWith(new OutOfMemoryError("scripted"));
            run.failingWith(new InterruptedException("scripted"));
            run.failingWith(new CancellationException("scripted"));
            run.failingWith(new CallRejectedException(new Rejection("inner", RejectionReason.FULL, -1)));
            run.call(Script.<String>of().throwInsteadOfStage(new LinkageError("scripted")))
                    .failedWith(LinkageError.class);
            assertThat(room.verdicts)
                    .containsExactly(
                            Verdict.SUCCESS,
                            Verdict.ERROR,
                            Verdict.IGNORED,
                            Verdict.IGNORED,
                            Verdict.IGNORED,
                            Verdict.REJECTED,
                            Verdict.IGNORED);
            assertThat(room.permits).isEmpty();
        });
    }

    @Test
    void predicatesThatThrowAreLoggedAndLeakNothing() {
        try (LogOf warnings = new LogOf(CallbackFailures.class)) {
            Classifier classifier = Classifier.builder()
                    .recordResult(result -> {
                        throw new IllegalStateException("a predicate that throws");
                    })
                    .ignoreException(failure -> {
                        throw new StackOverflowError("a predicate that throws");
                    })
                    .build();
            Scenario.named("throwing predicates")
                    .with(time -> new WaitingRoom("room", time, 1, Duration.ZERO, classifier))
                    .inEveryMode(run -> {
                        run.succeeding(2);
                        run.failing(1);
                        assertThat(run.policy().verdicts)
                                .containsExactly(Verdict.SUCCESS, Verdict.SUCCESS, Verdict.ERROR);
                        assertThat(run.policy().permits).isEmpty();
                    });
            // Each mode has a policy of its own, and each policy reports each of its callbacks once.
            int modes = Mode.values().length;
            assertThat(warnings.values("callback"))
                    .hasSize(2 * modes)
                    .containsOnly("recordResult predicate", "ignoreException predicate");
            assertThat(warnings.values("policy")).containsOnly("room");
        }
    }

    @Test
    void listenersThatThrowAreLoggedAndLeakNothing() {
        try (LogOf warnings = new LogOf(CallbackFailures.class)) {
            room("throwing listeners", 1).inEveryMode(run -> {
                run.policy().subscribe(MainstayEvent.class, event -> {
                    throw new StackOverflowError("a listener that throws");
                });
                RecordedEvents events = RecordedEvents.of(run.policy());
                run.succeeding(2);
                run.failing(1);
                run.whileInFlight(() -> run.rejected());
                assertThat(run.policy().permits).isEmpty();
                assertThat(events.types())
                        .containsExactly("CallEnded", "CallEnded", "CallEnded", "CallRejected", "CallEnded");
            });
            assertThat(warnings.values("callback")).hasSize(5).containsOnly("listener of MainstayEvent");
        }
    }

    @Test
    void aCallThatWasRejectedFurtherInSaysNothing() {
        Scenario.named("rejected further in")
                .with(
                        time -> List.of(new WaitingRoom(time, 5), new WaitingRoom("inner", time, 1, Duration.ZERO)),
                        rooms -> Pipeline.of("line", rooms.get(0), rooms.get(1)))
                .inEveryMode(run -> {
                    run.whileInFlight(() -> run.rejected(2));
                    assertThat(run.policy().get(0).verdicts)
                            .containsExactly(Verdict.REJECTED, Verdict.REJECTED, Verdict.SUCCESS);
                    assertThat(run.policy().get(1).rejections).hasSize(2);
                });
    }

    @Test
    void wrappedFailuresOfStagesAreUnwrappedForVerdictsAndCallers() {
        VirtualTime time = VirtualTime.create();
        IOException failure = new IOException("wrapped");
        Classifier classifier =
                Classifier.builder().overloadExceptions(IOException.class).build();
        WaitingRoom room = new WaitingRoom("room", time, 1, Duration.ZERO, classifier);
        CompletableFuture<String> complete =
                CompletableFuture.failedFuture(new CompletionException(new CompletionException(failure)));
        assertThat(failureOf(room.callAsync(() -> complete))).isSameAs(failure);
        CompletableFuture<String> source = new CompletableFuture<>();
        CompletableFuture<String> call = room.callAsync(() -> source.thenApply(text -> text + "!"));
        source.completeExceptionally(failure);
        assertThat(failureOf(call)).isSameAs(failure);
        assertThat(room.verdicts).containsExactly(Verdict.OVERLOAD, Verdict.OVERLOAD);
    }

    @Test
    void aCancelReachesTheStageAndGivesThePermitBack() {
        room("cancel", 1).onlyIn(Mode.ASYNC).inEveryMode(run -> {
            CallInFlight<String> call = run.begin(Script.<String>hanging());
            assertThat(run.policy().inside()).isEqualTo(1);
            call.cancel();
            assertThat(call.body().cancels()).isEqualTo(1);
            assertThat(run.policy().permits).isEmpty();
            assertThat(run.policy().verdicts).containsExactly(Verdict.IGNORED);
            call.end().failedWith(CancellationException.class);
        });
    }

    @Test
    void completingTheFutureFromOutsideEndsTheCall() {
        room("complete", 1).onlyIn(Mode.ASYNC).inEveryMode(run -> {
            CallInFlight<String> call = run.begin(Script.<String>hanging());
            assertThat(call.future().complete("from outside")).isTrue();
            assertThat(call.body().cancels()).isEqualTo(1);
            assertThat(run.policy().permits).isEmpty();
            call.end().returned("from outside");
        });
    }

    @Test
    void aSubmittedCallThatIsCancelledBeforeItsStartNeverRuns() {
        room("cancel before the start", 1).onlyIn(Mode.SUBMITTED).inEveryMode(run -> {
            CallInFlight<String> call = run.begin(Script.succeeding("never"));
            call.cancel();
            run.after(ofSeconds(1));
            assertThat(call.body().executions()).isZero();
            assertThat(run.policy().verdicts).isEmpty();
        });
    }

    // ---- waiting

    @Test
    void aCallThatWaitsIsLetInWhenAPlaceComesFree() {
        line("let in").inEveryMode(run -> {
            Permit place = run.policy().acquirePermit();
            at(run.time(), ofMillis(500), place::release);
            run.call(Script.succeeding("ok")).returned("ok").afterTime(ofMillis(500));
            assertThat(run.policy().permits).isEmpty();
            assertThat(run.policy().rejections).isEmpty();
            assertThat(run.time().pendingEvents()).isZero();
        });
    }

    @Test
    void aWaitEndsWhenItsTimeIsUp() {
        line("in vain").inEveryMode(run -> {
            try (Permit place = run.policy().acquirePermit()) {
                run.call(Script.succeeding("never"))
                        .wasRejected(RejectionReason.WAIT_EXPIRED)
                        .leftNoInterrupt()
                        .afterTime(MINUTE)
                        .afterExecutions(0);
                assertThat(run.policy().waiting()).isZero();
            }
            assertThat(run.policy().rejections).containsExactly(RejectionReason.WAIT_EXPIRED);
            run.succeeding(1);
        });
    }

    @Test
    void callsAreLetInInTheOrderInWhichTheyCame() {
        line("in order").onlyIn(Mode.ASYNC, Mode.ASYNC_COMPLETED).inEveryMode(run -> {
            List<String> order = new ArrayList<>();
            Permit place = run.policy().acquirePermit();
            List<CallInFlight<String>> calls = new ArrayList<>();
            for (String name : List.of("first", "second", "third")) {
                calls.add(run.begin(
                        Script.<String>of().doing(() -> order.add(name)).succeed(name)));
            }
            assertThat(run.policy().waiting()).isEqualTo(3);
            place.release();
            run.time().runDue();
            assertThat(order).containsExactly("first", "second", "third");
            calls.forEach(call -> assertThat(call.isDone()).isTrue());
            assertThat(run.policy().permits).isEmpty();
        });
    }

    @Test
    void anInterruptWhileWaitingIsARejectionWithTheFlagSet() {
        line("interrupted").onlyIn(Mode.SYNC, Mode.DECORATED).inEveryMode(run -> {
            try (Permit place = run.policy().acquirePermit()) {
                Thread caller = Thread.currentThread();
                at(run.time(), ofMillis(200), caller::interrupt);
                run.call(Script.succeeding("never"))
                        .wasRejected(RejectionReason.INTERRUPTED)
                        .leftInterrupt()
                        .afterTime(ofMillis(200))
                        .afterExecutions(0);
                assertThat(run.policy().waiting()).isZero();
            }
            assertThat(run.policy().permits).isEmpty();
        });
    }

    @Test
    void aCancelWhileWaitingLeavesTheLine() {
        line("cancelled").onlyIn(Mode.ASYNC, Mode.ASYNC_COMPLETED).inEveryMode(run -> {
            Permit place = run.policy().acquirePermit();
            CallInFlight<String> call = run.begin(Script.succeeding("never"));
            call.cancel();
            assertThat(run.policy().waiting()).isZero();
            assertThat(run.time().pendingEvents()).isZero();
            place.release();
            run.after(MINUTE);
            assertThat(call.body().executions()).isZero();
            assertThat(run.policy().permits).isEmpty();
        });
    }

    @Test
    void anExecutorThatRejectsACallThatWasLetInGivesItsPermitBack() {
        Scenario.named("rejecting executor")
                .with(
                        time -> new WaitingRoom("room", time, 1, MINUTE),
                        room -> Pipeline.builder("line")
                                .policy(room)
                                .executor(task -> {
                                    throw new RejectedExecutionException("shut down");
                                })
                                .build())
                .onlyIn(Mode.ASYNC, Mode.ASYNC_COMPLETED)
                .inEveryMode(run -> {
                    Permit place = run.policy().acquirePermit();
                    CallInFlight<String> call = run.begin(Script.succeeding("never"));
                    place.release();
                    CallReport<String> report = call.end().wasRejected(RejectionReason.EXECUTOR);
                    assertThat(report.failure()).hasCauseInstanceOf(RejectedExecutionException.class);
                    assertThat(report.executions()).isZero();
                    assertThat(run.policy().permits).isEmpty();
                });
    }

    @Test
    void anExecutorThatRejectsASubmittedCallFailsItsFuture() {
        WaitingRoom room = new WaitingRoom(VirtualTime.create(), 1);
        CompletableFuture<String> call = room.submit(
                task -> {
                    throw new RejectedExecutionException("shut down");
                },
                () -> "never");
        assertThat(failureOf(call))
                .isInstanceOfSatisfying(
                        CallRejectedException.class,
                        rejection -> assertThat(rejection).withReason(RejectionReason.EXECUTOR));
        assertThat(room.verdicts).isEmpty();
    }

    // ---- rejections

    @Test
    void aRejectionIsThrownOrReportedAsAValue() {
        VirtualTime time = VirtualTime.create();
        WaitingRoom room = new WaitingRoom(time, 1);
        room.run(() -> {
            assertThatThrownBy(() -> room.call(() -> "never"))
                    .isInstanceOf(CallRejectedException.class)
                    .hasMessage("'room' rejected the call: all slots are taken");
            Outcome<String> outcome = room.tryCall(() -> "never");
            assertThat(outcome)
                    .isRejected()
                    .byPolicy("room")
                    .withReason(RejectionReason.FULL)
                    .withRetryAfter(null);
            assertThat(room.<String, RuntimeException>tryCallWithContext(context -> "never"))
                    .isRejected()
                    .withReason(RejectionReason.FULL);
            assertThat(Pipeline.of("line", room).tryCall(() -> "never"))
                    .isRejected()
                    .withReason(RejectionReason.FULL);
        });
        assertThat(room.rejections).hasSize(4);
        assertThat(room.tryCall(() -> "in")).hasResult("in");
        assertThatThrownBy(() -> room.tryCall(() -> {
                    throw new IOException("its own");
                }))
                .isInstanceOf(IOException.class);
        assertThat(room.permits).isEmpty();
    }

    @Test
    void aRejectionAsAValueMakesItsExceptionWhenAsked() {
        WaitingRoom room = new WaitingRoom(VirtualTime.create(), 1);
        Outcome<String> outcome = room.call(() -> room.tryCall(() -> "never"));
        Rejection rejection = outcome.rejection();
        assertThat(rejection.toException()).withReason(RejectionReason.FULL).byPolicy("room");
        assertThatThrownBy(outcome::get).isInstanceOf(CallRejectedException.class);
        assertThat(outcome.orElse("other")).isEqualTo("other");
        assertThat(outcome.orElseApply(rejected -> rejected.policyName())).isEqualTo("room");
        assertThat(outcome).hasToString("Outcome[rejected by 'room': FULL]");
    }

    @Test
    void rejectionsHaveNoStackTrace() {
        WaitingRoom room = new WaitingRoom(VirtualTime.create(), 1);
        room.run(() -> assertThatThrownBy(() -> room.call(() -> "never"))
                .satisfies(rejection -> assertThat(rejection.getStackTrace()).isEmpty()));
    }

    @Test
    void eventsTellOfRejectionsAndEndings() {
        room("events", 1).inEveryMode(run -> {
            RecordedEvents events = RecordedEvents.of(run.policy());
            run.after(ofSeconds(5));
            run.call(Script.<String>of().hang(ofSeconds(2)).succeed("ok")).returned("ok");
            run.whileInFlight(() -> run.rejected());
            assertThat(events.ofType(PolicyEvent.CallEnded.class).get(0)).satisfies(ended -> {
                assertThat(ended.policy()).isEqualTo("room");
                assertThat(ended.verdict()).isEqualTo(Verdict.SUCCESS);
                assertThat(ended.durationNanos()).isEqualTo(ofSeconds(2).toNanos());
                assertThat(ended.nanoTime()).isEqualTo(ofSeconds(7).toNanos());
            });
            assertThat(events.ofType(PolicyEvent.CallRejected.class))
                    .singleElement()
                    .satisfies(rejected -> {
                        assertThat(rejected.reason()).isEqualTo(RejectionReason.FULL);
                        assertThat(rejected.retryAfter()).isNull();
                    });
        });
    }

    // ---- permits by hand

    @Test
    void ofAPermitsHolderTheFirstWordCounts() {
        WaitingRoom room = new WaitingRoom(VirtualTime.create(), 3);
        Permit first = room.acquirePermit();
        first.success("ok");
        first.failure(new IOException("too late"));
        first.close();
        Permit second = room.acquirePermit();
        second.failure(new CompletionException(new IOException("no")));
        second.success("too late");
        Permit third = room.acquirePermit();
        third.release();
        third.success("too late");
        assertThat(room.verdicts).containsExactly(Verdict.SUCCESS, Verdict.ERROR, Verdict.IGNORED);
        assertThat(room.permits).isEmpty();
        assertThatThrownBy(() -> room.acquirePermit().failure(null)).hasMessage("failure must not be null");
    }

    @Test
    void aPermitIsRejectedAsACallIs() {
        VirtualTime time = VirtualTime.create();
        WaitingRoom room = new WaitingRoom("room", time, 1, ofSeconds(2));
        try (Permit only = room.acquirePermit()) {
            assertThat(room.tryAcquirePermit()).isRejected().withReason(RejectionReason.FULL);
            assertThat(time.elapsed()).isZero();
            assertThatThrownBy(room::acquirePermit).isInstanceOf(CallRejectedException.class);
            assertThat(time.elapsed()).isEqualTo(ofSeconds(2));
        }
        assertThat(room.rejections).containsExactly(RejectionReason.FULL, RejectionReason.WAIT_EXPIRED);
        Permit next = room.tryAcquirePermit().get();
        assertThat(room).isNotIdle();
        next.release();
        assertThat(room).isIdle();
    }

    @Test
    void aPermitThatIsThereIsGivenAtOnce() throws Exception {
        WaitingRoom room = new WaitingRoom(VirtualTime.create(), 1);
        CompletableFuture<Permit> first = room.acquirePermitAsync();
        assertThat(first).isCompleted();
        CompletableFuture<Permit> second = room.acquirePermitAsync();
        assertThat(failureOf(second))
                .isInstanceOfSatisfying(
                        CallRejectedException.class,
                        rejection -> assertThat(rejection).withReason(RejectionReason.FULL));
        first.get().success("ok");
        assertThat(room.verdicts).containsExactly(Verdict.SUCCESS);
        assertThat(room.permits).isEmpty();
    }

    @Test
    void aPermitIsWaitedForWithoutAThread() throws Exception {
        VirtualTime time = VirtualTime.create();
        WaitingRoom room = new WaitingRoom("room", time, 1, MINUTE);
        Permit first = room.acquirePermit();
        CompletableFuture<Permit> waiting = room.acquirePermitAsync();
        time.advance(ofSeconds(3));
        assertThat(waiting).isNotDone();
        first.release();
        assertThat(waiting)
                .as("its dependents run elsewhere than where another call ends")
                .isNotDone();
        time.runDue();
        assertThat(waiting).isCompleted();
        assertThat(time.pendingEvents()).isZero();
        waiting.get().failure(new IOException("scripted"));
        assertThat(room.verdicts).containsExactly(Verdict.IGNORED, Verdict.ERROR);
        assertThat(room.permits).isEmpty();
    }

    @Test
    void aWaitForAPermitEndsWhenItsTimeIsUp() {
        VirtualTime time = VirtualTime.create();
        WaitingRoom room = new WaitingRoom("room", time, 1, MINUTE);
        Permit first = room.acquirePermit();
        CompletableFuture<Permit> waiting = room.acquirePermitAsync();
        time.advance(MINUTE);
        assertThat(failureOf(waiting))
                .isInstanceOfSatisfying(
                        CallRejectedException.class,
                        rejection -> assertThat(rejection).withReason(RejectionReason.WAIT_EXPIRED));
        assertThat(room.waiting()).isZero();
        first.release();
        assertThat(room.rejections).containsExactly(RejectionReason.WAIT_EXPIRED);
        assertThat(room.permits).isEmpty();
    }

    @Test
    void whoWaitsForAPermitCanBeRejectedInLine() {
        VirtualTime time = VirtualTime.create();
        WaitingRoom room = new WaitingRoom("room", time, 1, MINUTE);
        Permit first = room.acquirePermit();
        CompletableFuture<Permit> waiting = room.acquirePermitAsync();
        room.shedFirst(new Rejection("room", RejectionReason.SHED, 5));
        time.runDue();
        assertThat(failureOf(waiting))
                .isInstanceOfSatisfying(
                        CallRejectedException.class,
                        rejection -> assertThat(rejection).withReason(RejectionReason.SHED));
        assertThat(time.pendingEvents()).isZero();
        first.release();
        assertThat(room.rejections).containsExactly(RejectionReason.SHED);
        assertThat(room.permits).isEmpty();
    }

    @Test
    void cancellingTheWaitForAPermitLeavesTheLine() {
        VirtualTime time = VirtualTime.create();
        WaitingRoom room = new WaitingRoom("room", time, 1, MINUTE);
        Permit first = room.acquirePermit();
        CompletableFuture<Permit> waiting = room.acquirePermitAsync();
        assertThat(waiting.cancel(true)).isTrue();
        assertThat(room.waiting()).isZero();
        time.runDue();
        assertThat(time.pendingEvents()).isZero();
        assertThat(room.rejections).containsExactly(RejectionReason.CANCELLED);
        first.release();
        assertThat(room.permits).isEmpty();
        assertThat(room).isIdle();
    }

    @Test
    void aPermitThatArrivesAfterTheCancelGoesBack() {
        VirtualTime time = VirtualTime.create();
        WaitingRoom room = new WaitingRoom("room", time, 1, MINUTE);
        Permit first = room.acquirePermit();
        CompletableFuture<Permit> waiting = room.acquirePermitAsync();
        first.release();
        assertThat(room.inside()).as("granted, and not handed over yet").isEqualTo(1);
        assertThat(waiting.cancel(true)).isTrue();
        assertThat(room.permits).isEmpty();
        time.runDue();
        assertThat(waiting).isCancelled();
        assertThat(room.permits).isEmpty();
        assertThat(time.pendingEvents()).isZero();
        assertThat(room).isIdle();
    }

    @Test
    void describesItself() {
        WaitingRoom room = new WaitingRoom(VirtualTime.create(), 2);
        assertThat(room).hasName("room").explains("2 of 2 places").isIdle();
        room.run(() -> assertThat(room).isNotIdle());
        assertThat(room).hasToString("WaitingRoom['room' has 2 of 2 places free {}]");
    }
}
