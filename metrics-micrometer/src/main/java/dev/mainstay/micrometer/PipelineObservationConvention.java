package dev.mainstay.micrometer;

import dev.mainstay.micrometer.PipelineObservation.KeyNames;
import dev.mainstay.outcome.Verdict;
import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;
import io.micrometer.observation.GlobalObservationConvention;
import io.micrometer.observation.Observation;
import java.util.Locale;

/**
 * How the observation of a call is named, and which keys it has. Override what shall be otherwise, and hand it to
 * {@link Observed#of(dev.mainstay.Policy, io.micrometer.observation.ObservationRegistry,
 * PipelineObservationConvention)}, or register it with the observation registry for all of them.
 *
 * <p>Asked when the observation starts and again when it stops; the keys must be the same both times, or registries
 * such as Prometheus' reject the meters that are made of them. Implementations are safe for use by many threads. One
 * that throws costs no call, only its observation.
 */
public interface PipelineObservationConvention extends GlobalObservationConvention<PipelineObservationContext> {

    /** The convention of the documentation: what this interface does by itself. */
    static PipelineObservationConvention standard() {
        return new PipelineObservationConvention() {};
    }

    @Override
    default boolean supportsContext(Observation.Context context) {
        return context instanceof PipelineObservationContext;
    }

    /**
     * {@code mainstay.pipeline.calls}, for all of them: the name of the timer that pipelines have with {@code
     * timed(true)}, since it is the same that is measured. An observation of this name that becomes a timer takes that
     * one's place for its call.
     */
    @Override
    default String getName() {
        return PipelineObservationContext.METER;
    }

    /** What the span is called: the pipeline's name. */
    @Override
    default String getContextualName(PipelineObservationContext context) {
        return context.pipeline();
    }

    /** The {@link KeyNames}; {@code none} for what is not known yet. */
    @Override
    default KeyValues getLowCardinalityKeyValues(PipelineObservationContext context) {
        return KeyValues.of(
                KeyNames.NAME.withValue(context.pipeline()),
                KeyNames.OUTCOME.withValue(outcome(context)),
                KeyNames.EXCEPTION.withValue(exception(context)));
    }

    private static String outcome(PipelineObservationContext context) {
        Verdict verdict = context.verdict();
        return verdict == null ? KeyValue.NONE_VALUE : verdict.name().toLowerCase(Locale.ROOT);
    }

    private static String exception(PipelineObservationContext context) {
        Throwable failure = context.getError();
        if (failure == null) {
            return KeyValue.NONE_VALUE;
        }
        Class<?> type = failure.getClass();
        return type.getSimpleName().isEmpty() ? type.getName() : type.getSimpleName();
    }
}
