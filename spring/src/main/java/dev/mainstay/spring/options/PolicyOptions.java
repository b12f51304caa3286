package dev.mainstay.spring.options;

import org.jspecify.annotations.Nullable;

/** The options of one policy. All are optional: null means that nothing is said, and the policy's default holds. */
public sealed interface PolicyOptions
        permits BulkheadOptions,
                CircuitBreakerOptions,
                RateLimiterOptions,
                RetryOptions,
                ThreadPoolOptions,
                TimeLimiterOptions {

    /** Whether the pipeline has this policy; null if nothing is said, and then it does if its section is there. */
    @Nullable
    Boolean enabled();

    /** The bean that is its clock, by name; null for that of the catalog. */
    @Nullable
    String timeSource();

    /** An instance for each key instead of one for all calls; null for one. */
    default @Nullable KeyedOptions keyed() {
        return null;
    }
}
