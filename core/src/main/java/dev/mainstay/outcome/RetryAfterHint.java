package dev.mainstay.outcome;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A failure or a result that says when the other side wants to be called again, as HTTP's {@code Retry-After} does.
 * Retries and breakers do not come back sooner (retries within a limit that is theirs). For types that cannot implement
 * this there is {@link Classifier.Builder#retryAfter}.
 */
public interface RetryAfterHint {

    /** How long to wait from now on, or null if it does not say. */
    @Nullable
    Duration retryAfter();
}
