package dev.mainstay.breaker;

import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.outcome.CallRejectedException;
import java.time.Duration;

/**
 * A circuit breaker rejected the call: it is open, forced open, or half-open with all its probes out. Carries values
 * only; without a stack trace.
 */
public final class CircuitBreakerOpenException extends CallRejectedException {

    private static final long serialVersionUID = 1L;

    private final OpenRejection details;

    CircuitBreakerOpenException(OpenRejection rejection) {
        super(rejection);
        this.details = rejection;
    }

    /** The breaker's state when it rejected the call. */
    public State state() {
        return details.state;
    }

    /** Since when it had been in that state: how long before the rejection. */
    public Duration since() {
        return Duration.ofNanos(details.sinceNanos);
    }

    /**
     * The numbers that opened it, or what it had counted when it was opened by hand; none of any if it was forced open.
     */
    public Tally openedBy() {
        return details.openedBy;
    }

    /** The failure rate that opened it, in percent; NaN if there was none. */
    public double failureRate() {
        return details.openedBy.failureRate();
    }

    /** The slow call rate that opened it, in percent; NaN if there was none. */
    public double slowCallRate() {
        return details.openedBy.slowCallRate();
    }
}
