package dev.mainstay.breaker;

import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.NotableEvent;
import dev.mainstay.time.Nanos;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A circuit breaker went from one state to another.
 *
 * @param why what brought it about
 * @param numbers the numbers behind it: of the window, or of the probes
 * @param waitNanos the wait in the open state: how long it will stay open if it opened, how long it was if that wait is
 *     over; negative otherwise
 * @param context of the call that brought it about; null if it was none: somebody by hand, the timer, or a reader of
 *     the state
 * @param failure the exception with which that call failed, an example of what the numbers count; null if it did not
 *     fail by one
 */
public record StateChanged(
        String policy,
        long nanoTime,
        State from,
        State to,
        Why why,
        Tally numbers,
        long waitNanos,
        @Nullable CallContext context,
        @Nullable Throwable failure)
        implements NotableEvent {

    /**
     * How long it will stay open if it opened, how long it was if it became half-open because that wait is over; null
     * otherwise.
     */
    public @Nullable Duration waitDuration() {
        return waitNanos < 0 ? null : Duration.ofNanos(waitNanos);
    }

    @Override
    public String label() {
        return "state.changed";
    }

    @Override
    public String detail() {
        return from + " to " + to + ", " + why.text();
    }

    @Override
    public String toString() {
        return "StateChanged[" + policy + ": " + from + " to " + to + ", " + why.text() + " (" + numbers + ")"
                + (waitNanos < 0 ? "" : (to == State.OPEN ? " for " : " after ") + Nanos.format(waitNanos)) + "]";
    }

    /** What makes a breaker change its state. */
    public enum Why {
        /** Too many of the calls failed. */
        FAILURE_RATE("the failure rate reached its threshold"),
        /** As many of the calls failed as may not, however many calls there were. */
        FAILURE_COUNT("the number of failures reached its threshold"),
        /** Too many of the calls were slow. */
        SLOW_CALL_RATE("the slow call rate reached its threshold"),
        /** Too many failures came in a row. */
        CONSECUTIVE_FAILURES("too many failures in a row"),
        /** The wait in the open state is over. */
        WAIT_OVER("the wait is over"),
        /** Enough probes went well. */
        PROBES_PASSED("the probes passed"),
        /** A probe failed, and one is enough. */
        PROBE_FAILED("a probe failed"),
        /** So many probes failed that those left cannot be enough. */
        PROBES_FAILED("too few probes can succeed"),
        /** Somebody called one of the methods that set the state. */
        BY_HAND("by hand");

        private final String text;

        Why(String text) {
            this.text = text;
        }

        /** The same in words, as messages give it. */
        public String text() {
            return text;
        }
    }
}
