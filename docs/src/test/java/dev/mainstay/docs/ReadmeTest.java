package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.TypedPipeline;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ReadmeTest {

    @Test
    void example() throws IOException {
        InventoryClient client = new InventoryClient(VirtualTime.create());
        // begin: example
        Retry retry = Retry.of("inventory", config -> config.maxAttempts(3).retryExceptions(IOException.class));
        CircuitBreaker breaker = CircuitBreaker.of("inventory", config -> config.failureRateThreshold(50));
        Bulkhead bulkhead = Bulkhead.of("inventory", config -> config.maxConcurrentCalls(10));
        TimeLimiter limiter = TimeLimiter.of("inventory", config -> config.timeoutDuration(Duration.ofMillis(300)));

        // from outside to inside: retry (breaker (bulkhead (limiter (call))))
        Pipeline inventory = Pipeline.of("inventory", retry, breaker, bulkhead, limiter);

        // throws IOException if the client does
        Stock stock = inventory.call(() -> client.stockOf("sku-7"));

        // the same policies around an asynchronous call; blocks no thread
        CompletableFuture<Stock> later = inventory.callAsync(() -> client.stockOfAsync("sku-7"));

        // an answer for when there is none
        TypedPipeline<Stock> withFallback = inventory.withFallback(Fallback.of(Stock.unknown("sku-7")));
        Stock best = withFallback.call(() -> client.stockOf("sku-7"));
        // end: example
        assertThat(stock.pieces()).isEqualTo(7);
        assertThat(later.join()).isEqualTo(stock);
        assertThat(best).isEqualTo(stock);
        breaker.transitionToForcedOpenState();
        assertThat(withFallback.call(() -> client.stockOf("sku-7"))).isEqualTo(Stock.unknown("sku-7"));
    }
}
