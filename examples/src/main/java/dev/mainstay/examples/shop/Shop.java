package dev.mainstay.examples.shop;

import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.backoff.RandomSource;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.micrometer.Observed;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.TimeSource;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * The application: it shows how many pieces of an item are in stock, and asks the inventory service for that. From the
 * outside in: each sales channel has so many questions a second and cannot take those of the others; a failed attempt
 * is repeated within the budget; a breaker, a bulkhead with a short queue, and a time limit stand before the service.
 */
final class Shop {
    private final Inventory inventory;
    private final Pipeline pipeline;
    private final Observed observed;

    Shop(Inventory inventory, TimeSource time, RandomSource random, ObservationRegistry observations) {
        this.inventory = inventory;
        var channels = KeyedRegistry.<RateLimiter>builder(
                        "channels",
                        name -> RateLimiter.of(
                                name,
                                c -> c.limitForPeriod(100)
                                        .limitRefreshPeriod(Duration.ofSeconds(1))
                                        .timeSource(time)))
                .metersPerKey(true)
                .build();
        var retry = Retry.of("inventory", c -> c.random(random).timeSource(time));
        // Short waits, so that an incident of half a minute shows them grow.
        var breaker = CircuitBreaker.of(
                "inventory",
                c -> c.waitDurationInOpenState(Backoff.exponential(Duration.ofSeconds(1))
                                .upTo(Duration.ofSeconds(4))
                                .jitter(0.2))
                        .random(random)
                        .timeSource(time));
        var bulkhead = Bulkhead.of(
                "inventory",
                c -> c.maxConcurrentCalls(20)
                        .maxQueuedCalls(10)
                        .maxWaitDuration(Duration.ofMillis(100))
                        .timeSource(time));
        var timeLimiter = TimeLimiter.of(
                "inventory", c -> c.timeoutDuration(Duration.ofMillis(250)).timeSource(time));
        pipeline = Pipeline.builder("inventory")
                .policies(channels, retry, breaker, bulkhead, timeLimiter)
                .timed(true)
                .build();
        observed = Observed.of(pipeline, observations);
    }

    /** All that can be measured and listened to. */
    Pipeline pipeline() {
        return pipeline;
    }

    /** How many pieces of an item are in stock, for somebody who looks at it on one of the channels. */
    CompletableFuture<Integer> stockOf(String item, String channel) {
        return observed.with(call -> call.key(channel)).callAsync(() -> inventory.piecesOf(item));
    }
}
