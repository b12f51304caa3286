package dev.mainstay.examples;

import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.TypedPipeline;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.SlidingWindow;
import dev.mainstay.retry.Retry;
import java.io.IOException;
import java.time.Duration;

/**
 * Retry, circuit breaker and fallback around one call. A hiccup is repaired by the retry and nobody notices; when the
 * warehouse is down, the breaker stops asking and the fallback answers; soon after it is back, so are the real answers.
 */
public final class QuickStart {
    private QuickStart() {}

    /** Asks a warehouse that has a bad day. */
    public static void main(String[] args) throws IOException, InterruptedException {
        var warehouse = new Warehouse();
        var retry = Retry.ofDefaults("warehouse");
        // Small numbers, so that few calls are enough to see it at work.
        var breaker = CircuitBreaker.of(
                "warehouse",
                c -> c.slidingWindow(SlidingWindow.ofCalls(10))
                        .minimumNumberOfCalls(5)
                        .waitDurationInOpenState(Duration.ofMillis(300)));
        var pipeline = Pipeline.of("warehouse", retry, breaker).withFallback(Fallback.of("ask us again later"));

        ask(pipeline, warehouse, "All is well", 2);

        warehouse.hiccup();
        ask(pipeline, warehouse, "A hiccup", 2);

        warehouse.setDown(true);
        ask(pipeline, warehouse, "The warehouse is down", 5);

        warehouse.setDown(false);
        Thread.sleep(400);
        ask(pipeline, warehouse, "It is back", 4);
    }

    private static void ask(TypedPipeline<String> pipeline, Warehouse warehouse, String situation, int calls)
            throws IOException {
        System.out.println(situation + ":");
        for (int i = 0; i < calls; i++) {
            int before = warehouse.requests;
            String answer = pipeline.call(() -> warehouse.stockOf("sku-7"));
            System.out.println("  " + answer + " (requests sent: " + (warehouse.requests - before) + ")");
        }
    }

    /** Stands for a client of some remote service. */
    private static final class Warehouse {
        private int requests;
        private int hiccups;
        private boolean down;

        private String stockOf(String item) throws IOException {
            requests++;
            if (down || hiccups-- > 0) {
                throw new IOException("no connection");
            }
            return "3 of " + item;
        }

        private void hiccup() {
            hiccups = 1;
        }

        private void setDown(boolean down) {
            this.down = down;
        }
    }
}
