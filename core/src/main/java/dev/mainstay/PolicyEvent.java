package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.call.CallEvent;
import dev.mainstay.call.NotableEvent;
import dev.mainstay.event.Events;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.SafeLog;
import dev.mainstay.safe.SafeText;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The events that every kind of policy may have. */
public sealed interface PolicyEvent extends MainstayEvent {

    /**
     * A call was rejected.
     *
     * @param retryAfterNanos how long until this call may succeed; negative if that cannot be said
     */
    record CallRejected(String policy, long nanoTime, CallContext context, RejectionReason reason, long retryAfterNanos)
            implements PolicyEvent, NotableEvent {

        /** How long until this call may succeed, or null if that cannot be said. */
        public @Nullable Duration retryAfter() {
            return retryAfterNanos < 0 ? null : Duration.ofNanos(retryAfterNanos);
        }

        @Override
        public String label() {
            return "rejected";
        }

        @Override
        public String detail() {
            return retryAfterNanos < 0
                    ? reason.text()
                    : reason.text() + ", to be tried again in " + Nanos.format(retryAfterNanos);
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
            implements PolicyEvent, NotableEvent {

        @Override
        public String label() {
            return "timeout";
        }

        @Override
        public String detail() {
            return "after " + Nanos.format(timeoutNanos);
        }
    }

    /**
     * Other options are in force.
     *
     * @param from the options before
     * @param to the options now
     */
    record Reconfigured(String policy, long nanoTime, Object from, Object to) implements PolicyEvent {

        /** For policies: says so in the log, and to whoever listens. The logger has the name of the policy's class. */
        public static void announce(Policy policy, Events events, TimeSource time, Object from, Object to) {
            SafeLog.of(policy.getClass())
                    .info(
                            "{kind} '{policy}' reconfigured: from {from} to {to}",
                            "kind",
                            SafeText.kind(policy.getClass()),
                            "policy",
                            policy.name(),
                            "from",
                            from,
                            "to",
                            to);
            if (events.wanted(Reconfigured.class)) {
                events.publish(new Reconfigured(policy.name(), time.nanoTime(), from, to));
            }
        }
    }
}
