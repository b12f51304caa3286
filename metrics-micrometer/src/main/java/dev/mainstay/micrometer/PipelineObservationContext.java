package dev.mainstay.micrometer;

import dev.mainstay.Verdict;
import io.micrometer.observation.Observation;
import org.jspecify.annotations.Nullable;

/**
 * What conventions, filters and handlers may know about an observed call. Written by the thread that ends the call,
 * before the observation is stopped.
 */
public final class PipelineObservationContext extends Observation.Context {

    private final String pipeline;
    private @Nullable Verdict verdict;

    PipelineObservationContext(String pipeline) {
        this.pipeline = pipeline;
    }

    /** The name of the pipeline, or of the policy if it is one alone. */
    public String pipeline() {
        return pipeline;
    }

    /** What became of the call; null as long as it is in progress. */
    public @Nullable Verdict verdict() {
        return verdict;
    }

    void verdict(Verdict verdict) {
        this.verdict = verdict;
    }
}
