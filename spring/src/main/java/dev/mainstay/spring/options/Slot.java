package dev.mainstay.spring.options;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A place in a pipeline for one policy.
 *
 * @param section the key of its options
 * @param kind what stands there
 * @param suffix what the policy's name has after that of the pipeline
 * @param options its options in a pipeline's
 */
record Slot<O extends Record & PolicyOptions>(
        String section, PolicyKind<O, ?, ?, ?> kind, String suffix, Function<PipelineOptions, @Nullable O> options) {

    /** The order of policies in a pipeline that does not say another, the outermost first. */
    static final List<Slot<?>> DEFAULT_ORDER = List.of(
            new Slot<>("time-limiter", PolicyKind.TIME_LIMITER, "", PipelineOptions::timeLimiter),
            new Slot<>("retry", PolicyKind.RETRY, "", PipelineOptions::retry),
            new Slot<>("circuit-breaker", PolicyKind.CIRCUIT_BREAKER, "", PipelineOptions::circuitBreaker),
            new Slot<>("rate-limiter", PolicyKind.RATE_LIMITER, "", PipelineOptions::rateLimiter),
            new Slot<>("bulkhead", PolicyKind.BULKHEAD, "", PipelineOptions::bulkhead),
            new Slot<>("thread-pool", PolicyKind.THREAD_POOL, "", PipelineOptions::threadPool),
            new Slot<>(
                    "attempt-time-limiter", PolicyKind.TIME_LIMITER, "-attempt", PipelineOptions::attemptTimeLimiter));

    /** Whether the pipeline has it, if its order does not say: an empty section is enough. */
    boolean isIn(PipelineOptions pipeline) {
        O own = options.apply(pipeline);
        return own != null && !Boolean.FALSE.equals(own.enabled());
    }

    boolean isOff(PipelineOptions pipeline) {
        O own = options.apply(pipeline);
        return own != null && Boolean.FALSE.equals(own.enabled());
    }

    /** The policy that stands there. */
    Planned<O> planned(String pipeline, PipelineOptions options, @Nullable PipelineOptions defaults) {
        return new Planned<>(
                kind,
                pipeline + suffix,
                "pipelines." + Blueprint.key(pipeline) + "." + section,
                defaults == null ? null : this.options.apply(defaults),
                this.options.apply(options));
    }
}
