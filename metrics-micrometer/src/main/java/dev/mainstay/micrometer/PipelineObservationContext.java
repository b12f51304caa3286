package dev.mainstay.micrometer;

import dev.mainstay.outcome.Verdict;
import io.micrometer.core.instrument.Timer;
import io.micrometer.observation.Observation;
import org.jspecify.annotations.Nullable;

/**
 * What conventions, filters and handlers may know about an observed call. Written by the thread that ends the call,
 * before the observation is stopped.
 */
public final class PipelineObservationContext extends Observation.Context {

    /** What the calls are called in meters: as those of the pipeline's own timer. */
    static final String METER = "mainstay.pipeline.calls";

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

    /** Whether a handler makes the timer of this name of the observation, which it has begun by now. */
    boolean isMeter() {
        return METER.equals(getName()) && containsKey(Timer.Sample.class);
    }

    void verdict(Verdict verdict) {
        this.verdict = verdict;
    }
}
