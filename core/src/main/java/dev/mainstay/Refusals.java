package dev.mainstay;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** What a gate keeps that has refused calls: an outcome for each reason, which serves all calls, and what the log was told. */
final class Refusals {

    private final Gate gate;
    private final RejectionLog log;
    private final AtomicReferenceArray<@Nullable Outcome<?>> outcomes =
            new AtomicReferenceArray<>(RejectionReason.values().length);

    Refusals(Gate gate) {
        this.gate = gate;
        this.log = new RejectionLog(gate, gate.timeSource());
    }

    void tellLog(RejectionReason reason) {
        log.rejected(reason);
    }

    @SuppressWarnings({"unchecked", "EnumOrdinal"})
    <T extends @Nullable Object> Outcome<T> outcome(RejectionReason reason) {
        Outcome<?> outcome = outcomes.get(reason.ordinal());
        if (outcome == null) {
            outcome = Outcome.refused(new LiveRefusal(gate, reason));
            outcomes.set(reason.ordinal(), outcome);
        }
        return (Outcome<T>) outcome;
    }

    /** A refusal that looks at the gate when it is asked, so that one serves all calls that were refused for the same reason. */
    private record LiveRefusal(Gate gate, RejectionReason reason) implements Refusal {

        @Override
        public String policyName() {
            return gate.name();
        }

        @Override
        public @Nullable Duration retryAfter() {
            long nanos = gate.retryAfterNanos(reason);
            return nanos < 0 ? null : Duration.ofNanos(nanos);
        }

        @Override
        public CallRejectedException toException() {
            return gate.refusal(reason, CallContext.plain(), gate.timeSource().nanoTime());
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof LiveRefusal that && that.gate == gate && that.reason == reason;
        }

        @Override
        public int hashCode() {
            return Objects.hash(System.identityHashCode(gate), reason);
        }

        @Override
        public String toString() {
            return "Refusal['" + gate.name() + "': " + reason.text() + "]";
        }
    }
}
