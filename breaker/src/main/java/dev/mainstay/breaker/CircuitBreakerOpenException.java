package dev.mainstay.breaker;

import dev.mainstay.CallRejectedException;
import dev.mainstay.RejectionReason;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.time.Nanos;
import java.time.Duration;

/**
 * A circuit breaker refused the call: it is open, forced open, or half-open with all its probes out. Carries values only; without a stack trace.
 */
public final class CircuitBreakerOpenException extends CallRejectedException {

    private static final long serialVersionUID = 1L;

    private final State state;
    private final long sinceNanos;
    private final Tally openedBy;

    CircuitBreakerOpenException(
            String breaker,
            RejectionReason reason,
            State state,
            long sinceNanos,
            Tally openedBy,
            long retryAfterNanos) {
        super(breaker, reason, retryAfterNanos, null, false);
        this.state = state;
        this.sinceNanos = sinceNanos;
        this.openedBy = openedBy;
    }

    /** The breaker's state when it refused. */
    public State state() {
        return state;
    }

    /** Since when it had been in that state: how long before the refusal. */
    public Duration since() {
        return Duration.ofNanos(sinceNanos);
    }

    /** The numbers that opened it, or what it had counted when it was opened by hand; none of any if it was forced open. */
    public Tally openedBy() {
        return openedBy;
    }

    /** The failure rate that opened it, in percent; NaN if there was none. */
    public double failureRate() {
        return openedBy.failureRate();
    }

    /** The slow call rate that opened it, in percent; NaN if there was none. */
    public double slowCallRate() {
        return openedBy.slowCallRate();
    }

    @Override
    protected String numbers() {
        return "for " + Nanos.format(sinceNanos) + (openedBy.calls() == 0 ? "" : ", after " + openedBy);
    }
}
