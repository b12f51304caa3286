package dev.mainstay.breaker;

import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.time.Nanos;

/** What a breaker tells a call that it rejects. */
final class OpenRejection extends Rejection {

    private static final long serialVersionUID = 1L;

    final State state;
    final long sinceNanos;
    final Tally openedBy;

    OpenRejection(
            String breaker,
            RejectionReason reason,
            long retryAfterNanos,
            State state,
            long sinceNanos,
            Tally openedBy,
            boolean stackTrace) {
        super(breaker, reason, retryAfterNanos, stackTrace);
        this.state = state;
        this.sinceNanos = sinceNanos;
        this.openedBy = openedBy;
    }

    @Override
    protected String numbers() {
        return "for " + Nanos.format(sinceNanos) + (openedBy.calls() == 0 ? "" : ", after " + openedBy);
    }

    @Override
    public CallRejectedException toException() {
        return new CircuitBreakerOpenException(this);
    }
}
