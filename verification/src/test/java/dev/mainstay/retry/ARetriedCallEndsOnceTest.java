package dev.mainstay.retry;

import dev.mainstay.Backoff;
import dev.mainstay.time.StandingTime;
import dev.mainstay.verification.Exploration;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * A call that is retried ends once, whether its caller gives it up during an attempt, between two or as the next is due: no attempt goes on that nobody waits for, the timer keeps nothing, and what was
 * paid for an attempt that was not made is back in the budget.
 */
class ARetriedCallEndsOnceTest {

    private static final StandingTime TIME = new StandingTime();

    /** Large, so that it serves all scenes. */
    private static final RetryBudget BUDGET = RetryBudget.of(1_000_000, 0);

    private static final RetryConfig AT_ONCE = config(Backoff.none());
    private static final RetryConfig LATER = config(Backoff.fixed(Duration.ofNanos(10)));

    private static RetryConfig config(Backoff backoff) {
        return RetryConfig.builder()
                .maxAttempts(2)
                .backoff(backoff)
                .budget(BUDGET)
                .timeSource(TIME)
                .build();
    }

    @Test
    void thatIsCancelledAsAnAttemptFails() {
        Exploration.holds(() -> {
            Scene scene = new Scene(AT_ONCE);
            Exploration.together(scene::firstFails, scene::cancel);
            scene.isOver();
        });
    }

    @Test
    void thatIsCancelledAsTheNextAttemptIsDue() {
        Exploration.holds(() -> {
            Scene scene = new Scene(LATER);
            scene.firstFails();
            Exploration.together(() -> TIME.advance(10), scene::cancel);
            scene.isOver();
        });
    }

    @Test
    void thatIsCancelledAsItBeginsToWait() {
        Exploration.holds(() -> {
            Scene scene = new Scene(LATER);
            Exploration.together(scene::firstFails, scene::cancel, () -> TIME.advance(10));
            scene.isOver();
        });
    }

    private static final class Scene {

        final double tokens = BUDGET.tokens();
        final CompletableFuture<String> first = new CompletableFuture<>();
        final CompletableFuture<String> second = new CompletableFuture<>();
        final AtomicInteger attempts = new AtomicInteger();
        final CompletableFuture<String> call;

        Scene(RetryConfig config) {
            call = Retry.of("retry", config).callAsync(() -> attempts.incrementAndGet() == 1 ? first : second);
        }

        void firstFails() {
            first.completeExceptionally(new IllegalStateException());
        }

        void cancel() {
            call.cancel(true);
        }

        void isOver() {
            Exploration.require(call.isCancelled(), "the caller's word did not count");
            Exploration.require(first.isDone(), "the first attempt goes on");
            Exploration.require(attempts.get() < 2 || second.isDone(), "the second attempt goes on");
            Exploration.require(attempts.get() <= 2, "an attempt too many");
            Exploration.require(TIME.pending() == 0, "the timer still has it");
            // What was spent on an attempt that was made stays spent.
            Exploration.require(
                    BUDGET.tokens() == tokens + 1 - attempts.get(), "the budget has lost a token, or won one");
        }
    }
}
