package dev.mainstay.outcome;

import dev.mainstay.time.Nanos;
import java.io.Serializable;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A policy's "no" to one call, as a value: which policy rejected it, why, and when to come back. The exception, the
 * {@link Outcome} and the event of a rejection are all made from it. What it says is what held for this call when it
 * was rejected, and does not change afterwards.
 *
 * <p>A policy that has numbers of its own to tell extends it. Immutable; holds values only, never a policy.
 */
public class Rejection implements Serializable {

    private static final long serialVersionUID = 1L;

    private final String policyName;
    private final RejectionReason reason;
    private final long retryAfterNanos;
    private final boolean stackTrace;

    /**
     * For policies: one whose exception has no stack trace.
     *
     * @param retryAfterNanos how many nanoseconds from now until this call may succeed; negative if that cannot be said
     */
    public Rejection(String policyName, RejectionReason reason, long retryAfterNanos) {
        this(policyName, reason, retryAfterNanos, false);
    }

    /**
     * For policies.
     *
     * @param retryAfterNanos how many nanoseconds from now until this call may succeed; negative if that cannot be said
     * @param stackTrace whether the exception that is made from it takes a stack trace, which costs microseconds
     */
    public Rejection(String policyName, RejectionReason reason, long retryAfterNanos, boolean stackTrace) {
        this.policyName = Objects.requireNonNull(policyName, "policyName");
        this.reason = Objects.requireNonNull(reason, "reason");
        this.retryAfterNanos = retryAfterNanos;
        this.stackTrace = stackTrace;
    }

    /** The name of the policy that rejected the call. */
    public final String policyName() {
        return policyName;
    }

    /** Why it did. */
    public final RejectionReason reason() {
        return reason;
    }

    /** How long after the rejection this call may succeed, or null if that cannot be said. */
    public final @Nullable Duration retryAfter() {
        return retryAfterNanos < 0 ? null : Duration.ofNanos(retryAfterNanos);
    }

    /** {@link #retryAfter()} in nanoseconds; negative if that cannot be said. */
    public final long retryAfterNanos() {
        return retryAfterNanos;
    }

    /** Whether {@link #toException()} takes a stack trace. */
    public final boolean takesStackTrace() {
        return stackTrace;
    }

    /** The numbers that decided, for the message; empty if there are none. */
    protected String numbers() {
        return "";
    }

    /** The exception that a call which is not made with {@link dev.mainstay.Guard#tryCall} throws for this. */
    public CallRejectedException toException() {
        return new CallRejectedException(this);
    }

    /** Who rejected the call, why, the numbers that decided, and when to come back. */
    public final String message() {
        String numbers = numbers();
        return "'" + policyName + "' rejected the call: " + reason.text()
                + (numbers.isEmpty() ? "" : " (" + numbers + ")")
                + (retryAfterNanos < 0 ? "" : "; retry after " + Nanos.format(retryAfterNanos));
    }

    @Override
    public String toString() {
        return "Rejection[" + message() + "]";
    }

    /** The rejection that an exception tells of; its exception is that one. */
    public static Rejection of(CallRejectedException thrown) {
        return new Thrown(thrown);
    }

    private static final class Thrown extends Rejection {

        private static final long serialVersionUID = 1L;

        private final CallRejectedException exception;

        Thrown(CallRejectedException exception) {
            super(exception.policyName(), exception.reason(), exception.retryAfterNanos());
            this.exception = exception;
        }

        @Override
        protected String numbers() {
            return exception.rejection().numbers();
        }

        @Override
        public CallRejectedException toException() {
            return exception;
        }
    }
}
