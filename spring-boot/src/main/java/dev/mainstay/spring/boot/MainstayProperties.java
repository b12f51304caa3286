package dev.mainstay.spring.boot;

import dev.mainstay.spring.options.BudgetOptions;
import dev.mainstay.spring.options.BulkheadOptions;
import dev.mainstay.spring.options.CircuitBreakerOptions;
import dev.mainstay.spring.options.MainstayOptions;
import dev.mainstay.spring.options.PipelineOptions;
import dev.mainstay.spring.options.RateLimiterOptions;
import dev.mainstay.spring.options.RetryOptions;
import dev.mainstay.spring.options.ThreadPoolOptions;
import dev.mainstay.spring.options.TimeLimiterOptions;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * All keys below {@code mainstay}. What is not among them stops the start.
 *
 * @param enabled Whether guards are in force; true by default. False lets every call through as it is.
 * @param contextPropagation Whether the MDC, and what Micrometer's context propagation knows, goes along when a call
 *     goes on on another thread; true by default.
 * @param annotations What becomes of annotated methods.
 * @param metrics Meters of all pipelines and policies.
 * @param defaults Options of all pipelines and policies, below what anything else says.
 * @param configs Options that pipelines share by naming them as their base.
 * @param pipelines Pipelines by name.
 * @param timeLimiters Time limiters that are used alone, by name.
 * @param retries Retries that are used alone, by name.
 * @param circuitBreakers Circuit breakers that are used alone, by name.
 * @param rateLimiters Rate limiters that are used alone, by name.
 * @param bulkheads Bulkheads that are used alone, by name.
 * @param threadPools Thread pools that are used alone, by name.
 * @param retryBudgets Budgets that several retries share, by name.
 */
@ConfigurationProperties(prefix = "mainstay", ignoreUnknownFields = false)
public record MainstayProperties(
        @Nullable Boolean enabled,
        @Nullable Boolean contextPropagation,
        @Nullable Annotations annotations,
        @Nullable Metrics metrics,
        @Nullable PipelineOptions defaults,
        @Nullable Map<String, PipelineOptions> configs,
        @Nullable Map<String, PipelineOptions> pipelines,
        @Nullable Map<String, TimeLimiterOptions> timeLimiters,
        @Nullable Map<String, RetryOptions> retries,
        @Nullable Map<String, CircuitBreakerOptions> circuitBreakers,
        @Nullable Map<String, RateLimiterOptions> rateLimiters,
        @Nullable Map<String, BulkheadOptions> bulkheads,
        @Nullable Map<String, ThreadPoolOptions> threadPools,
        @Nullable Map<String, BudgetOptions> retryBudgets) {

    /**
     * Annotated methods.
     *
     * @param unadvised What becomes of an annotation that has no effect, since no proxy sees the calls: warn (the
     *     default), fail or off.
     * @param selfCalls What becomes of calls that a bean makes to an annotated method of its own: warn, fail or off
     *     (the default).
     * @param order Where the advice stands among others: those with a smaller number are outside of it. By default it
     *     is outside of transactions.
     */
    public record Annotations(
            @Nullable Finding unadvised,
            @Nullable Finding selfCalls,
            @Nullable Integer order) {}

    /** What becomes of something that is found at the start. */
    public enum Finding {
        /** It is logged. */
        WARN,
        /** The application does not start. */
        FAIL,
        /** Nobody looks for it. */
        OFF
    }

    /**
     * Meters.
     *
     * @param enabled Whether meters are bound to the meter registry, if there is one; true by default.
     * @param tags Tags that every meter gets besides its own, such as those that tell two contexts on one registry
     *     apart.
     * @param percentiles Percentiles that timers compute in this process, such as 0.5 and 0.99; none by default.
     * @param histogram Whether timers publish a histogram; false by default.
     */
    public record Metrics(
            @Nullable Boolean enabled,
            @Nullable Map<String, String> tags,
            @Nullable List<Double> percentiles,
            @Nullable Boolean histogram) {}

    /** What pipelines and policies are made of. */
    @SuppressWarnings("NullAway") // a map that is null is an empty one there
    public MainstayOptions options() {
        return new MainstayOptions(
                enabled,
                defaults,
                configs,
                pipelines,
                timeLimiters,
                retries,
                circuitBreakers,
                rateLimiters,
                bulkheads,
                threadPools,
                retryBudgets);
    }
}
