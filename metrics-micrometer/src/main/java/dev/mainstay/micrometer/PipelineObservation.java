package dev.mainstay.micrometer;

import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.micrometer.observation.docs.ObservationDocumentation;

/** What is observed, in the form in which Micrometer wants it documented. */
public enum PipelineObservation implements ObservationDocumentation {
    /**
     * A call through an {@link Observed} pipeline or policy: attempts, and the waits before and between them, until its
     * outcome is known.
     */
    CALL {
        @Override
        public Class<? extends ObservationConvention<? extends Observation.Context>> getDefaultConvention() {
            return PipelineObservationConvention.class;
        }

        @Override
        public KeyName[] getLowCardinalityKeyNames() {
            return KeyNames.values();
        }

        @Override
        public Observation.Event[] getEvents() {
            return Events.values();
        }
    };

    /** The keys of an observed call. All have few values. */
    public enum KeyNames implements KeyName {
        /** The name of the pipeline, or of the policy if it is one alone. */
        NAME("name"),
        /**
         * What became of the call: {@code success}, {@code error}, {@code overload}, {@code rejected} or {@code
         * ignored}; {@code none} while it is in progress.
         */
        OUTCOME("outcome"),
        /** The simple name of the type of what the call threw; {@code none} if it did not. */
        EXCEPTION("exception");

        private final String key;

        KeyNames(String key) {
            this.key = key;
        }

        @Override
        public String asString() {
            return key;
        }
    }

    /**
     * The events that observed calls may have with the policies of this library. Those of other policies are named by
     * themselves, in {@link dev.mainstay.call.NotableEvent#label()}.
     */
    public enum Events implements Observation.Event {
        /** The body begins: the first time, or once more. */
        ATTEMPT("attempt"),
        /** A retry will make the call again. */
        RETRY("retry"),
        /** A retry has made all its attempts, and none was good. */
        RETRIES_EXHAUSTED("retries.exhausted"),
        /** A retry had attempts left but neither budget nor time. */
        RETRY_DENIED("retry.denied"),
        /** A policy rejected the call, or one of its attempts. */
        REJECTED("rejected"),
        /** A time limiter gave the call, or one of its attempts, up. */
        TIMEOUT("timeout"),
        /** The call made a circuit breaker change its state. */
        STATE_CHANGED("state.changed");

        private final String label;

        Events(String label) {
            this.label = label;
        }

        @Override
        public String getName() {
            return label;
        }
    }
}
