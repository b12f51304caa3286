package dev.mainstay.retry;

import dev.mainstay.CallContext;
import dev.mainstay.NotableEvent;
import dev.mainstay.safe.Failures;
import dev.mainstay.time.Nanos;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The events of a {@link Retry}. They are published on the thread that decides, before the wait and before the call
 * ends.
 */
public sealed interface RetryEvent extends NotableEvent {

    /** What the call carries: its attempt is the one that has ended last. */
    @Override
    CallContext context();

    /** How that attempt failed; null if it ended in a result that was not acceptable. */
    @Nullable
    Throwable failure();

    /**
     * The call will be attempted again.
     *
     * @param attempt which attempt that will be, from 2
     * @param delayNanos how long it waits before
     */
    record RetryScheduled(
            String policy,
            long nanoTime,
            CallContext context,
            int attempt,
            long delayNanos,
            @Nullable Throwable failure)
            implements RetryEvent {

        /** How long it waits before. */
        public Duration delay() {
            return Duration.ofNanos(delayNanos);
        }

        @Override
        public String label() {
            return "retry";
        }

        @Override
        public String detail() {
            return "attempt " + attempt + " in " + Nanos.format(delayNanos) + " after "
                    + (failure == null
                            ? "a result that is not acceptable"
                            : failure.getClass().getName());
        }

        @Override
        public String toString() {
            return "RetryScheduled[" + policy + ", attempt " + attempt + " in " + Nanos.format(delayNanos) + ", "
                    + (failure == null ? "null" : Failures.textOf(failure)) + "]";
        }
    }

    /**
     * The call has had all its attempts, and none was good.
     *
     * @param attempts how many that were
     */
    record RetriesExhausted(
            String policy,
            long nanoTime,
            CallContext context,
            int attempts,
            @Nullable Throwable failure) implements RetryEvent {

        @Override
        public String label() {
            return "retries.exhausted";
        }

        @Override
        public String detail() {
            return attempts + " attempts";
        }
    }

    /** The call was not attempted again, although it had attempts left. */
    record RetryDenied(
            String policy,
            long nanoTime,
            CallContext context,
            RetryDenial reason,
            @Nullable Throwable failure) implements RetryEvent {

        @Override
        public String label() {
            return "retry.denied";
        }

        @Override
        public String detail() {
            return switch (reason) {
                case BUDGET -> "for lack of budget";
                case DEADLINE -> "for lack of time";
                case RETRY_AFTER -> "since the other side asked for a longer wait";
            };
        }
    }
}
