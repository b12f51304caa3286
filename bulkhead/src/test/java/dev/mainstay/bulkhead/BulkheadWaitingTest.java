package dev.mainstay.bulkhead;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;

import dev.mainstay.Permit;
import dev.mainstay.Pipeline;
import dev.mainstay.PolicyAccess;
import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiter;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.Subscription;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.testkit.Meters;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.ScenarioRun;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/** A bulkhead in whose line calls wait. */
class BulkheadWaitingTest {

    private static final Duration WAIT = Duration.ofMillis(100);

    private final VirtualTime time = VirtualTime.create();

    /** Two slots, two places in line, 100 ms to wait. */
    private static Scenario<Bulkhead> scenario(String name) {
        return Scenario.named(name).with(BulkheadWaitingTest::bulkhead);
    }

    private static Bulkhead bulkhead(VirtualTime time) {
        return Bulkhead.of(
                "b", c -> c.maxConcurrentCalls(2).maxWaitDuration(WAIT).timeSource(time));
    }

    private static List<Permit> fill(Bulkhead bulkhead) {
        List<Permit> permits = new ArrayList<>();
        for (Outcome<Permit> next = bulkhead.tryAcquirePermit();
                !next.isRejected();
                next = bulkhead.tryAcquirePermit()) {
            permits.add(next.get());
        }
        return permits;
    }

    private static void releaseIn(Duration delay, ScenarioRun<?> run, List<Permit> permits) {
        Later.in(delay, run.time(), permits.remove(0)::release);
    }

    @Test
    void aCallWaitsUntilASlotComesFree() {
        scenario("a slot after 40 ms").inEveryMode(run -> {
            List<Permit> permits = fill(run.policy());
            releaseIn(Duration.ofMillis(40), run, permits);
            run.call(Script.succeeding("ok")).returned("ok").afterExecutions(1).afterTime(Duration.ofMillis(40));
            assertThat(run.policy())
                    .hasMeter("bulkhead.in.use", 1)
                    .hasMeter("bulkhead.queued", 0)
                    .hasMeter("bulkhead.admitted", 3);
            assertThat(run.time().pendingEvents()).as("timers left over").isZero();
        });
    }

    @Test
    void aCallThatWaitsInVainIsRejectedOnTime() {
        scenario("no slot").inEveryMode(run -> {
            List<Permit> permits = fill(run.policy());
            run.call(Script.succeeding("ok"))
                    .wasRejected(RejectionReason.WAIT_EXPIRED)
                    .afterExecutions(0)
                    .afterTime(WAIT);
            assertThat(run.policy())
                    .hasMeter("bulkhead.rejected", 1, "reason", "wait_expired")
                    .hasMeter("bulkhead.queued", 0);
            permits.forEach(Permit::release);
            run.succeeding(1);
            assertThat(run.policy()).isIdle();
        });
    }

    @Test
    void aCallDoesNotWaitBeyondItsDeadline() {
        Scenario.named("deadline after 30 ms")
                .with(
                        BulkheadWaitingTest::bulkhead,
                        bulkhead -> bulkhead.with(ctx ->
                                ctx.deadline(Deadline.after(Duration.ofMillis(30), PolicyAccess.timeSource(bulkhead)))))
                .inEveryMode(run -> {
                    fill(run.policy());
                    run.call(Script.succeeding("ok"))
                            .wasRejected(RejectionReason.DEADLINE)
                            .afterExecutions(0)
                            .afterTime(Duration.ofMillis(30));
                    assertThat(run.policy()).hasMeter("bulkhead.rejected", 1, "reason", "deadline");
                });
    }

    @Test
    void aCallWhoseDeadlineHasPassedDoesNotBeginToWait() {
        Scenario.named("deadline passed")
                .with(
                        BulkheadWaitingTest::bulkhead,
                        bulkhead -> bulkhead.with(
                                ctx -> ctx.deadline(Deadline.after(Duration.ZERO, PolicyAccess.timeSource(bulkhead)))))
                .inEveryMode(run -> {
                    List<Permit> permits = fill(run.policy());
                    run.call(Script.succeeding("ok"))
                            .wasRejected(RejectionReason.DEADLINE)
                            .afterExecutions(0)
                            .afterTime(Duration.ZERO);
                    permits.remove(0).release();
                    run.call(Script.succeeding("ok")).returned("ok");
                });
    }

    @Test
    void aTimeLimitOutsideEndsTheWait() {
        Scenario.named("limit 20 ms")
                .with(
                        BulkheadWaitingTest::bulkhead,
                        bulkhead -> Pipeline.of(
                                "p",
                                TimeLimiter.of(
                                        "t",
                                        c -> c.timeoutDuration(Duration.ofMillis(20))
                                                .timeSource(PolicyAccess.timeSource(bulkhead))),
                                bulkhead))
                .inEveryMode(run -> {
                    List<Permit> permits = fill(run.policy());
                    run.call(Script.succeeding("ok"))
                            .timedOut()
                            .afterExecutions(0)
                            .afterTime(Duration.ofMillis(20))
                            .leftNoInterrupt();
                    assertThat(run.policy().queued()).isZero();
                    permits.forEach(Permit::release);
                    run.call(Script.succeeding("ok")).returned("ok");
                    assertThat(run.policy()).isIdle();
                });
    }

    @Test
    void theLineIsBoundedForStagesToo() {
        scenario("two places").onlyIn(Mode.ASYNC, Mode.ASYNC_COMPLETED).inEveryMode(run -> {
            List<Permit> permits = fill(run.policy());
            var first = run.begin(Script.succeeding(1));
            var second = run.begin(Script.succeeding(2));
            assertThat(run.policy()).hasMeter("bulkhead.queued", 2);
            run.call(Script.succeeding(3))
                    .wasRejected(RejectionReason.QUEUE_FULL)
                    .afterTime(Duration.ZERO);
            permits.forEach(Permit::release);
            first.end().returned(1);
            second.end().returned(2);
            assertThat(run.policy()).isIdle().hasMeter("bulkhead.rejected", 1, "reason", "queue_full");
        });
    }

    @Test
    void theFirstToComeIsTheFirstToBeLetIn() {
        Bulkhead bulkhead = Bulkhead.of(
                "b",
                c -> c.maxConcurrentCalls(1)
                        .maxQueuedCalls(10)
                        .maxWaitDuration(WAIT)
                        .timeSource(time));
        List<Permit> permits = fill(bulkhead);
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            int number = i;
            bulkhead.callAsync(() -> {
                order.add(number);
                return CompletableFuture.completedFuture(number);
            });
        }
        permits.get(0).release();
        time.runDue();
        assertThat(order).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    }

    @Test
    void aNewcomerDoesNotOvertakeThoseInLine() {
        Bulkhead bulkhead = bulkhead(time);
        List<Permit> permits = fill(bulkhead);
        CompletableFuture<String> waiting = bulkhead.callAsync(() -> new CompletableFuture<String>());
        permits.get(0).release();
        assertThat(bulkhead.tryAcquirePermit().orElse(null))
                .as("the slot belongs to the call in line, though that has not gone on yet")
                .isNull();
        assertThat(bulkhead.inUse()).isEqualTo(2);
        waiting.cancel(true);
        time.runDue();
        assertThat(bulkhead.inUse()).isEqualTo(1);
    }

    @Test
    void whoeverGivesUpMakesRoomInTheLineAtOnce() {
        scenario("two places").onlyIn(Mode.ASYNC, Mode.ASYNC_COMPLETED).inEveryMode(run -> {
            List<Permit> permits = fill(run.policy());
            var first = run.begin(Script.succeeding(1));
            var second = run.begin(Script.succeeding(2));
            second.cancel();
            var third = run.begin(Script.succeeding(3));
            first.cancel();
            permits.forEach(Permit::release);
            third.end().returned(3);
            first.end().failedWith(CancellationException.class).afterExecutions(0);
            second.end().failedWith(CancellationException.class).afterExecutions(0);
            assertThat(run.time().pendingEvents()).isZero();
            assertThat(run.policy()).isIdle().hasMeter("bulkhead.rejected", 2, "reason", "cancelled");
        });
    }

    @Test
    void aCallThatIsCancelledAfterItWasLetInAndBeforeItWentOnGivesItsSlotToTheNext() {
        Bulkhead bulkhead = bulkhead(time);
        List<Permit> permits = fill(bulkhead);
        List<String> ran = new ArrayList<>();
        CompletableFuture<String> first = bulkhead.callAsync(() -> {
            ran.add("first");
            return CompletableFuture.completedFuture("first");
        });
        CompletableFuture<String> second = bulkhead.callAsync(() -> {
            ran.add("second");
            return CompletableFuture.completedFuture("second");
        });
        permits.get(0).release();
        first.cancel(true);
        time.runDue();
        assertThat(ran).containsExactly("second");
        assertThat(second).isCompletedWithValue("second");
        assertThat(bulkhead.inUse()).isEqualTo(1);
    }

    @Test
    void anInterruptEndsTheWaitAndIsKept() {
        scenario("interrupt after 10 ms").onlyIn(Mode.SYNC, Mode.DECORATED).inEveryMode(run -> {
            List<Permit> permits = fill(run.policy());
            Later.in(Duration.ofMillis(10), run.time(), Thread.currentThread()::interrupt);
            run.call(Script.succeeding("ok"))
                    .wasRejected(RejectionReason.INTERRUPTED)
                    .afterExecutions(0)
                    .afterTime(Duration.ofMillis(10))
                    .leftInterrupt();
            assertThat(run.policy())
                    .hasMeter("bulkhead.queued", 0)
                    .hasMeter("bulkhead.rejected", 1, "reason", "interrupted");
            permits.forEach(Permit::release);
            run.succeeding(1);
        });
    }

    @Test
    void growingLetsInThoseWhoWait() {
        Bulkhead bulkhead = bulkhead(time);
        fill(bulkhead);
        CompletableFuture<String> first = bulkhead.callAsync(() -> CompletableFuture.completedFuture("first"));
        CompletableFuture<String> second = bulkhead.callAsync(() -> new CompletableFuture<>());
        BulkheadTest.resize(bulkhead, 4);
        assertThat(bulkhead.queued()).isZero();
        assertThat(bulkhead.inUse()).isEqualTo(4);
        time.runDue();
        assertThat(first).isCompletedWithValue("first");
        assertThat(second).isNotDone();
        assertThat(bulkhead.inUse()).isEqualTo(3);
    }

    @Test
    void shrinkingLeavesThoseInLineWhereTheyAre() {
        Bulkhead bulkhead = bulkhead(time);
        List<Permit> permits = fill(bulkhead);
        CompletableFuture<String> waiting = bulkhead.callAsync(() -> CompletableFuture.completedFuture("in"));
        BulkheadTest.resize(bulkhead, 1);
        permits.get(0).release();
        time.runDue();
        assertThat(waiting).isNotDone();
        permits.get(1).release();
        time.runDue();
        assertThat(waiting).isCompletedWithValue("in");
        assertThat(bulkhead).isIdle();
    }

    @Test
    void whoWaitsAlreadyGoesOnWaitingWhenWaitingIsForbidden() {
        Bulkhead bulkhead = bulkhead(time);
        List<Permit> permits = fill(bulkhead);
        CompletableFuture<String> waiting = bulkhead.callAsync(() -> CompletableFuture.completedFuture("in"));
        bulkhead.reconfigure(bulkhead.config().toBuilder()
                .maxWaitDuration(Duration.ZERO)
                .maxQueuedCalls(0)
                .build());
        assertThatThrownBy(() -> bulkhead.run(() -> {}))
                .isInstanceOfSatisfying(BulkheadFullException.class, rejection -> {
                    assertThat(rejection).withReason(RejectionReason.FULL);
                    assertThat(rejection.queued()).isEqualTo(1);
                });
        permits.get(0).release();
        time.runDue();
        assertThat(waiting).isCompletedWithValue("in");
    }

    @Test
    void anExecutorThatRejectsCostsNoSlot() {
        Bulkhead bulkhead = bulkhead(time);
        Meters meters = Meters.start(bulkhead);
        Pipeline pipeline = Pipeline.builder("p")
                .policy(bulkhead)
                .executor(work -> {
                    throw new RejectedExecutionException("shut down");
                })
                .build();
        List<Permit> permits = fill(bulkhead);
        CompletableFuture<String> call = pipeline.callAsync(() -> CompletableFuture.completedFuture("never"));
        permits.forEach(Permit::release);
        time.runDue();
        assertThat(call)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .havingCause()
                .withMessageContaining("the executor did not take the task");
        assertThat(meters.value("bulkhead.rejected", "reason", "executor")).isEqualTo(1);
        assertThat(bulkhead).isIdle();
    }

    @Test
    void aWaitWithoutEndIsEndedByASlotOnly() {
        Bulkhead bulkhead = Bulkhead.of(
                "b",
                c -> c.maxConcurrentCalls(1)
                        .maxWaitDuration(Duration.ofNanos(Nanos.FOREVER))
                        .timeSource(time));
        List<Permit> permits = fill(bulkhead);
        CompletableFuture<String> waiting = bulkhead.callAsync(() -> CompletableFuture.completedFuture("in"));
        time.advance(Duration.ofDays(10_000));
        assertThat(waiting).isNotDone();
        permits.get(0).release();
        time.runDue();
        assertThat(waiting).isCompletedWithValue("in");
    }

    @Test
    void thoseWhoListenHearOfEachRejectionOnce() {
        Bulkhead bulkhead = bulkhead(time);
        fill(bulkhead);
        try (RecordedEvents events = RecordedEvents.of(bulkhead)) {
            CompletableFuture<String> cancelled = bulkhead.callAsync(() -> new CompletableFuture<>());
            bulkhead.callAsync(() -> new CompletableFuture<>());
            bulkhead.callAsync(() -> new CompletableFuture<>());
            cancelled.cancel(true);
            time.runUntilIdle();
            assertThat(events.ofType(PolicyEvent.CallRejected.class))
                    .extracting(PolicyEvent.CallRejected::reason)
                    .containsExactly(
                            RejectionReason.QUEUE_FULL, RejectionReason.CANCELLED, RejectionReason.WAIT_EXPIRED);
        }
    }

    @Test
    void theWaitsOfThoseLetInAreMeasuredWhileSomebodyWantsToKnow() {
        Bulkhead bulkhead = bulkhead(time);
        List<Long> waits = new ArrayList<>();
        Recorder[] recorder = new Recorder[1];
        bulkhead.describe(new MeterSink() {
            @Override
            public void counter(MeterId id, LongSupplier count) {}

            @Override
            public void gauge(MeterId id, DoubleSupplier value) {}

            @Override
            public void timer(MeterId id, Recorder timer) {
                assertThat(id.name()).isEqualTo("bulkhead.wait");
                recorder[0] = timer;
            }
        });
        Subscription subscription = recorder[0].attach(waits::add);
        time.advance(Duration.ofMillis(5));
        List<Permit> permits = fill(bulkhead);
        bulkhead.callAsync(() -> new CompletableFuture<>());
        time.advance(Duration.ofMillis(15));
        bulkhead.callAsync(() -> new CompletableFuture<>());
        time.advance(Duration.ofMillis(15));
        permits.get(0).release();
        time.runUntilIdle();
        assertThat(waits).containsExactly(30_000_000L);
        subscription.close();
    }

    @Test
    void itExplainsItself() {
        Bulkhead bulkhead = bulkhead(time);
        fill(bulkhead);
        bulkhead.callAsync(() -> new CompletableFuture<>());
        assertThat(bulkhead).explains("'b' has 2 of 2 slots in use, 1 of at most 2 waiting up to 100ms");
    }

    // ---- a call's own bound for its wait

    private static final Duration SHORT = Duration.ofMillis(30);
    private static final Duration LONG = Duration.ofMillis(250);

    @Test
    void aCallWaitsAsLongAsItSaysItself() {
        scenario("its own wait").inEveryMode(run -> {
            List<Permit> permits = fill(run.policy());
            run.call(run.policy().with(ctx -> ctx.maxWait(SHORT)), Script.succeeding("never"))
                    .wasRejected(RejectionReason.WAIT_EXPIRED)
                    .afterTime(SHORT);
            releaseIn(LONG.minusMillis(1), run, permits);
            run.call(run.policy().with(ctx -> ctx.maxWait(LONG)), Script.succeeding("ok"))
                    .returned("ok")
                    .afterTime(LONG.minusMillis(1));
            assertThat(run.policy()).hasMeter("bulkhead.queued", 0).hasMeter("bulkhead.in.use", 1);
        });
    }

    @Test
    void aCallThatSaysSoDoesNotWaitAtAll() {
        scenario("no wait").inEveryMode(run -> {
            List<Permit> permits = fill(run.policy());
            run.call(run.policy().with(ctx -> ctx.maxWait(Duration.ZERO)), Script.succeeding("never"))
                    .wasRejected(RejectionReason.FULL)
                    .afterTime(Duration.ZERO);
            permits.remove(0).release();
            run.call(run.policy().with(ctx -> ctx.maxWait(Duration.ZERO)), Script.succeeding("ok"))
                    .returned("ok");
        });
    }

    @Test
    void aCallMayWaitWhereOthersMayNot() {
        Scenario.named("others do not wait")
                .with(time -> Bulkhead.of("b", c -> c.maxConcurrentCalls(1).timeSource(time)))
                .inEveryMode(run -> {
                    List<Permit> permits = fill(run.policy());
                    run.call(Script.succeeding("never")).wasRejected(RejectionReason.FULL);
                    releaseIn(SHORT, run, permits);
                    run.call(run.policy().with(ctx -> ctx.maxWait(WAIT)), Script.succeeding("ok"))
                            .returned("ok")
                            .afterTime(SHORT);
                });
    }

    @Test
    void noCallWaitsWhereNobodyMayStandInLine() {
        Scenario.named("no line")
                .with(time -> Bulkhead.of("b", new BulkheadConfig(1, Duration.ZERO, 0, false, time)))
                .inEveryMode(run -> {
                    fill(run.policy());
                    run.call(run.policy().with(ctx -> ctx.maxWait(WAIT)), Script.succeeding("never"))
                            .wasRejected(RejectionReason.FULL)
                            .afterTime(Duration.ZERO);
                });
    }

    @Test
    void aCallsOwnWaitEndsAtItsDeadline() {
        Scenario.named("deadline")
                .with(
                        BulkheadWaitingTest::bulkhead,
                        bulkhead -> Pipeline.of(
                                "p",
                                TimeLimiter.of(
                                        "t",
                                        c -> c.timeoutDuration(SHORT).timeSource(PolicyAccess.timeSource(bulkhead))),
                                bulkhead))
                .inEveryMode(run -> {
                    fill(run.policy());
                    run.call(run.guard().with(ctx -> ctx.maxWait(LONG)), Script.succeeding("never"))
                            .timedOut()
                            .afterTime(SHORT);
                    assertThat(run.policy().queued()).isZero();
                });
    }

    @Test
    void aPermitIsWaitedForAsLongAsTheCallSays() {
        Bulkhead bulkhead = bulkhead(time);
        fill(bulkhead);
        assertThatThrownBy(() -> bulkhead.acquirePermit(CallContext.plain().maxWait(SHORT)))
                .isInstanceOf(BulkheadFullException.class);
        assertThat(time.elapsed()).isEqualTo(SHORT);
    }

    // ---- would a call be let in?

    @Test
    void aBulkheadSaysWhetherItWouldRejectACall() {
        Bulkhead bulkhead = bulkhead(time);
        CallContext impatient = CallContext.plain().maxWait(Duration.ZERO);
        assertThat(bulkhead.wouldReject(impatient)).isEmpty();
        List<Permit> permits = fill(bulkhead);
        assertThat(bulkhead.wouldReject()).as("it would wait").isEmpty();
        assertThat(bulkhead.wouldReject(impatient)).hasValueSatisfying(rejection -> {
            assertThat(rejection.reason()).isEqualTo(RejectionReason.FULL);
            assertThat(rejection.message()).contains("2 of 2 in use, 0 queued");
        });
        assertThat(bulkhead.wouldReject(CallContext.plain().deadline(Deadline.after(Duration.ZERO, time))))
                .hasValueSatisfying(rejection -> assertThat(rejection.reason()).isEqualTo(RejectionReason.DEADLINE));
        CompletableFuture<String> first = bulkhead.callAsync(() -> CompletableFuture.completedFuture("first"));
        CompletableFuture<String> second = bulkhead.callAsync(() -> CompletableFuture.completedFuture("second"));
        assertThat(bulkhead.wouldReject())
                .hasValueSatisfying(rejection -> assertThat(rejection.reason()).isEqualTo(RejectionReason.QUEUE_FULL));
        assertThat(bulkhead.queued()).isEqualTo(2);
        assertThat(bulkhead).hasMeter("bulkhead.rejected", 0, "reason", "queue_full");
        permits.forEach(Permit::release);
        time.runDue();
        assertThat(first).isCompletedWithValue("first");
        assertThat(second).isCompletedWithValue("second");
        assertThat(bulkhead.wouldReject(impatient)).isEmpty();
        assertThat(bulkhead.inUse()).isZero();
    }

    @Test
    void aBulkheadTooLargeForTheNumbersInACodeSaysSo() {
        Bulkhead large = Bulkhead.of("b", c -> c.maxConcurrentCalls(1 << 20).timeSource(time));
        List<Permit> permits = fill(large);
        assertThat(large.wouldReject()).isPresent();
        permits.remove(0).release();
        assertThat(large.wouldReject()).isEmpty();
    }
}
