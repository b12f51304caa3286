package dev.mainstay.scenarios;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;

import dev.mainstay.Guard;
import dev.mainstay.Pipeline;
import dev.mainstay.PolicyAccess;
import dev.mainstay.TimeLimiter;
import dev.mainstay.TimeLimiterConfig;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.testkit.Meters;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What becomes of a call whose caller holds a future, and of what it has registered, when its time is up or the caller
 * gives it up.
 */
class LimitedCallTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private final List<@Nullable Object> discarded = new ArrayList<>();
    private final TimeLimiter limiter = limiter(time, c -> c.onDiscard(discarded::add));
    private final CompletableFuture<String> stage = new CompletableFuture<>();
    private final List<CallContext> contexts = new ArrayList<>();
    private final List<String> closed = new ArrayList<>();

    private static TimeLimiter limiter(TimeSource time, UnaryOperator<TimeLimiterConfig.Builder> options) {
        TimeLimiter limiter =
                TimeLimiter.of("limit", c -> options.apply(c.timeSource(time).timeoutDuration(SECOND)));
        Meters.start(limiter);
        return limiter;
    }

    /** A call that goes on until its stage is complete. */
    private CompletableFuture<String> begin(Guard guard) {
        return guard.callAsyncWithContext(context -> {
            contexts.add(CallContext.current());
            CallContext.current().onCancel(() -> closed.add("registered"));
            return stage;
        });
    }

    private void registerLate() {
        contexts.get(0).onCancel(() -> closed.add("registered late"));
    }

    private void assertCalls(TimeLimiter limiter, String outcome, int count) {
        assertThat(limiter).hasMeter("timelimiter.calls", count, "outcome", outcome);
    }

    @Test
    void aResultInTimeIsNotDiscarded() {
        CompletableFuture<String> call = begin(limiter);
        stage.complete("ok");
        assertThat(call).isCompletedWithValue("ok");
        assertThat(discarded).isEmpty();
    }

    @Test
    void aCancelIsCountedAsSuchAndNotAsATimeout() {
        CompletableFuture<String> call = begin(limiter);
        call.cancel(true);
        time.advance(SECOND);
        assertCalls(limiter, "cancelled", 1);
        assertCalls(limiter, "timeout", 0);
        assertCalls(limiter, "success", 0);
        assertCalls(limiter, "failure", 0);
    }

    @Test
    void whatWasRegisteredForACancelRunsOnceWhenTheCallerGivesUp() {
        CompletableFuture<String> call = PolicyAccess.callAsync(limiter, CallContext.plain(), context -> {
            context.onCancel(() -> closed.add("registered"));
            return stage;
        });
        call.cancel(true);
        time.advance(SECOND);
        assertThat(closed).containsExactly("registered");
    }

    @Test
    void whatIsRegisteredAfterTheCallerGaveUpRunsAtOnce() {
        CompletableFuture<String> call = PolicyAccess.callAsync(limiter, CallContext.plain(), context -> {
            contexts.add(context);
            return stage;
        });
        call.cancel(true);
        registerLate();
        assertThat(closed).containsExactly("registered late");
    }

    @Test
    void whatIsRegisteredAfterTheTimeIsUpRunsAtOnce() {
        begin(limiter);
        registerLate();
        assertThat(closed).isEmpty();
        time.advance(SECOND);
        closed.clear();
        registerLate();
        assertThat(closed).containsExactly("registered late");
    }

    @Test
    void whatIsRegisteredAfterABodyTookTooLongToAnswerRunsAtOnce() {
        limiter.callAsync(() -> {
            contexts.add(CallContext.current());
            time.advance(SECOND);
            return CompletableFuture.completedFuture("late");
        });
        registerLate();
        assertThat(closed).containsExactly("registered late");
    }

    @Test
    void aBodyThatAnswersWhenTheTimeIsUpIsTooLate() {
        CompletableFuture<String> call = limiter.callAsync(() -> {
            time.advance(SECOND);
            return CompletableFuture.completedFuture("late");
        });
        assertThat(call).isCompletedExceptionally();
        assertThatThrownBy(call::join).hasCauseInstanceOf(CallTimeoutException.class);
        assertThat(discarded).containsExactly("late");
    }

    @Test
    void whatABodyTakesToAnswerIsPartOfItsTime() {
        time.advance(SECOND.multipliedBy(5));
        CompletableFuture<String> call = limiter.callAsync(() -> {
            time.advance(Duration.ofMillis(300));
            return stage;
        });
        time.advance(Duration.ofMillis(699));
        assertThat(call).isNotDone();
        time.advance(Duration.ofMillis(1));
        assertThat(call).isCompletedExceptionally();
    }

    @Test
    void aCancelInTimeSaysNothingAboutTheOtherSide() {
        WaitingRoom room = new WaitingRoom(time, 1);
        CompletableFuture<String> call = begin(Pipeline.of("p", limiter, room));
        call.cancel(true);
        assertThat(room.verdicts).containsExactly(Verdict.IGNORED);
    }

    @Test
    void aCallTimesOutAlsoIfTheExecutorRejectsToSaySo() {
        Executor shutDown = task -> {
            throw new RejectedExecutionException("shut down");
        };
        CompletableFuture<String> call =
                begin(Pipeline.builder("p").policy(limiter).executor(shutDown).build());
        time.advance(SECOND);
        assertThat(call).isCompletedExceptionally();
        assertThatThrownBy(call::join).hasCauseInstanceOf(CallTimeoutException.class);
        assertThat(stage).isCancelled();
        assertThat(closed).containsExactly("registered");
    }

    @Test
    void aCallWhoseTimerFailsEndsItsStageAndFails() {
        TimeLimiter timeless = limiter(new Timerless(time), c -> c);
        CompletableFuture<String> call = begin(timeless);
        assertThat(call).isCompletedExceptionally();
        assertThatThrownBy(call::join).hasRootCauseMessage("no timer");
        assertThat(stage).isCancelled();
        assertCalls(timeless, "failure", 1);
    }

    @Test
    void aCallOnAnExecutorSeesItsDeadlineAndGivesItsResult() throws Exception {
        TimeLimiter elsewhere = limiter(time, c -> c.onExecutor(time.executor()));
        assertThat(elsewhere.call(() -> CallContext.current().remaining())).isEqualTo(SECOND);
    }

    @Test
    void anInnerLimitThatFiresLaterLeavesTheInterruptOfAnOuterOne() {
        TimeLimiter inner = limiter(time, c -> c.timeoutDuration(SECOND.multipliedBy(2)));
        List<Boolean> interrupted = new ArrayList<>();
        assertThatThrownBy(() -> limiter.run(() -> {
                    assertThatThrownBy(() -> inner.run(() -> time.advance(SECOND.multipliedBy(3))))
                            .isInstanceOf(CallTimeoutException.class);
                    interrupted.add(Thread.currentThread().isInterrupted());
                }))
                .isInstanceOf(CallTimeoutException.class);
        assertThat(interrupted).containsExactly(true);
        assertThat(Thread.interrupted()).isFalse();
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
