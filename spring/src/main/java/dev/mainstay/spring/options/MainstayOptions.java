package dev.mainstay.spring.options;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that is configured. A key stands in three places, and the later counts more: {@code defaults}, the {@code
 * configs} that a pipeline names as its base, the pipeline's own section.
 *
 * @param enabled whether guards are in force
 * @param defaults for all pipelines and policies
 * @param configs shared by pipelines that name them
 * @param pipelines by name
 * @param timeLimiters used alone, by name
 * @param retries used alone, by name
 * @param circuitBreakers used alone, by name
 * @param rateLimiters used alone, by name
 * @param bulkheads used alone, by name
 * @param threadPools used alone, by name
 * @param retryBudgets shared by retries, by name
 */
public record MainstayOptions(
        @Nullable Boolean enabled,
        @Nullable PipelineOptions defaults,
        Map<String, PipelineOptions> configs,
        Map<String, PipelineOptions> pipelines,
        Map<String, TimeLimiterOptions> timeLimiters,
        Map<String, RetryOptions> retries,
        Map<String, CircuitBreakerOptions> circuitBreakers,
        Map<String, RateLimiterOptions> rateLimiters,
        Map<String, BulkheadOptions> bulkheads,
        Map<String, ThreadPoolOptions> threadPools,
        Map<String, BudgetOptions> retryBudgets) {

    /** A map that is null is empty. */
    public MainstayOptions {
        configs = copy(configs);
        pipelines = copy(pipelines);
        timeLimiters = copy(timeLimiters);
        retries = copy(retries);
        circuitBreakers = copy(circuitBreakers);
        rateLimiters = copy(rateLimiters);
        bulkheads = copy(bulkheads);
        threadPools = copy(threadPools);
        retryBudgets = copy(retryBudgets);
    }

    /**
     * From text, as {@link OptionText#parse} reads it: {@code pipelines.inventory.retry.max-attempts} to {@code 5}.
     *
     * @throws InvalidOptionException if a key does not exist, or its value is not of its type
     */
    public static MainstayOptions of(Map<String, String> values) {
        return OptionText.parse(MainstayOptions.class, values);
    }

    private static <V> Map<String, V> copy(@Nullable Map<String, V> map) {
        return map == null ? Map.of() : Map.copyOf(map);
    }
}
