package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiterConfig;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreakerConfig;
import dev.mainstay.breaker.CircuitBreakerOpenException;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.BulkheadConfig;
import dev.mainstay.bulkhead.ThreadPoolBulkheadConfig;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryConfig;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class Resilience4jPageTest {

    @Test
    void theSameCall() throws IOException {
        InventoryClient client = new InventoryClient(VirtualTime.create());
        // begin: same-call
        CircuitBreaker breaker = CircuitBreaker.of(
                "inventory",
                config -> config.slidingWindowSize(50)
                        .minimumNumberOfCalls(10)
                        .waitDurationInOpenState(Duration.ofSeconds(5)));
        Retry retry = Retry.of(
                "inventory",
                config -> config.maxAttempts(3)
                        .backoff(Backoff.exponential(Duration.ofMillis(100)).jitter(0.5))
                        .retryExceptions(IOException.class));
        Bulkhead bulkhead = Bulkhead.of("inventory", config -> config.maxConcurrentCalls(10));

        Stock stock = Pipeline.of("inventory", retry, breaker, bulkhead)
                .withFallback(Fallback.<Stock>builder()
                        .on(CircuitBreakerOpenException.class, failure -> Stock.unknown("sku-7"))
                        .build())
                .call(() -> client.stockOf("sku-7")); // throws IOException
        // end: same-call
        assertThat(stock.pieces()).isEqualTo(7);
    }

    @Test
    void theTableHasOurDefaults() {
        Map<String, String> ours = new TreeMap<>();
        Map<String, Record> configs = Map.of(
                "breaker", CircuitBreakerConfig.defaults(),
                "bulkhead", BulkheadConfig.defaults(),
                "thread pool", ThreadPoolBulkheadConfig.defaults(),
                "retry", RetryConfig.defaults(),
                "time limiter", TimeLimiterConfig.defaults());
        configs.forEach((policy, config) ->
                PolicyPage.defaultsOf(config).forEach((option, value) -> ours.put(policy + ": " + option, value)));

        List<Map<String, String>> rows =
                Page.read("docs/coming-from-resilience4j.md").tableRows("Defaults that differ").stream()
                        .filter(row -> ours.containsKey(row.get("Option")))
                        .toList();
        assertThat(rows).hasSizeGreaterThan(5);
        rows.forEach(
                row -> assertThat(row.get("Mainstay")).as(row.get("Option")).isEqualTo(ours.get(row.get("Option"))));
    }
}
