package dev.mainstay;

import dev.mainstay.event.Event;
import dev.mainstay.time.Nanos;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The events that every kind of policy may have. */
public sealed interface PolicyEvent extends Event {

    /**
     * A call was refused.
     *
     * @param retryAfterNanos how long until a call may succeed; negative if that cannot be said
     */
    record CallRejected(String policy, long nanoTime, CallContext context, RejectionReason reason, long retryAfterNanos)
            implements PolicyEvent, CallEvent {

        /** How long until a call may succeed, or null if that cannot be said. */
        public @Nullable Duration retryAfter() {
            return retryAfterNanos < 0 ? null : Duration.ofNanos(retryAfterNanos);
        }
    }

    /** A call that was let in has ended, after so long. */
    record CallEnded(String policy, long nanoTime, CallContext context, Verdict verdict, long durationNanos)
            implements PolicyEvent, CallEvent {

        @Override
        public String toString() {
            return "CallEnded[" + policy + ", " + verdict + " after " + Nanos.format(durationNanos) + "]";
        }
    }

    /** A call was given up after so long. */
    record TimedOut(String policy, long nanoTime, CallContext context, long timeoutNanos)
            implements PolicyEvent, CallEvent {}

    /**
     * Other options are in force.
     *
     * @param from the options before
     * @param to the options now
     */
    record Reconfigured(String policy, long nanoTime, Object from, Object to) implements PolicyEvent {}
}
