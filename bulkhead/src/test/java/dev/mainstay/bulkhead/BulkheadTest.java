package dev.mainstay.bulkhead;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatIllegalArgumentException;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;

import dev.mainstay.Permit;
import dev.mainstay.Pipeline;
import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiter;
import dev.mainstay.call.AsyncSupplier;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.testkit.Meters;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A bulkhead in which nobody waits. */
class BulkheadTest {

    private final VirtualTime time = VirtualTime.create();

    private static Scenario<Bulkhead> scenario(String name, int limit) {
        return Scenario.named(name)
                .with(time -> Bulkhead.of("b", c -> c.maxConcurrentCalls(limit).timeSource(time)));
    }

    @Test
    void soManyCallsAreInProgressAndNoMore() {
        scenario("limit 3", 3).inEveryMode(run -> {
            run.whileInFlight(3, () -> {
                assertThat(run.policy()).hasMeter("bulkhead.in.use", 3).isNotIdle();
                run.call(Script.succeeding("ok"))
                        .wasRejected(RejectionReason.FULL)
                        .afterExecutions(0)
                        .afterTime(Duration.ZERO);
                run.rejected(4);
            });
            run.succeeding(4);
            assertThat(run.policy())
                    .hasMeter("bulkhead.in.use", 0)
                    .hasMeter("bulkhead.limit", 3)
                    .hasMeter("bulkhead.queued", 0)
                    .hasMeter("bulkhead.admitted", 7)
                    .hasMeter("bulkhead.rejected", 5, "reason", "full")
                    .isIdle();
        });
    }

    @Test
    void aSlotComesBackHoweverTheCallEnds() {
        scenario("one slot", 1).inEveryMode(run -> {
            run.failing(2);
            run.failingWith(new StackOverflowError());
            run.failingWith(new IllegalStateException());
            run.call(Script.<String>of().throwInsteadOfStage(new IOException())).failedWith(IOException.class);
            run.succeeding(1);
            assertThat(run.policy()).hasMeter("bulkhead.in.use", 0).hasMeter("bulkhead.admitted", 6);
        });
    }

    @Test
    void aSlotComesBackIfThereIsNoStage() {
        scenario("one slot", 1).onlyIn(Mode.ASYNC, Mode.ASYNC_COMPLETED).inEveryMode(run -> {
            run.call(Script.<String>of().nullInsteadOfStage()).failedWith(NullPointerException.class);
            run.succeeding(1);
        });
    }

    @Test
    void aCancelledStageGivesItsSlotBackAndIsCancelledItself() {
        scenario("one slot", 1).onlyIn(Mode.ASYNC).inEveryMode(run -> {
            var call = run.begin(Script.<String>hanging());
            run.rejected(1);
            call.cancel();
            assertThat(call.body().cancels()).isEqualTo(1);
            assertThat(run.policy()).isIdle();
            run.succeeding(1);
        });
    }

    @Test
    void aListenerThatThrowsCostsNoSlot() {
        scenario("one slot", 1).inEveryMode(run -> {
            run.policy().subscribe(PolicyEvent.class, event -> {
                throw new IllegalStateException("listener");
            });
            run.whileInFlight(() -> run.rejected(1));
            run.succeeding(2);
            assertThat(run.policy()).isIdle();
        });
    }

    @Test
    void aTimedOutCallKeepsItsSlotUntilItsStageIsComplete() throws Exception {
        Bulkhead bulkhead = Bulkhead.of("b", c -> c.maxConcurrentCalls(1).timeSource(time));
        TimeLimiter limiter = TimeLimiter.of(
                "t", c -> c.timeoutDuration(Duration.ofMillis(10)).timeSource(time));
        CompletableFuture<String> stage = new CompletableFuture<>();
        List<Integer> inUse = new ArrayList<>();
        stage.whenComplete((result, failure) -> inUse.add(bulkhead.inUse()));
        CompletableFuture<String> call = Pipeline.of("p", limiter, bulkhead).callAsync(() -> stage);
        time.advance(Duration.ofMillis(20));
        assertThat(call).isCompletedExceptionally();
        assertThat(stage).isCancelled();
        assertThat(inUse).hasSize(1);
        assertThat(bulkhead.inUse()).isZero();
    }

    @Test
    void aRejectionTellsHowFullItWas() {
        Bulkhead bulkhead = Bulkhead.of("stock", c -> c.maxConcurrentCalls(2).timeSource(time));
        try (Permit first = bulkhead.acquirePermit();
                Permit second = bulkhead.acquirePermit()) {
            assertThatThrownBy(() -> bulkhead.run(() -> {}))
                    .isInstanceOfSatisfying(BulkheadFullException.class, rejection -> {
                        assertThat(rejection).byPolicy("stock").withReason(RejectionReason.FULL);
                        assertThat(rejection.limit()).isEqualTo(2);
                        assertThat(rejection.inUse()).isEqualTo(2);
                        assertThat(rejection.queued()).isZero();
                        assertThat(rejection.retryAfter()).isNull();
                        assertThat(rejection.getStackTrace()).isEmpty();
                    })
                    .hasMessage("'stock' rejected the call: all slots are taken (2 of 2 in use, 0 queued)");
            assertThat(first).isNotSameAs(second);
        }
    }

    @Test
    void tryCallReportsTheRejectionAsAValue() {
        scenario("limit 1", 1).onlyIn(Mode.SYNC).inEveryMode(run -> {
            run.whileInFlight(() ->
                    assertThat(run.policy().tryCall(() -> "no")).isRejected().withReason(RejectionReason.FULL));
            assertThat(run.policy().tryCall(() -> "yes")).hasResult("yes");
            assertThat(run.policy()).hasMeter("bulkhead.rejected", 1).isIdle();
        });
    }

    @Test
    void aPermitIsGivenBackOnce() {
        Bulkhead bulkhead = Bulkhead.of("b", c -> c.maxConcurrentCalls(2).timeSource(time));
        Permit permit = bulkhead.acquirePermit();
        Permit other = bulkhead.acquirePermit();
        assertThat(bulkhead.tryAcquirePermit().isRejected()).isTrue();
        permit.success("x");
        permit.failure(new IOException());
        permit.release();
        assertThat(bulkhead.inUse()).isEqualTo(1);
        other.failure(new IOException());
        assertThat(bulkhead.inUse()).isZero();
    }

    @Test
    void thoseWhoListenHearOfEachCall() {
        Bulkhead bulkhead = Bulkhead.of("b", c -> c.maxConcurrentCalls(1).timeSource(time));
        try (RecordedEvents events = RecordedEvents.of(bulkhead)) {
            bulkhead.run(() -> {
                time.advance(Duration.ofMillis(3));
                assertThatThrownBy(() -> bulkhead.run(() -> {})).isInstanceOf(BulkheadFullException.class);
            });
            assertThat(events.types()).containsExactly("CallRejected", "CallEnded");
            assertThat(events.ofType(PolicyEvent.CallRejected.class).get(0).reason())
                    .isEqualTo(RejectionReason.FULL);
            PolicyEvent.CallEnded ended =
                    events.ofType(PolicyEvent.CallEnded.class).get(0);
            assertThat(ended.verdict()).isEqualTo(Verdict.SUCCESS);
            assertThat(ended.durationNanos()).isEqualTo(3_000_000);
        }
    }

    @Test
    void growingMakesRoomAtOnce() {
        scenario("1, then 3", 1)
                .inEveryMode(run -> run.whileInFlight(() -> {
                    run.rejected(1);
                    resize(run.policy(), 3);
                    run.whileInFlight(2, () -> run.rejected(1));
                    assertThat(run.policy()).hasMeter("bulkhead.limit", 3).hasMeter("bulkhead.in.use", 1);
                }));
    }

    @Test
    void shrinkingTakesNoSlotFromAnybodyAndDoesNotBlock() {
        scenario("3, then 1", 3).inEveryMode(run -> {
            run.whileInFlight(3, () -> {
                resize(run.policy(), 1);
                assertThat(run.policy()).hasMeter("bulkhead.limit", 1).hasMeter("bulkhead.in.use", 3);
                run.rejected(1);
            });
            run.whileInFlight(() -> run.rejected(1));
            assertThat(run.policy()).isIdle();
        });
    }

    @Test
    void afterShrinkingNobodyEntersBeforeThereAreFewerCallsThanTheLimit() {
        Bulkhead bulkhead = Bulkhead.of("b", c -> c.maxConcurrentCalls(3).timeSource(time));
        List<Permit> permits = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            permits.add(bulkhead.acquirePermit());
        }
        resize(bulkhead, 2);
        permits.get(0).release();
        assertThat(bulkhead.tryAcquirePermit().isRejected()).isTrue();
        permits.get(1).release();
        try (Permit last = bulkhead.tryAcquirePermit().get()) {
            assertThat(bulkhead.inUse()).isEqualTo(2);
        }
    }

    @Test
    void aResizeIsAnEventWithBothLimits() {
        Bulkhead bulkhead = Bulkhead.of("b", c -> c.maxConcurrentCalls(3).timeSource(time));
        BulkheadConfig before = bulkhead.config();
        time.advance(Duration.ofNanos(7));
        try (RecordedEvents events = RecordedEvents.of(bulkhead)) {
            resize(bulkhead, 5);
            assertThat(events.all())
                    .containsExactly(
                            new PolicyEvent.Reconfigured("b", 7, before, bulkhead.config()),
                            new BulkheadEvent.LimitChanged("b", 7, 3, 5, "reconfigured"));
            events.clear();
            bulkhead.reconfigure(bulkhead.config().toBuilder()
                    .maxWaitDuration(Duration.ofMillis(1))
                    .build());
            assertThat(events.types()).containsExactly("Reconfigured");
        }
    }

    @Test
    void theTimeSourceCannotBeChanged() {
        Bulkhead bulkhead = Bulkhead.of("b", c -> c.timeSource(time));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> bulkhead.reconfigure(BulkheadConfig.defaults()))
                .withMessageContaining("timeSource");
        assertThat(bulkhead.config().timeSource()).isSameAs(time);
    }

    @Test
    void theLargestLimitThereIsWorks() {
        Bulkhead bulkhead =
                Bulkhead.of("b", c -> c.maxConcurrentCalls(Integer.MAX_VALUE).timeSource(time));
        assertThat(bulkhead.get(() -> "in")).isEqualTo("in");
        assertThat(bulkhead.limit()).isEqualTo(Integer.MAX_VALUE);
        assertThat(bulkhead.inUse()).isZero();
    }

    @Test
    void itExplainsItself() {
        Bulkhead bulkhead = Bulkhead.of("b", c -> c.maxConcurrentCalls(3).timeSource(time));
        bulkhead.run(() -> assertThat(bulkhead).explains("'b' has 1 of 3 slots in use, nobody may wait"));
        assertThat(bulkhead.toString()).contains("Bulkhead[", "bulkhead.limit{name=b}=3.0");
    }

    @Test
    void countersAreTheSameForEveryReader() {
        Bulkhead bulkhead = Bulkhead.of("b", c -> c.maxConcurrentCalls(1).timeSource(time));
        Meters first = Meters.start(bulkhead);
        Meters second = Meters.start(bulkhead);
        bulkhead.run(() -> assertThat(bulkhead.tryAcquirePermit().orElse(null)).isNull());
        assertThat(first.value("bulkhead.rejected", "reason", "full")).isEqualTo(1);
        assertThat(second.value("bulkhead.rejected", "reason", "full")).isEqualTo(1);
    }

    @Test
    void nothingIsRetainedOfACallThatHasEnded() {
        Bulkhead bulkhead = Bulkhead.of(
                "b",
                c -> c.maxConcurrentCalls(1)
                        .maxWaitDuration(Duration.ofSeconds(1))
                        .timeSource(time));
        WeakReference<Object> reference = makeCallsThatAreLetInAndExpireAndAreCancelled(bulkhead);
        assertThat(bulkhead).isIdle();
        assertThat(isCleared(reference)).isTrue();
    }

    private WeakReference<Object> makeCallsThatAreLetInAndExpireAndAreCancelled(Bulkhead bulkhead) {
        Object held = new Object();
        Permit permit = bulkhead.acquirePermit();
        bulkhead.callAsync(stageOf(held)).cancel(true);
        CompletableFuture<Object> letIn = bulkhead.callAsync(stageOf(held));
        permit.release();
        time.runDue();
        assertThat(letIn).isCompletedWithValue(held);
        permit = bulkhead.acquirePermit();
        CompletableFuture<Object> expired = bulkhead.callAsync(stageOf(held));
        time.runUntilIdle();
        assertThat(expired).isCompletedExceptionally();
        permit.release();
        return new WeakReference<>(held);
    }

    private static AsyncSupplier<Object> stageOf(Object result) {
        return () -> CompletableFuture.completedFuture(result);
    }

    static boolean isCleared(WeakReference<?> reference) {
        for (int i = 0; i < 50 && reference.get() != null; i++) {
            System.gc();
        }
        return reference.get() == null;
    }

    static void resize(Bulkhead bulkhead, int limit) {
        bulkhead.reconfigure(
                bulkhead.config().toBuilder().maxConcurrentCalls(limit).build());
    }

    @Test
    void aRejectionHasAStackTraceIfTheOptionsSaySo() {
        Scenario.named("stack traces")
                .with(time -> Bulkhead.of(
                        "b", c -> c.maxConcurrentCalls(1).stackTraces(true).timeSource(time)))
                .inEveryMode(run -> run.whileInFlight(() -> {
                    BulkheadFullException rejection =
                            run.call(Script.succeeding("never")).failure(BulkheadFullException.class);
                    assertThat(rejection.getStackTrace()).isNotEmpty();
                }));
    }
}
