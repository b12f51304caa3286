package dev.mainstay;

import dev.mainstay.time.Nanos;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A policy refused the call: nothing was sent. Carries values only, never a policy, so it may be kept, logged and serialised.
 *
 * <p>It has no stack trace unless the policy was told to take one: a refusal happens when there is no time to lose, and says by itself who
 * refused and why. The message is put together only when it is asked for.
 */
public class CallRejectedException extends RuntimeException implements RetryAfterHint, Refusal {

    private static final long serialVersionUID = 1L;

    private final String policyName;
    private final RejectionReason reason;
    private final long retryAfterNanos;

    /**
     * For policies.
     *
     * @param retryAfterNanos how long until a call may succeed; negative if that cannot be said
     * @param withStackTrace whether to take a stack trace, which costs microseconds
     */
    public CallRejectedException(
            String policyName,
            RejectionReason reason,
            long retryAfterNanos,
            @Nullable Throwable cause,
            boolean withStackTrace) {
        super(null, cause, true, withStackTrace);
        this.policyName = Objects.requireNonNull(policyName, "policyName");
        this.reason = Objects.requireNonNull(reason, "reason");
        this.retryAfterNanos = retryAfterNanos;
    }

    /**
     * Has a gate refuse a call. This is here because the machine leaves the methods of an exception's class out of the code of their callers: with all that a refusal takes, a
     * guarded call would be too large to become part of its caller's code, and the exception would have to look for whoever catches it, which costs more than all the rest.
     */
    static CallRejectedException of(Gate gate, RejectionReason reason, CallContext context, long now) {
        return gate.refuse(reason, context, now);
    }

    @Override
    public final String policyName() {
        return policyName;
    }

    @Override
    public final RejectionReason reason() {
        return reason;
    }

    /** How long after the refusal a call may succeed, or null if that cannot be said. */
    @Override
    public final @Nullable Duration retryAfter() {
        return retryAfterNanos < 0 ? null : Duration.ofNanos(retryAfterNanos);
    }

    /** This exception. */
    @Override
    public final CallRejectedException toException() {
        return this;
    }

    /** {@link #retryAfter()} in nanoseconds; negative if that cannot be said. */
    public final long retryAfterNanos() {
        return retryAfterNanos;
    }

    /** Who refused, why, the numbers that decided, and when to come back. */
    @Override
    public final String getMessage() {
        String numbers = numbers();
        return "'" + policyName + "' rejected the call: " + reason.text()
                + (numbers.isEmpty() ? "" : " (" + numbers + ")")
                + (retryAfterNanos < 0 ? "" : "; retry after " + Nanos.format(retryAfterNanos));
    }

    /** The numbers that decided, for the message; empty if there are none. */
    protected String numbers() {
        return "";
    }
}
