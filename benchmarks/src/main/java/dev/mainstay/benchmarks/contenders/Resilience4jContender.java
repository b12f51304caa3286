package dev.mainstay.benchmarks.contenders;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.bulkhead.ThreadPoolBulkhead;
import io.github.resilience4j.bulkhead.ThreadPoolBulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.decorators.Decorators;
import io.github.resilience4j.decorators.Decorators.DecorateCompletionStage;
import io.github.resilience4j.decorators.Decorators.DecorateSupplier;
import io.github.resilience4j.micrometer.tagged.TaggedBulkheadMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedRateLimiterMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedRetryMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedTimeLimiterMetrics;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import io.github.resilience4j.timelimiter.TimeLimiterRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Resilience4j: a supplier decorated once with {@code Decorators}, its metrics bound to Micrometer where they are asked
 * for.
 */
final class Resilience4jContender implements Contender {

    @Override
    public String name() {
        return "resilience4j";
    }

    /** A synchronous call cannot be limited in time on the caller's thread. */
    @Override
    public @Nullable Protection policies(Composition composition) {
        if (composition.kinds().contains(PolicyKind.TIME_LIMITER)) {
            return null;
        }
        Policies policies = new Policies(composition);
        return body -> {
            Supplier<Object> decorated = policies.around(body);
            return decorated::get;
        };
    }

    @Override
    public AsyncProtection asyncPolicies(Composition composition) {
        Policies policies = new Policies(composition);
        ScheduledThreadPoolExecutor scheduler = Schedulers.open();
        return new AsyncProtection() {
            @Override
            public AsyncCall around(Supplier<CompletionStage<Object>> body) {
                Supplier<CompletionStage<Object>> decorated = policies.around(body, scheduler);
                return decorated::get;
            }

            @Override
            public void close() {
                scheduler.shutdownNow();
            }
        };
    }

    @Override
    public @Nullable Protection rejecting(PolicyKind kind, RejectionForm form) {
        return switch (kind) {
            case BREAKER -> {
                CircuitBreaker breaker =
                        CircuitBreaker.of("breaker", breakerConfig(Window.parse("100 calls"), traces(form)));
                breaker.transitionToOpenState();
                yield rejecting(
                        form, breaker::tryAcquirePermission, body -> CircuitBreaker.decorateSupplier(breaker, body));
            }
            case BULKHEAD -> {
                Bulkhead bulkhead = Bulkhead.of(
                        "bulkhead",
                        BulkheadConfig.custom()
                                .maxConcurrentCalls(1)
                                .writableStackTraceEnabled(traces(form))
                                .build());
                bulkhead.acquirePermission();
                yield rejecting(
                        form, bulkhead::tryAcquirePermission, body -> Bulkhead.decorateSupplier(bulkhead, body));
            }
            case RATE_LIMITER -> {
                RateLimiter limiter = RateLimiter.of(
                        "limiter",
                        RateLimiterConfig.custom()
                                .limitForPeriod(1)
                                .limitRefreshPeriod(Duration.ofHours(1))
                                .timeoutDuration(Duration.ZERO)
                                .writableStackTraceEnabled(traces(form))
                                .build());
                limiter.acquirePermission();
                yield rejecting(form, limiter::acquirePermission, body -> RateLimiter.decorateSupplier(limiter, body));
            }
            case RETRY, TIME_LIMITER -> null;
        };
    }

    private static boolean traces(RejectionForm form) {
        return form != RejectionForm.THROWN_WITHOUT_TRACE;
    }

    private interface Decoration {
        Supplier<Object> of(Supplier<Object> body);
    }

    private static Protection rejecting(RejectionForm form, BooleanSupplier permission, Decoration decoration) {
        if (form == RejectionForm.VALUE) {
            return body -> () -> permission.getAsBoolean() ? body.get() : Call.REJECTED;
        }
        return body -> {
            Supplier<Object> decorated = decoration.of(body);
            return decorated::get;
        };
    }

    @Override
    public Call stateChanges() {
        CircuitBreaker breaker = CircuitBreaker.of("breaker", breakerConfig(Window.parse("100 calls"), true));
        return () -> {
            breaker.transitionToOpenState();
            breaker.transitionToClosedState();
            return breaker;
        };
    }

    @Override
    public @Nullable Protection threadPool(ThreadKind threads) {
        if (threads == ThreadKind.VIRTUAL) {
            return null;
        }
        ThreadPoolBulkhead bulkhead = ThreadPoolBulkhead.of(
                "pool",
                ThreadPoolBulkheadConfig.custom()
                        .coreThreadPoolSize(2)
                        .maxThreadPoolSize(2)
                        .queueCapacity(100)
                        .build());
        return new Protection() {
            @Override
            public Call around(Body body) {
                Supplier<CompletionStage<Object>> decorated = bulkhead.decorateSupplier(body);
                return () -> decorated.get().toCompletableFuture().join();
            }

            @Override
            public void close() {
                try {
                    bulkhead.close();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }
        };
    }

    @Override
    public Supplier<Object> instances(PolicyKind kind) {
        Names names = new Names();
        return switch (kind) {
            case RETRY -> {
                RetryConfig config = RetryConfig.ofDefaults();
                yield () -> Retry.of(names.next(), config);
            }
            case BREAKER -> {
                CircuitBreakerConfig config = CircuitBreakerConfig.ofDefaults();
                yield () -> CircuitBreaker.of(names.next(), config);
            }
            case RATE_LIMITER -> {
                RateLimiterConfig config = RateLimiterConfig.ofDefaults();
                yield () -> RateLimiter.of(names.next(), config);
            }
            case BULKHEAD -> {
                BulkheadConfig config = BulkheadConfig.ofDefaults();
                yield () -> Bulkhead.of(names.next(), config);
            }
            case TIME_LIMITER -> {
                TimeLimiterConfig config = TimeLimiterConfig.ofDefaults();
                yield () -> TimeLimiter.of(names.next(), config);
            }
        };
    }

    @Override
    public Object keyedBreakers(int keys) {
        CircuitBreakerRegistry registry = CircuitBreakerRegistry.ofDefaults();
        for (int key = 0; key < keys; key++) {
            registry.circuitBreaker("host-" + key);
        }
        return registry;
    }

    private static CircuitBreakerConfig breakerConfig(Window window, boolean traces) {
        Duration time = window.time();
        CircuitBreakerConfig.Builder options = CircuitBreakerConfig.custom()
                .failureRateThreshold(80)
                .waitDurationInOpenState(Duration.ofHours(1))
                .writableStackTraceEnabled(traces);
        if (time == null) {
            return options.slidingWindow(window.calls(), Math.min(20, window.calls()), SlidingWindowType.COUNT_BASED)
                    .build();
        }
        return options.slidingWindow((int) time.toSeconds(), 20, SlidingWindowType.TIME_BASED)
                .build();
    }

    /** One of each kind, of which a composition uses some. */
    private static final class Policies {

        private final Composition composition;
        private final CircuitBreakerRegistry breakers = CircuitBreakerRegistry.ofDefaults();
        private final RetryRegistry retries = RetryRegistry.ofDefaults();
        private final RateLimiterRegistry limiters = RateLimiterRegistry.ofDefaults();
        private final BulkheadRegistry bulkheads = BulkheadRegistry.ofDefaults();
        private final TimeLimiterRegistry timeLimiters = TimeLimiterRegistry.ofDefaults();

        Policies(Composition composition) {
            this.composition = composition;
            if (composition.measured()) {
                MeterRegistry meters = new SimpleMeterRegistry();
                TaggedCircuitBreakerMetrics.ofCircuitBreakerRegistry(breakers).bindTo(meters);
                TaggedRetryMetrics.ofRetryRegistry(retries).bindTo(meters);
                TaggedRateLimiterMetrics.ofRateLimiterRegistry(limiters).bindTo(meters);
                TaggedBulkheadMetrics.ofBulkheadRegistry(bulkheads).bindTo(meters);
                TaggedTimeLimiterMetrics.ofTimeLimiterRegistry(timeLimiters).bindTo(meters);
            }
        }

        Supplier<Object> around(Body body) {
            DecorateSupplier<Object> decorated = Decorators.ofSupplier(body);
            for (int i = composition.kinds().size() - 1; i >= 0; i--) {
                decorated = switch (composition.kinds().get(i)) {
                    case RETRY -> decorated.withRetry(retry());
                    case BREAKER -> decorated.withCircuitBreaker(breaker());
                    case RATE_LIMITER -> decorated.withRateLimiter(limiter());
                    case BULKHEAD -> decorated.withBulkhead(bulkhead());
                    case TIME_LIMITER -> throw new IllegalStateException("no time limit for synchronous calls");
                };
            }
            return decorated.decorate();
        }

        Supplier<CompletionStage<Object>> around(
                Supplier<CompletionStage<Object>> body, ScheduledThreadPoolExecutor scheduler) {
            DecorateCompletionStage<Object> decorated = Decorators.ofCompletionStage(body);
            for (int i = composition.kinds().size() - 1; i >= 0; i--) {
                decorated = switch (composition.kinds().get(i)) {
                    case RETRY -> decorated.withRetry(retry(), scheduler);
                    case BREAKER -> decorated.withCircuitBreaker(breaker());
                    case RATE_LIMITER -> decorated.withRateLimiter(limiter());
                    case BULKHEAD -> decorated.withBulkhead(bulkhead());
                    case TIME_LIMITER -> decorated.withTimeLimiter(timeLimiter(), scheduler);
                };
            }
            return decorated.decorate();
        }

        private CircuitBreaker breaker() {
            return breakers.circuitBreaker("breaker", breakerConfig(composition.window(), true));
        }

        private Retry retry() {
            return retries.retry(
                    "retry",
                    RetryConfig.custom()
                            .maxAttempts(3)
                            .waitDuration(Duration.ZERO)
                            .build());
        }

        private RateLimiter limiter() {
            return limiters.rateLimiter(
                    "limiter",
                    RateLimiterConfig.custom()
                            .limitForPeriod(1_000_000)
                            .limitRefreshPeriod(Duration.ofMillis(1))
                            .timeoutDuration(Duration.ZERO)
                            .build());
        }

        private Bulkhead bulkhead() {
            return bulkheads.bulkhead(
                    "bulkhead", BulkheadConfig.custom().maxConcurrentCalls(25).build());
        }

        private TimeLimiter timeLimiter() {
            return timeLimiters.timeLimiter(
                    "time limiter",
                    TimeLimiterConfig.custom()
                            .timeoutDuration(Duration.ofSeconds(1))
                            .build());
        }
    }
}
