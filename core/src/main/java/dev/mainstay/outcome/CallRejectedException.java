package dev.mainstay.outcome;

import dev.mainstay.safe.Require;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A policy rejected the call: nothing was sent. Carries values only, never a policy, so it may be kept, logged and
 * serialised.
 *
 * <p>It has no stack trace unless the policy was told to take one, by its option {@code stackTraces}: a rejection
 * happens when there is no time to lose, and says by itself who rejected and why. The message is put together only when
 * it is asked for.
 */
public class CallRejectedException extends RuntimeException implements RetryAfterHint {

    private static final long serialVersionUID = 1L;

    private final Rejection rejection;

    /**
     * For policies: the exception for a rejection, with a stack trace if that {@linkplain Rejection#takesStackTrace
     * says so}.
     */
    public CallRejectedException(Rejection rejection) {
        this(rejection, null, Require.present("rejection", rejection).takesStackTrace());
    }

    /**
     * For policies.
     *
     * @param withStackTrace whether to take a stack trace, which costs microseconds
     */
    public CallRejectedException(Rejection rejection, @Nullable Throwable cause, boolean withStackTrace) {
        super(null, cause, true, withStackTrace);
        this.rejection = Require.present("rejection", rejection);
    }

    /** What the policy said to this call. */
    public final Rejection rejection() {
        return rejection;
    }

    /** The name of the policy that rejected the call. */
    public final String policyName() {
        return rejection.policyName();
    }

    /** Why it did. */
    public final RejectionReason reason() {
        return rejection.reason();
    }

    /** How long after the rejection this call may succeed, or null if that cannot be said. */
    @Override
    public final @Nullable Duration retryAfter() {
        return rejection.retryAfter();
    }

    /** {@link #retryAfter()} in nanoseconds; negative if that cannot be said. */
    public final long retryAfterNanos() {
        return rejection.retryAfterNanos();
    }

    /** Who rejected the call, why, the numbers that decided, and when to come back. */
    @Override
    public final String getMessage() {
        return rejection.message();
    }
}
