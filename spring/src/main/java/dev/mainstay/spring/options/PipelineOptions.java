package dev.mainstay.spring.options;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One pipeline: its policies by their options, their order, and what it wants besides. Also a base that pipelines
 * share, and the defaults of all.
 *
 * @param base shared configs that it is laid over
 * @param order its policies, the outermost first
 * @param timed whether it has a timer
 * @param contextCarrier what calls carry along
 * @param executor where asynchronous calls go on
 * @param fallback what is given instead of a failure
 * @param timeLimiter a time limit for the whole call
 * @param retry a retry
 * @param circuitBreaker a circuit breaker
 * @param rateLimiter a rate limiter
 * @param bulkhead a bulkhead
 * @param threadPool a bulkhead with threads of its own
 * @param attemptTimeLimiter a time limit for each attempt
 */
public record PipelineOptions(
        @Option("The names of shared configs that it is laid over, the one that counts most last.") @Nullable
        List<String> base,

        @Option("Its policies, the outermost first, all of them: names of sections, kind:name for a policy that is"
                + " configured alone, or policy:bean. By default the order of the sections here.")
        @Nullable
        List<String> order,

        @Option("Whether it offers the timer pipeline.calls; false by default.") @Nullable
        Boolean timed,

        @Option("The ContextCarrier bean for what goes along to other threads; that of the application by default.")
        @Nullable
        String contextCarrier,

        @Option("The Executor bean on which asynchronous calls go on after a wait; a pool of ours by default.")
        @Nullable
        String executor,

        @Option("The Fallback bean that says what to give instead of a failure; none by default.") @Nullable
        String fallback,

        @Option("A time limit for the whole call, retries and their waits included.") @Nullable
        TimeLimiterOptions timeLimiter,

        @Option("Repeats calls that failed.") @Nullable RetryOptions retry,

        @Option("Stops calling what keeps failing.") @Nullable
        CircuitBreakerOptions circuitBreaker,

        @Option("Bounds how many calls are begun in a period.") @Nullable
        RateLimiterOptions rateLimiter,

        @Option("Bounds how many calls are in progress at a time.") @Nullable
        BulkheadOptions bulkhead,

        @Option("Runs calls on threads of its own, and bounds them.") @Nullable
        ThreadPoolOptions threadPool,

        @Option("A time limit for each attempt.") @Nullable TimeLimiterOptions attemptTimeLimiter) {

    /** Nothing said. */
    public static PipelineOptions none() {
        return OptionText.parse(PipelineOptions.class, Map.of());
    }
}
