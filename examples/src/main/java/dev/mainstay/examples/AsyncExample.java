package dev.mainstay.examples;

import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.retry.Retry;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Calls that answer with a future: no thread waits, neither for the answer nor between two attempts. Each attempt has
 * its own time limit; to cancel the future ends the attempt that is under way.
 */
public final class AsyncExample {
    private AsyncExample() {}

    /** Asks a catalogue that hangs at the first request and answers the second. */
    public static void main(String[] args) {
        var catalogue = new Catalogue();
        var pipeline = Pipeline.of(
                        "catalogue",
                        Retry.ofDefaults("catalogue"),
                        Bulkhead.of("catalogue", c -> c.maxConcurrentCalls(10)),
                        TimeLimiter.of("catalogue", c -> c.timeoutDuration(Duration.ofMillis(200))))
                .withFallback(Fallback.of("a book we know nothing about"));

        CompletableFuture<String> title = pipeline.callAsync(() -> catalogue.titleOf("0-13-110362-8"));

        System.out.println("The call is on its way, and this thread free to do something else.");
        System.out.println("The answer: " + title.join());
    }

    /** Stands for a client of some remote service. */
    private static final class Catalogue {
        private final AtomicInteger requests = new AtomicInteger();

        private CompletableFuture<String> titleOf(String isbn) {
            int number = requests.incrementAndGet();
            System.out.println("Request " + number + " for " + isbn);
            if (number == 1) {
                var neverAnswered = new CompletableFuture<String>();
                neverAnswered.whenComplete((title, failure) -> System.out.println("Request 1 ends: " + failure));
                return neverAnswered;
            }
            return CompletableFuture.supplyAsync(
                    () -> "The C Programming Language", CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS));
        }
    }
}
