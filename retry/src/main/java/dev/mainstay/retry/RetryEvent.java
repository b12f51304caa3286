package dev.mainstay.retry;

import dev.mainstay.call.CallContext;
import dev.mainstay.call.CallEvent;
import dev.mainstay.call.NotableEvent;
import dev.mainstay.safe.Failures;
import dev.mainstay.time.Nanos;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The events of a {@link Retry}. They are published on the thread that decides, before the wait and before the call
 * ends. A call that succeeds at its first attempt publishes none. Nor is anything published of the end of a call whose
 * caller has given it up, by an interrupt or a cancel, before the next attempt began, or whose executor did not take
 * that attempt.
 *
 * <p>An event holds the result or failure of the attempt; whoever keeps the event keeps them. No event's text has the
 * result in it, which may be long or secret.
 */
public sealed interface RetryEvent extends CallEvent {

    /** What the call carries: its attempt is the one that has ended last. */
    @Override
    CallContext context();

    /** That attempt's result, possibly null; null if it failed. */
    @Nullable
    Object result();

    /** How that attempt failed; null if it ended in a result. */
    @Nullable
    Throwable failure();

    /**
     * The call will be attempted again.
     *
     * @param attempt which attempt that will be, from 2
     * @param delayNanos how long it waits before
     * @param result the last attempt's, which is not acceptable; null if it failed
     */
    record RetryScheduled(
            String policy,
            long nanoTime,
            CallContext context,
            int attempt,
            long delayNanos,
            @Nullable Object result,
            @Nullable Throwable failure)
            implements RetryEvent, NotableEvent {

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
                    + text(failure) + "]";
        }
    }

    /**
     * The call has succeeded, at its second attempt or a later one.
     *
     * @param attempts how many that took
     */
    record RetrySucceeded(
            String policy,
            long nanoTime,
            CallContext context,
            int attempts,
            @Nullable Object result) implements RetryEvent {

        /** Null: it succeeded. */
        @Override
        public @Nullable Throwable failure() {
            return null;
        }

        @Override
        public String toString() {
            return "RetrySucceeded[" + policy + ", " + attempts + " attempts]";
        }
    }

    /**
     * The call was not attempted again because of how it ended: that is not to be repeated, or the call is not
     * idempotent, or the delay function said so.
     *
     * @param attempts how many were made
     * @param result the last one's; null if it failed
     */
    record RetryIgnored(
            String policy,
            long nanoTime,
            CallContext context,
            int attempts,
            @Nullable Object result,
            @Nullable Throwable failure)
            implements RetryEvent {

        @Override
        public String toString() {
            return "RetryIgnored[" + policy + ", " + attempts + (attempts == 1 ? " attempt, " : " attempts, ")
                    + text(failure) + "]";
        }
    }

    /**
     * The call has had all its attempts, and none was good.
     *
     * @param attempts how many that were
     * @param result the last one's, which is not acceptable; null if it failed
     */
    record RetriesExhausted(
            String policy,
            long nanoTime,
            CallContext context,
            int attempts,
            @Nullable Object result,
            @Nullable Throwable failure)
            implements RetryEvent, NotableEvent {

        @Override
        public String label() {
            return "retries.exhausted";
        }

        @Override
        public String detail() {
            return attempts + " attempts";
        }

        @Override
        public String toString() {
            return "RetriesExhausted[" + policy + ", " + detail() + ", " + text(failure) + "]";
        }
    }

    /**
     * The call was not attempted again, although it had attempts left.
     *
     * @param result the last attempt's, which is not acceptable; null if it failed
     */
    record RetryDenied(
            String policy,
            long nanoTime,
            CallContext context,
            RetryDenial reason,
            @Nullable Object result,
            @Nullable Throwable failure)
            implements RetryEvent, NotableEvent {

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

        @Override
        public String toString() {
            return "RetryDenied[" + policy + ", " + reason + ", " + text(failure) + "]";
        }
    }

    private static String text(@Nullable Throwable failure) {
        return failure == null ? "a result that is not acceptable" : Failures.textOf(failure);
    }
}
