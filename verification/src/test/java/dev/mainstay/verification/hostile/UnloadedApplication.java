package dev.mainstay.verification.hostile;

import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.PolicyAccess;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreakerConfig;
import dev.mainstay.breaker.SlidingWindow;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.call.ContextKey;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.meter.MeterReadings;
import dev.mainstay.ratelimit.KeyedRateLimiter;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.registry.Registry;
import dev.mainstay.retry.Retry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An application that uses all there is, once, as it is loaded by a loader of its own: every policy on the system's
 * clock, so that the timer, the workers and a pool's threads are started by it, with callbacks of its own classes
 * everywhere. It leaves one long timer armed and cancelled, and closes what can be closed.
 */
public final class UnloadedApplication implements Runnable {

    private static final Duration MILLI = Duration.ofMillis(1);
    private static final ContextKey<UnloadedApplication> KEY = ContextKey.of("application", UnloadedApplication.class);

    /** What an application holds in memory. */
    private final byte[] state = new byte[1 << 20];

    @Override
    public void run() {
        try {
            use();
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    private void use() throws Exception {
        List<Object> discarded = new ArrayList<>();
        CircuitBreaker breaker = CircuitBreaker.of(
                "breaker",
                c -> c.slidingWindow(SlidingWindow.ofTime(Duration.ofSeconds(1)))
                        .automaticTransitionFromOpenToHalfOpen(true)
                        .waitDurationInOpenState(MILLI)
                        .recordResult(result -> result == this));
        TimeLimiter limit = TimeLimiter.of(
                "limit", c -> c.timeoutDuration(Duration.ofMillis(20)).onDiscard(discarded::add));
        Retry retry = Retry.of("retry", c -> c.backoff(Backoff.of(repetition -> MILLI)));
        RateLimiter limiter = RateLimiter.of(
                "limiter",
                c -> c.limitForPeriod(1_000)
                        .limitRefreshPeriod(Duration.ofSeconds(1))
                        .timeoutDuration(MILLI));
        Bulkhead bulkhead = Bulkhead.of("slots", c -> c.maxConcurrentCalls(1).maxWaitDuration(Duration.ofSeconds(5)));
        try (ThreadPoolBulkhead pool = ThreadPoolBulkhead.of("unloaded-pool", c -> c.maxThreads(2))) {
            Pipeline pipeline = Pipeline.builder("all")
                    .policies(retry, breaker, limiter, bulkhead, pool, limit)
                    .timed(true)
                    .build();
            pipeline.subscribe(MainstayEvent.class, event -> state[0]++);
            PolicyAccess.describe(pipeline, new MeterReadings());
            synchronously(pipeline);
            asynchronously(pipeline);
            breaker.transitionToOpenState();
        }
        registries();
        TimeLimiter.of("an hour", c -> c.timeoutDuration(Duration.ofHours(1)))
                .callAsync(() -> new CompletableFuture<>())
                .cancel(true);
    }

    private void synchronously(Pipeline pipeline) throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        pipeline.withFallback(
                        Fallback.<Object>builder().otherwise(failure -> this).build())
                .call(() -> attempts.incrementAndGet() == 1 ? failed() : this);
        pipeline.with(context -> context.with(KEY, this)).callWithContext(context -> context.get(KEY));
        try {
            pipeline.run(() -> new CountDownLatch(1).await());
        } catch (Exception tooLate) {
            state[1]++;
        }
    }

    private Object failed() throws IOException {
        throw new IOException("down");
    }

    private void asynchronously(Pipeline pipeline) throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        List<CompletableFuture<Object>> calls = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            calls.add(pipeline.callAsync(() -> CompletableFuture.supplyAsync(() -> {
                if (attempts.incrementAndGet() % 3 == 0) {
                    throw new IllegalStateException("down");
                }
                return this;
            })));
        }
        calls.add(pipeline.callAsync(() -> new CompletableFuture<>()));
        calls.add(pipeline.submit(ForkJoinPool.commonPool(), () -> this));
        calls.get(5).cancel(true);
        CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new))
                .handle((done, failure) -> state[2]++)
                .get(20, TimeUnit.SECONDS);
    }

    private void registries() throws Exception {
        Registry<CircuitBreaker, CircuitBreakerConfig> breakers =
                Registry.<CircuitBreaker, CircuitBreakerConfig>builder(
                                CircuitBreaker::of, CircuitBreakerConfig.defaults())
                        .build();
        breakers.watch(breaker -> breaker.subscribe(MainstayEvent.class, event -> state[3]++));
        breakers.get("one").get(() -> this);
        KeyedRateLimiter tenants =
                KeyedRateLimiter.of("tenants", c -> c.limitForPeriod(1).limitRefreshPeriod(Duration.ofHours(1)));
        for (int i = 0; i < 2_000; i++) {
            tenants.tryAcquire(new Tenant(i, this));
        }
        PolicyAccess.describe(tenants, new MeterReadings());
    }

    private record Tenant(int number, UnloadedApplication application) {}
}
