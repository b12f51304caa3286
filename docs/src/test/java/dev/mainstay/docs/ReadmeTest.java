package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.TypedPipeline;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.micrometer.MainstayMetrics;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.VirtualTime;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalDouble;
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
        Pipeline inventory = Pipeline.builder("inventory")
                .policies(retry, breaker, bulkhead, limiter)
                .timed(true) // how long calls take and how they end, for the first alert
                .build();

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
        theAlertsWorkWith(inventory, breaker);
    }

    /** The breaker is forced open: of twenty calls, ten are rejected. */
    private static void theAlertsWorkWith(Pipeline inventory, CircuitBreaker breaker) throws IOException {
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        MainstayMetrics.bind(prometheus, inventory);
        for (int i = 0; i < 10; i++) {
            assertThat(inventory.tryCall(() -> "in").isRejected()).isTrue();
        }
        breaker.reset();
        for (int i = 0; i < 10; i++) {
            assertThat(inventory.get(() -> "in")).isEqualTo("in");
        }

        Alerts alerts = Alerts.ofThePage();
        assertThat(alerts.names()).hasSizeGreaterThan(3).first().isEqualTo("CallsFail");
        assertThat(alerts.sums("CallsFail", prometheus.scrape()))
                .containsExactly(OptionalDouble.of(10), OptionalDouble.of(20));
        assertThat(alerts.names())
                .allSatisfy(alert -> assertThat(alerts.sums(alert, prometheus.scrape()))
                        .as(alert)
                        .isNotEmpty()
                        .allMatch(OptionalDouble::isPresent));
    }
}
