package dev.mainstay.http;

import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RetryAfterHint;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A policy of a {@link ResilientHttpClient} rejected the call: an {@code IOException}, since that is what callers of an
 * {@code HttpClient} are prepared for. Its cause is the policy's {@link CallRejectedException}. Nothing was sent in the
 * attempt that was rejected.
 */
public final class HttpRejectedException extends IOException implements RetryAfterHint {

    private static final long serialVersionUID = 1L;

    private final Rejection rejection;

    HttpRejectedException(CallRejectedException rejected) {
        super(rejected);
        this.rejection = rejected.rejection();
    }

    /** What the policy said to this call. */
    public Rejection rejection() {
        return rejection;
    }

    /** How long after the rejection this call may succeed, or null if that cannot be said. */
    @Override
    public @Nullable Duration retryAfter() {
        return rejection.retryAfter();
    }

    /** Who rejected the call, why, the numbers that decided, and when to come back. */
    @Override
    public String getMessage() {
        return rejection.message();
    }
}
