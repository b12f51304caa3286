package dev.mainstay.retry;

import dev.mainstay.backoff.Backoff;
import dev.mainstay.time.StandingTime;
import dev.mainstay.verification.Exploration;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * A call that is retried ends once, whether its caller gives it up during an attempt, between two or as the next is
 * due: no attempt goes on that nobody waits for, the timer keeps nothing, and what was paid for an attempt that was not
 * made is back in the budget.
 */
class ARetriedCallEndsOnceTest {

    @Test
    void thatIsCancelledAsAnAttemptFails() {
        Exploration.holds(() -> {
            Scene scene = new Scene(Backoff.none());
            Exploration.together(scene::firstFails, scene::cancel);
            scene.isOver();
        });
    }

    @Test
    void thatIsCancelledAsTheNextAttemptIsDue() {
        Exploration.holds(() -> {
            Scene scene = new Scene(Backoff.fixed(Duration.ofNanos(10)));
            scene.firstFails();
            Exploration.together(() -> scene.time.advance(10), scene::cancel);
            scene.isOver();
        });
    }

    @Test
    void thatIsCancelledAsItBeginsToWait() {
        Exploration.holds(() -> {
            Scene scene = new Scene(Backoff.fixed(Duration.ofNanos(10)));
            Exploration.together(scene::firstFails, scene::cancel, () -> scene.time.advance(10));
            scene.isOver();
        });
    }

    private static final class Scene {

        final StandingTime time = new StandingTime();
        final RetryBudget budget = RetryBudget.of(5, 0);
        final CompletableFuture<String> first = new CompletableFuture<>();
        final CompletableFuture<String> second = new CompletableFuture<>();
        final AtomicInteger attempts = new AtomicInteger();
        final CompletableFuture<String> call;

        Scene(Backoff backoff) {
            Retry retry = Retry.of(
                    "retry",
                    c -> c.maxAttempts(2).backoff(backoff).budget(budget).timeSource(time));
            call = retry.callAsync(() -> attempts.incrementAndGet() == 1 ? first : second);
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
            Exploration.require(time.pending() == 0, "the timer still has it");
            // What was spent on an attempt that was made stays spent.
            Exploration.require(budget.tokens() == 6 - attempts.get(), "the budget has lost a token, or won one");
        }
    }
}
