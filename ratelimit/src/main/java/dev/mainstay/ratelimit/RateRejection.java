package dev.mainstay.ratelimit;

import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.time.Nanos;

/** What a rate limiter tells a call that it rejects: what that call asked for, and what was left then. */
final class RateRejection extends Rejection {

    private static final long serialVersionUID = 1L;

    final int permits;
    final int remaining;
    final RateLimit limit;

    RateRejection(
            String limiter,
            RejectionReason reason,
            long retryAfterNanos,
            int permits,
            RateLimit limit,
            int remaining,
            boolean stackTrace) {
        super(limiter, reason, retryAfterNanos, stackTrace);
        this.permits = permits;
        this.limit = limit;
        this.remaining = remaining;
    }

    @Override
    protected String numbers() {
        String rate = "the limit is " + limit.limit() + " per " + Nanos.format(Nanos.of(limit.period()));
        return permits > limit.burst()
                ? permits + " permits are never there at once: " + rate + ", burst " + limit.burst()
                : remaining + " of " + permits + (permits == 1 ? " permit" : " permits") + " left, " + rate;
    }

    @Override
    public CallRejectedException toException() {
        return new RateLimitExceededException(this);
    }
}
