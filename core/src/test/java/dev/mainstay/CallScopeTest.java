package dev.mainstay;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.call.CallContext;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CallScopeTest {

    private final VirtualTime time = VirtualTime.create();
    private final List<String> happened = new ArrayList<>();
    private final CallScope scope = CallScope.open(CallContext.plain(), time);

    @AfterEach
    void noInterruptIsLeft() {
        assertThat(Thread.interrupted()).isFalse();
    }

    private void at(Duration delay, Runnable action) {
        time.arm(
                new TimedTask() {
                    @Override
                    protected void fire() {
                        action.run();
                    }
                },
                delay.toNanos());
    }

    @Test
    void aCancelRunsWhatWasRegisteredElsewhere() {
        scope.context().onCancel(() -> happened.add("hook"));
        assertThat(scope.cancel()).isTrue();
        assertThat(happened).as("on the thread that cancels").isEmpty();
        time.runDue();
        assertThat(happened).containsExactly("hook");
        assertThat(scope.isCancelled()).isTrue();
        assertThat(scope.cancel()).isFalse();
        time.runDue();
        assertThat(happened).hasSize(1);
    }

    @Test
    void aCancelReachesTheAttempt() {
        CompletableFuture<String> attempt = new CompletableFuture<>();
        scope.follow(attempt);
        scope.cancel();
        assertThat(attempt).isNotDone();
        time.runDue();
        assertThat(attempt).isCancelled();
    }

    @Test
    void aCancelThatCameFirstReachesWhatComesAfterIt() {
        scope.cancel();
        CompletableFuture<String> attempt = new CompletableFuture<>();
        scope.follow(attempt);
        scope.context().onCancel(() -> happened.add("hook"));
        assertThat(attempt).isCancelled();
        assertThat(happened).containsExactly("hook");
        assertThatThrownBy(() -> scope.call(context -> "never")).isInstanceOf(CancellationException.class);
    }

    @Test
    void aScopeThatIsClosedForgetsWhatWasRegistered() {
        CompletableFuture<String> attempt = new CompletableFuture<>();
        scope.follow(attempt);
        scope.context().onCancel(() -> happened.add("hook"));
        scope.close();
        assertThat(scope.cancel()).isFalse();
        time.runDue();
        assertThat(happened).isEmpty();
        assertThat(attempt).isNotDone();
        assertThat(scope.isCancelled()).isFalse();
    }

    @Test
    void ofTwoScopesOneIsCancelledAndTheOtherGoesOn() {
        CallScope other = CallScope.open(CallContext.plain(), time);
        scope.context().onCancel(() -> happened.add("loser"));
        other.context().onCancel(() -> happened.add("winner"));
        scope.cancel();
        time.runDue();
        assertThat(happened).containsExactly("loser");
        assertThat(other.isCancelled()).isFalse();
    }

    @Test
    void theEndOfTheCallAroundItEndsTheScope() {
        TimeLimiter limiter =
                TimeLimiter.of("limiter", c -> c.timeoutDuration(ofSeconds(1)).timeSource(time));
        CompletableFuture<String> attempt = new CompletableFuture<>();
        CompletableFuture<String> call = limiter.callAsyncWithContext(context -> {
            CallScope inner = CallScope.open(context, time);
            assertThat(inner.context().remaining()).isEqualTo(ofSeconds(1));
            inner.follow(attempt);
            inner.context().onCancel(() -> happened.add("hook"));
            return new CompletableFuture<>();
        });
        time.advance(ofSeconds(1));
        assertThat(call).isCompletedExceptionally();
        assertThat(attempt).isCancelled();
        assertThat(happened).containsExactly("hook");
    }

    @Test
    void afterACloseTheCallAroundItRunsNothingOfIt() {
        TimeLimiter limiter =
                TimeLimiter.of("limiter", c -> c.timeoutDuration(ofSeconds(1)).timeSource(time));
        CompletableFuture<String> call = limiter.callAsyncWithContext(context -> {
            try (CallScope inner = CallScope.open(context, time)) {
                inner.context().onCancel(() -> happened.add("hook"));
            }
            return new CompletableFuture<>();
        });
        time.advance(ofSeconds(1));
        assertThat(call).isCompletedExceptionally();
        assertThat(happened).isEmpty();
    }

    @Test
    void aSynchronousAttemptHasItsContextAndIsInterruptedByACancel() {
        at(ofMillis(300), scope::cancel);
        AtomicReference<CallContext> current = new AtomicReference<>();
        assertThatThrownBy(() -> scope.call(context -> {
                    current.set(CallContext.current());
                    time.sleep(ofSeconds(5).toNanos());
                    return "too late";
                }))
                .isInstanceOf(InterruptedException.class);
        assertThat(time.elapsed()).isEqualTo(ofMillis(300));
        assertThat(current.get()).isSameAs(scope.context());
        assertThat(CallContext.current()).isSameAs(CallContext.plain());
    }

    @Test
    void theInterruptOfACancelDoesNotOutliveTheAttempt() throws Exception {
        String result = scope.call(context -> {
            scope.cancel();
            time.runDue();
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
            return "all the same";
        });
        assertThat(result).isEqualTo("all the same");
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void aCancelAfterTheAttemptInterruptsNobody() throws Exception {
        assertThat(scope.<String>call(context -> "done")).isEqualTo("done");
        assertThat(scope.cancel()).isTrue();
        time.runDue();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void anInterruptFromOutsideIsKept() throws Exception {
        String result = scope.call(context -> {
            Thread.currentThread().interrupt();
            return "done";
        });
        assertThat(result).isEqualTo("done");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void anInterruptFromOutsideThatTheBodyTakesIsNotPutBack() throws Exception {
        scope.call(context -> {
            Thread.currentThread().interrupt();
            return Thread.interrupted();
        });
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void anInterruptFromOutsideOfALoserIsKept() {
        assertThatThrownBy(() -> scope.call(context -> {
                    Thread.currentThread().interrupt();
                    scope.cancel();
                    time.sleep(1);
                    return "never";
                }))
                .isInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isTrue();
        time.runDue();
    }

    @Test
    void makesOneAttemptAtATime() throws Exception {
        scope.call(context -> {
            assertThatThrownBy(() -> scope.call(again -> "never")).isInstanceOf(IllegalStateException.class);
            return "done";
        });
        assertThat(scope.<String>call(context -> "another")).isEqualTo("another");
        assertThat(scope).hasToString("CallScope[open]");
    }
}
