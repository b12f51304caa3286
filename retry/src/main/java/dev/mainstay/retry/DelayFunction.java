package dev.mainstay.retry;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long to wait after an attempt, depending on how it ended; or that there is to be no other. Safe for use by many
 * threads. Handed to {@link RetryConfig.Builder#delayFunction}.
 */
@FunctionalInterface
public interface DelayFunction {

    /**
     * The wait before the next attempt.
     *
     * @param attempt which attempt has just ended, from 1
     * @param result its result, which is not acceptable and possibly null; null if it failed
     * @param failure how it failed; null if it ended in a result
     * @return the wait, possibly zero; less than zero for no other attempt; or null for the wait that the backoff
     *     gives
     */
    @Nullable
    Duration delay(int attempt, @Nullable Object result, @Nullable Throwable failure);
}
