package dev.mainstay.spring;

import dev.mainstay.Policy;
import dev.mainstay.PolicyEvent;
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
import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryConfig;
import dev.mainstay.time.TimeSource;
import java.lang.annotation.Annotation;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A kind of policy that an annotation of its own puts around a method.
 *
 * @param label what messages call it
 * @param type the policy
 * @param annotation the annotation
 * @param builder what collects its options
 * @param withOptions makes a policy from the defaults and what a function says
 * @param withConfig makes a policy from options
 */
record PolicyKind<P extends Policy & Reconfigurable<C>, C, B>(
        String label,
        Class<P> type,
        Class<? extends Annotation> annotation,
        Class<B> builder,
        BiFunction<String, UnaryOperator<B>, P> withOptions,
        BiFunction<String, C, P> withConfig) {

    private static final PolicyKind<?, ?, ?> RETRY = new PolicyKind<>(
            "retry",
            Retry.class,
            dev.mainstay.spring.annotation.Retry.class,
            RetryConfig.Builder.class,
            Retry::of,
            (String name, RetryConfig config) -> Retry.of(name, config));

    private static final PolicyKind<?, ?, ?> CIRCUIT_BREAKER = new PolicyKind<>(
            "circuit breaker",
            CircuitBreaker.class,
            dev.mainstay.spring.annotation.CircuitBreaker.class,
            CircuitBreakerConfig.Builder.class,
            CircuitBreaker::of,
            (String name, CircuitBreakerConfig config) -> CircuitBreaker.of(name, config));

    private static final PolicyKind<?, ?, ?> RATE_LIMITER = new PolicyKind<>(
            "rate limiter",
            RateLimiter.class,
            dev.mainstay.spring.annotation.RateLimiter.class,
            RateLimiterConfig.Builder.class,
            RateLimiter::of,
            (String name, RateLimiterConfig config) -> RateLimiter.of(name, config));

    private static final PolicyKind<?, ?, ?> BULKHEAD = new PolicyKind<>(
            "bulkhead",
            Bulkhead.class,
            dev.mainstay.spring.annotation.Bulkhead.class,
            BulkheadConfig.Builder.class,
            Bulkhead::of,
            (String name, BulkheadConfig config) -> Bulkhead.of(name, config));

    private static final PolicyKind<?, ?, ?> TIME_LIMITER = new PolicyKind<>(
            "time limiter",
            TimeLimiter.class,
            dev.mainstay.spring.annotation.TimeLimiter.class,
            TimeLimiterConfig.Builder.class,
            TimeLimiter::of,
            (String name, TimeLimiterConfig config) -> TimeLimiter.of(name, config));

    private static final PolicyKind<?, ?, ?> THREAD_POOL_BULKHEAD = new PolicyKind<>(
            "thread pool bulkhead",
            ThreadPoolBulkhead.class,
            dev.mainstay.spring.annotation.ThreadPoolBulkhead.class,
            ThreadPoolBulkheadConfig.Builder.class,
            ThreadPoolBulkhead::of,
            (String name, ThreadPoolBulkheadConfig config) -> ThreadPoolBulkhead.of(name, config));

    /** All kinds, in the order in which they stand around a method, the outermost first. */
    static final List<PolicyKind<?, ?, ?>> OUTERMOST_FIRST =
            List.of(RETRY, CIRCUIT_BREAKER, RATE_LIMITER, BULKHEAD, TIME_LIMITER, THREAD_POOL_BULKHEAD);

    /** The kind of a class of policies; null if no annotation is for it. */
    static <P extends Policy> @Nullable PolicyKind<?, ?, ?> of(Class<P> type) {
        return OUTERMOST_FIRST.stream()
                .filter(kind -> kind.type == type)
                .findFirst()
                .orElse(null);
    }

    /**
     * A policy of this name, from the defaults and the inline values.
     *
     * @param time its clock; null for the system's
     */
    P make(String name, Map<String, String> inline, @Nullable TimeSource time, ClassLoader loader) {
        return withOptions.apply(name, options -> {
            InlineOptions values = new InlineOptions(builder, loader);
            values.set(options, inline);
            if (time != null) {
                values.timeSource(options, time);
            }
            return options;
        });
    }

    /** The policy of the catalog, or, for calls with a key, one like it for each key. */
    Policy find(PolicyCatalog catalog, String name, Map<String, String> inline, boolean keyed) {
        P policy = catalog.policy(type, name, inline);
        return keyed ? perKey(name, policy) : policy;
    }

    /** Options that are changed later hold for every key. */
    private KeyedRegistry<P> perKey(String name, P model) {
        KeyedRegistry<P> keyed = KeyedRegistry.of(name, instance -> withConfig.apply(instance, model.config()));
        model.subscribe(PolicyEvent.Reconfigured.class, changed -> {
            C config = model.config();
            keyed.apply(instance -> instance.reconfigure(config));
        });
        return keyed;
    }
}
