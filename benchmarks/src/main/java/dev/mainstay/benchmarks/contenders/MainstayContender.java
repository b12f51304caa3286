package dev.mainstay.benchmarks.contenders;

import dev.mainstay.Gate;
import dev.mainstay.Guard;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.TimeLimiter;
import dev.mainstay.TimeLimiterConfig;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreakerConfig;
import dev.mainstay.breaker.SlidingWindow;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.BulkheadConfig;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.call.AsyncSupplier;
import dev.mainstay.call.CheckedSupplier;
import dev.mainstay.micrometer.MainstayMetrics;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.ratelimit.RateLimiterConfig;
import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import dev.mainstay.retry.RetryConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Ours: a policy alone is called directly, several through a pipeline, their meters bound to Micrometer where they are
 * asked for.
 */
final class MainstayContender implements Contender {

    @Override
    public String name() {
        return Contenders.OURS;
    }

    /** Held as what they are, as programs hold them. */
    @Override
    public Protection policies(Composition composition) {
        Guard guard = guard(composition);
        return guard instanceof Gate gate ? body -> () -> gate.get(body) : body -> () -> guard.get(body);
    }

    @Override
    public AsyncProtection asyncPolicies(Composition composition) {
        Guard guard = guard(composition);
        return body -> {
            AsyncSupplier<Object> own = body::get;
            return () -> guard.callAsync(own);
        };
    }

    private static Guard guard(Composition composition) {
        Policy[] policies = composition.kinds().stream()
                .map(kind -> policy(kind, composition))
                .toArray(Policy[]::new);
        Policy whole = policies.length == 1 ? policies[0] : Pipeline.of("pipeline", policies);
        if (composition.measured()) {
            MainstayMetrics.bind(new SimpleMeterRegistry(), whole);
        }
        return whole;
    }

    private static Policy policy(PolicyKind kind, Composition composition) {
        return switch (kind) {
            case RETRY ->
                Retry.of("retry", c -> {
                    RetryConfig.Builder options = c.maxAttempts(3).backoff(Backoff.fixed(Duration.ZERO));
                    return composition.persistent() ? options.budget(RetryBudget.none()) : options;
                });
            case BREAKER -> CircuitBreaker.of("breaker", breakerConfig(composition.window()));
            case RATE_LIMITER ->
                RateLimiter.of("limiter", c -> c.limitForPeriod(1_000_000).limitRefreshPeriod(Duration.ofMillis(1)));
            case BULKHEAD -> Bulkhead.of("bulkhead", c -> c.maxConcurrentCalls(25));
            case TIME_LIMITER -> TimeLimiter.of("time limiter", c -> c.timeoutDuration(Duration.ofSeconds(1)));
        };
    }

    private static CircuitBreakerConfig breakerConfig(Window window) {
        Duration time = window.time();
        return CircuitBreakerConfig.builder()
                .slidingWindow(time == null ? SlidingWindow.ofCalls(window.calls()) : SlidingWindow.ofTime(time))
                .minimumNumberOfCalls(time == null ? Math.min(20, window.calls()) : 20)
                .failureRateThreshold(80)
                .waitDurationInOpenState(Duration.ofHours(1))
                .build();
    }

    /** Its exceptions have no stack trace by default, so that the middle form is the first. */
    @Override
    public @Nullable Protection rejecting(PolicyKind kind, RejectionForm form) {
        Gate gate = rejecting(kind);
        if (gate == null || form == RejectionForm.THROWN_WITHOUT_TRACE) {
            return null;
        }
        if (form == RejectionForm.THROWN) {
            return body -> () -> gate.get(body);
        }
        return body -> {
            CheckedSupplier<Object, RuntimeException> own = body::get;
            return () -> gate.tryCall(own);
        };
    }

    private static @Nullable Gate rejecting(PolicyKind kind) {
        return switch (kind) {
            case BREAKER -> {
                CircuitBreaker breaker = CircuitBreaker.of("breaker", breakerConfig(Window.parse("100 calls")));
                breaker.transitionToOpenState();
                yield breaker;
            }
            case BULKHEAD -> {
                Bulkhead bulkhead = Bulkhead.of("bulkhead", c -> c.maxConcurrentCalls(1));
                bulkhead.acquirePermit();
                yield bulkhead;
            }
            case RATE_LIMITER -> {
                RateLimiter limiter =
                        RateLimiter.of("limiter", c -> c.limitForPeriod(1).limitRefreshPeriod(Duration.ofHours(1)));
                limiter.acquire();
                yield limiter;
            }
            case RETRY, TIME_LIMITER -> null;
        };
    }

    @Override
    public Call stateChanges() {
        CircuitBreaker breaker = CircuitBreaker.of("breaker", breakerConfig(Window.parse("100 calls")));
        return () -> {
            breaker.transitionToOpenState();
            breaker.transitionToClosedState();
            return breaker;
        };
    }

    @Override
    public @Nullable Protection threadPool(ThreadKind threads) {
        VirtualThreads virtual = threads == ThreadKind.VIRTUAL ? VirtualThreads.open() : null;
        if (threads == ThreadKind.VIRTUAL && virtual == null) {
            return null;
        }
        ThreadPoolBulkhead bulkhead = ThreadPoolBulkhead.of(
                "pool", c -> virtual == null ? c.maxThreads(2) : c.maxThreads(2).executor(virtual.executor()));
        return new Protection() {
            @Override
            public Call around(Body body) {
                CheckedSupplier<Object, RuntimeException> own = body::get;
                return () -> bulkhead.submit(own).join();
            }

            @Override
            public void close() {
                bulkhead.close();
                if (virtual != null) {
                    virtual.close();
                }
            }
        };
    }

    @Override
    public Supplier<Object> instances(PolicyKind kind) {
        Names names = new Names();
        return switch (kind) {
            case RETRY -> {
                RetryConfig config = RetryConfig.defaults();
                yield () -> Retry.of(names.next(), config);
            }
            case BREAKER -> {
                CircuitBreakerConfig config = CircuitBreakerConfig.defaults();
                yield () -> CircuitBreaker.of(names.next(), config);
            }
            case RATE_LIMITER -> {
                RateLimiterConfig config = RateLimiterConfig.builder()
                        .limitForPeriod(100)
                        .limitRefreshPeriod(Duration.ofSeconds(1))
                        .build();
                yield () -> RateLimiter.of(names.next(), config);
            }
            case BULKHEAD -> {
                BulkheadConfig config = BulkheadConfig.defaults();
                yield () -> Bulkhead.of(names.next(), config);
            }
            case TIME_LIMITER -> {
                TimeLimiterConfig config = TimeLimiterConfig.defaults();
                yield () -> TimeLimiter.of(names.next(), config);
            }
        };
    }

    @Override
    public Object keyedBreakers(int keys) {
        CircuitBreakerConfig config = CircuitBreakerConfig.defaults();
        KeyedRegistry<CircuitBreaker> registry = KeyedRegistry.<CircuitBreaker>builder(
                        "hosts", name -> CircuitBreaker.of(name, config))
                .maxInstances(keys)
                .build();
        for (int key = 0; key < keys; key++) {
            registry.get("host-" + key);
        }
        return registry;
    }
}
