package dev.mainstay.outcome;

import dev.mainstay.time.Nanos;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A call took longer than its time limit. If the body failed after the time was up, its failure is the cause. Carries
 * values only.
 */
public final class CallTimeoutException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String policyName;
    private final long timeoutNanos;

    /** What may still go on, for gates further out: no part of the exception's value. */
    private final transient @Nullable Object unfinished;

    /** For policies that limit time. */
    public CallTimeoutException(
            String policyName, long timeoutNanos, @Nullable Throwable cause, boolean withStackTrace) {
        this(policyName, timeoutNanos, cause, withStackTrace, null);
    }

    /**
     * For policies that release callers whose body goes on.
     *
     * @param unfinished what gates further out wait for; null if nothing goes on
     */
    public CallTimeoutException(
            String policyName,
            long timeoutNanos,
            @Nullable Throwable cause,
            boolean withStackTrace,
            @Nullable LateExits unfinished) {
        super(null, cause, true, withStackTrace);
        this.unfinished = unfinished;
        this.policyName = Objects.requireNonNull(policyName, "policyName");
        this.timeoutNanos = timeoutNanos;
    }

    /** The name of the time limiter. */
    public String policyName() {
        return policyName;
    }

    /** What may still go on, though its caller was released; null if there is nothing. */
    @Nullable
    LateExits unfinished() {
        return (LateExits) unfinished;
    }

    /** The limit that was exceeded. */
    public Duration timeout() {
        return Duration.ofNanos(timeoutNanos);
    }

    @Override
    public String getMessage() {
        return "'" + policyName + "' gave up on the call after " + Nanos.format(timeoutNanos);
    }
}
