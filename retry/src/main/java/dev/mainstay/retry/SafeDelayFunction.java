package dev.mainstay.retry;

import dev.mainstay.event.CallbackFailures;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A delay function of the user's. Where it throws, it has no opinion, and the backoff counts. */
final class SafeDelayFunction implements DelayFunction {

    private final DelayFunction users;
    private final String retry;
    private final CallbackFailures failures = new CallbackFailures();

    private SafeDelayFunction(DelayFunction users, String retry) {
        this.users = users;
        this.retry = retry;
    }

    static @Nullable SafeDelayFunction of(@Nullable DelayFunction function, String retry) {
        return function == null ? null : new SafeDelayFunction(function, retry);
    }

    @Override
    public @Nullable Duration delay(int attempt, @Nullable Object result, @Nullable Throwable failure) {
        try {
            return users.delay(attempt, result, failure);
        } catch (Throwable broken) {
            failures.report(retry, "delay function", broken);
            return null;
        }
    }
}
