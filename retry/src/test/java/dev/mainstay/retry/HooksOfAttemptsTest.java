package dev.mainstay.retry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What an attempt has asked for in case of a cancel is forgotten when the next one begins. */
class HooksOfAttemptsTest {

    private final VirtualTime time = VirtualTime.create();
    private final Retry retry = Retry.of(
            "retry",
            c -> c.maxAttempts(1_000)
                    .budget(RetryBudget.none())
                    .backoff(Backoff.fixed(Duration.ofSeconds(1)))
                    .timeSource(time));
    private final TimeLimiter limiter = TimeLimiter.of(
            "limiter", c -> c.timeoutDuration(Duration.ofSeconds(100)).timeSource(time));
    private final List<Integer> run = new ArrayList<>();
    private int attempts;

    private CompletableFuture<String> begin(Pipeline pipeline) {
        return pipeline.callAsyncWithContext(context -> {
            int attempt = ++attempts;
            context.onCancel(() -> run.add(attempt));
            return attempt < 50 ? CompletableFuture.failedFuture(new IOException()) : new CompletableFuture<>();
        });
    }

    @Test
    void aCancelRunsWhatTheFirstAndTheLastAttemptHaveAskedFor() {
        CompletableFuture<String> call = begin(Pipeline.of("p", retry));
        time.advance(Duration.ofSeconds(20));
        assertThat(attempts).isEqualTo(21);
        call.cancel(true);
        assertThat(run).containsExactlyInAnyOrder(1, attempts);
    }

    @Test
    void soDoesATimeLimitAround() {
        CompletableFuture<String> call = begin(Pipeline.of("p", limiter, retry));
        time.advance(Duration.ofSeconds(200));
        assertThat(call).isCompletedExceptionally();
        assertThat(run).containsExactlyInAnyOrder(1, 50);
    }

    @Test
    void aRetryInsideARetryForgetsNothingOfTheOuterAttempt() {
        Retry inner = Retry.of(
                "inner",
                c -> c.maxAttempts(3)
                        .budget(RetryBudget.none())
                        .backoff(Backoff.fixed(Duration.ofSeconds(1)))
                        .timeSource(time));
        CompletableFuture<String> call = retry.callAsyncWithContext(outer -> {
            attempts++;
            int attempt = 100 * attempts;
            outer.onCancel(() -> run.add(attempt));
            return inner.callAsyncWithContext(context -> CompletableFuture.failedFuture(new IOException()));
        });
        time.advance(Duration.ofSeconds(10));
        call.cancel(true);
        assertThat(run).containsExactlyInAnyOrder(100, 100 * attempts);
    }
}
