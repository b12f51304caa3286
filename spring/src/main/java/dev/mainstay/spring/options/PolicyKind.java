package dev.mainstay.spring.options;

import dev.mainstay.ContextCarrier;
import dev.mainstay.Policy;
import dev.mainstay.Reconfigurable;
import dev.mainstay.TimeLimiter;
import dev.mainstay.TimeLimiterConfig;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreakerConfig;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.BulkheadConfig;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkheadConfig;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.ratelimit.RateLimiterConfig;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryConfig;
import dev.mainstay.time.TimeSource;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A kind of policy: how its options become a policy.
 *
 * @param words what messages call it
 * @param type the class of the policy
 * @param section the key of its options in a pipeline
 * @param alone the key of those that are configured alone
 * @param optionsType the class of its options
 * @param named those that are configured alone
 * @param builderType the class of its builder
 * @param builder makes a builder
 * @param clock tells the builder the time source
 * @param carrier tells the builder what is carried along, if it has that
 * @param apply tells the builder the options
 * @param build ends the builder
 * @param make makes a policy
 * @param <O> its options
 * @param <B> its builder
 * @param <C> its config
 * @param <P> the policy
 */
record PolicyKind<O extends Record & PolicyOptions, B, C, P extends Policy & Reconfigurable<C>>(
        String words,
        Class<P> type,
        String section,
        String alone,
        Class<O> optionsType,
        Function<MainstayOptions, Map<String, O>> named,
        Class<B> builderType,
        Supplier<B> builder,
        BiConsumer<B, TimeSource> clock,
        @Nullable BiConsumer<B, ContextCarrier> carrier,
        Applying<O, B> apply,
        Function<B, C> build,
        BiFunction<String, C, P> make) {

    static final PolicyKind<TimeLimiterOptions, TimeLimiterConfig.Builder, TimeLimiterConfig, TimeLimiter>
            TIME_LIMITER = new PolicyKind<>(
                    "time limiter",
                    TimeLimiter.class,
                    "time-limiter",
                    "time-limiters",
                    TimeLimiterOptions.class,
                    MainstayOptions::timeLimiters,
                    TimeLimiterConfig.Builder.class,
                    TimeLimiterConfig::builder,
                    TimeLimiterConfig.Builder::timeSource,
                    TimeLimiterConfig.Builder::contextCarrier,
                    TimeLimiterOptions::applyTo,
                    TimeLimiterConfig.Builder::build,
                    TimeLimiter::of);

    static final PolicyKind<RetryOptions, RetryConfig.Builder, RetryConfig, Retry> RETRY = new PolicyKind<>(
            "retry",
            Retry.class,
            "retry",
            "retries",
            RetryOptions.class,
            MainstayOptions::retries,
            RetryConfig.Builder.class,
            RetryConfig::builder,
            RetryConfig.Builder::timeSource,
            null,
            RetryOptions::applyTo,
            RetryConfig.Builder::build,
            Retry::of);

    static final PolicyKind<CircuitBreakerOptions, CircuitBreakerConfig.Builder, CircuitBreakerConfig, CircuitBreaker>
            CIRCUIT_BREAKER = new PolicyKind<>(
                    "circuit breaker",
                    CircuitBreaker.class,
                    "circuit-breaker",
                    "circuit-breakers",
                    CircuitBreakerOptions.class,
                    MainstayOptions::circuitBreakers,
                    CircuitBreakerConfig.Builder.class,
                    CircuitBreakerConfig::builder,
                    CircuitBreakerConfig.Builder::timeSource,
                    null,
                    CircuitBreakerOptions::applyTo,
                    CircuitBreakerConfig.Builder::build,
                    CircuitBreaker::of);

    static final PolicyKind<RateLimiterOptions, RateLimiterConfig.Builder, RateLimiterConfig, RateLimiter>
            RATE_LIMITER = new PolicyKind<>(
                    "rate limiter",
                    RateLimiter.class,
                    "rate-limiter",
                    "rate-limiters",
                    RateLimiterOptions.class,
                    MainstayOptions::rateLimiters,
                    RateLimiterConfig.Builder.class,
                    RateLimiterConfig::builder,
                    RateLimiterConfig.Builder::timeSource,
                    null,
                    RateLimiterOptions::applyTo,
                    RateLimiterConfig.Builder::build,
                    RateLimiter::of);

    static final PolicyKind<BulkheadOptions, BulkheadConfig.Builder, BulkheadConfig, Bulkhead> BULKHEAD =
            new PolicyKind<>(
                    "bulkhead",
                    Bulkhead.class,
                    "bulkhead",
                    "bulkheads",
                    BulkheadOptions.class,
                    MainstayOptions::bulkheads,
                    BulkheadConfig.Builder.class,
                    BulkheadConfig::builder,
                    BulkheadConfig.Builder::timeSource,
                    null,
                    BulkheadOptions::applyTo,
                    BulkheadConfig.Builder::build,
                    Bulkhead::of);

    static final PolicyKind<
                    ThreadPoolOptions, ThreadPoolBulkheadConfig.Builder, ThreadPoolBulkheadConfig, ThreadPoolBulkhead>
            THREAD_POOL = new PolicyKind<>(
                    "thread pool bulkhead",
                    ThreadPoolBulkhead.class,
                    "thread-pool",
                    "thread-pools",
                    ThreadPoolOptions.class,
                    MainstayOptions::threadPools,
                    ThreadPoolBulkheadConfig.Builder.class,
                    ThreadPoolBulkheadConfig::builder,
                    ThreadPoolBulkheadConfig.Builder::timeSource,
                    ThreadPoolBulkheadConfig.Builder::contextCarrier,
                    ThreadPoolOptions::applyTo,
                    ThreadPoolBulkheadConfig.Builder::build,
                    ThreadPoolBulkhead::of);

    /**
     * All there are. A change is made to thread pools first: they are those that can say no, to another executor, and
     * nothing else has been changed then.
     */
    static final List<PolicyKind<?, ?, ?, ?>> ALL =
            List.of(THREAD_POOL, TIME_LIMITER, RETRY, CIRCUIT_BREAKER, RATE_LIMITER, BULKHEAD);

    /** How options reach the builder. */
    interface Applying<O, B> {
        void apply(O options, B builder, NamedBeans beans);
    }

    /** A policy as messages name it. */
    String subject(String name) {
        return words + " '" + name + "'";
    }
}
