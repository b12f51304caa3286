package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An asynchronous call that waits in line, and the ways out of it. */
class QueuedCallTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private final OnePlace gate = new OnePlace(time);
    private final List<String> ran = new ArrayList<>();

    /** A gate that lets a call in whose wait was in vain. */
    private static OnePlace kind(TimeSource time) {
        return new OnePlace(time) {
            @Override
            protected long endWaiting(Waiter waiter, long now) {
                return 0;
            }
        };
    }

    private static final Executor REJECTING = task -> {
        throw new RejectedExecutionException("shut down");
    };

    @BeforeEach
    void theOnlyPlaceIsTaken() {
        gate.acquirePermit();
    }

    private CompletableFuture<String> call(Guard guard) {
        return guard.callAsync(() -> {
            ran.add("body");
            return CompletableFuture.completedFuture("ok");
        });
    }

    private static RejectionReason reasonOf(CompletableFuture<?> call) {
        Throwable failure = Stages.failureOf(call);
        assertThat(failure).isInstanceOf(CallRejectedException.class);
        return ((CallRejectedException) failure).reason();
    }

    @Test
    void aWaitForNoTimeAtAllIsInVain() {
        gate.wait = Duration.ZERO;
        CompletableFuture<String> call = call(gate);
        time.runDue();
        assertThat(reasonOf(call)).isEqualTo(RejectionReason.WAIT_EXPIRED);
        assertThat(time.elapsed()).isZero();
    }

    @Test
    void aWaitMayEndWithAPermitAfterAll() {
        OnePlace kind = kind(time);
        kind.acquirePermit();
        CompletableFuture<String> call = call(kind);
        time.advance(SECOND);
        assertThat(call).isCompletedWithValue("ok");
        assertThat(kind.verdicts).containsExactly(Verdict.SUCCESS);
    }

    @Test
    void aPermitThatComesAtTheEndOfAWaitGoesBackIfTheExecutorRejectsTheCall() {
        OnePlace kind = kind(time);
        kind.acquirePermit();
        CompletableFuture<String> call =
                call(Pipeline.builder("line").policy(kind).executor(REJECTING).build());
        time.advance(SECOND);
        assertThat(reasonOf(call)).isEqualTo(RejectionReason.EXECUTOR);
        assertThat(kind.taken).isFalse();
        assertThat(kind.rejections).containsExactly(RejectionReason.EXECUTOR);
        assertThat(ran).isEmpty();
    }

    @Test
    void aWaitInVainFailsTheCallAlsoIfTheExecutorRejectsToSaySo() {
        CompletableFuture<String> call =
                call(Pipeline.builder("line").policy(gate).executor(REJECTING).build());
        time.advance(SECOND);
        assertThat(reasonOf(call)).isEqualTo(RejectionReason.WAIT_EXPIRED);
    }

    @Test
    void aCallThatIsCancelledInLineCountsAsARejection() {
        CompletableFuture<String> call = call(gate);
        call.cancel(true);
        assertThat(gate.rejections).containsExactly(RejectionReason.CANCELLED);
        assertThat(gate.gone).isEqualTo(gate.line).hasSize(1);
    }

    @Test
    void theTimerKeepsNothingOfACallThatTheGateRejects() {
        CompletableFuture<String> call = call(gate);
        gate.line.get(0).reject(new Rejection("one", RejectionReason.FULL, -1));
        time.runDue();
        assertThat(reasonOf(call)).isEqualTo(RejectionReason.FULL);
        assertThat(time.pendingEvents()).isZero();
    }

    @Test
    void theTimerKeepsNothingOfACallThatIsCancelledAsTheGateRejectsIt() {
        CompletableFuture<String> call = call(gate);
        gate.line.get(0).reject(new Rejection("one", RejectionReason.FULL, -1));
        call.cancel(true);
        time.runDue();
        assertThat(time.pendingEvents()).isZero();
    }

    @Test
    void aCallThatIsCancelledAfterItWasLetInAndBeforeItBeganGivesItsPermitBack() {
        CompletableFuture<String> call = call(gate);
        gate.letIn();
        assertThat(gate.taken).isTrue();
        call.cancel(true);
        assertThat(gate.taken).as("an executor may never begin it").isFalse();
        time.runDue();
        assertThat(time.pendingEvents()).isZero();
        assertThat(gate.verdicts).containsExactly(Verdict.IGNORED);
        assertThat(ran).isEmpty();
    }

    @Test
    void theThreadThatGoesOnWithACallKeepsNothingOfIt() {
        List<Object> keys = new ArrayList<>();
        gate.with(context -> context.key("k")).callAsyncWithContext(context -> {
            keys.add(CallContext.current().key());
            return CompletableFuture.completedFuture("ok");
        });
        gate.letIn();
        time.runDue();
        assertThat(keys).containsExactly("k");
        assertThat(CallContext.current()).isSameAs(CallContext.plain());
    }

    @Test
    void aTimerThatFailsTakesTheCallOutOfTheLine() {
        OnePlace timeless = new OnePlace(new Timerless(time));
        timeless.acquirePermit();
        CompletableFuture<String> call = call(timeless);
        assertThatThrownBy(call::join).hasRootCauseMessage("no timer");
        assertThat(timeless.gone).isEqualTo(timeless.line).hasSize(1);
        assertThat(timeless.line.get(0).grant(0)).as("it is out of the line").isFalse();
        assertThat(ran).isEmpty();
    }

    /** A time that cannot call anybody back. */
    private record Timerless(VirtualTime time) implements TimeSource {

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
            throw new IllegalStateException("no timer");
        }

        @Override
        public Executor executor() {
            return time.executor();
        }
    }
}
