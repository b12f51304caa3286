package dev.mainstay.ratelimit;

import dev.mainstay.outcome.CallRejectedException;
import java.time.Duration;

/**
 * A {@link RateLimiter} rejected a call: its permits are not there, and waiting for them is not allowed or would take
 * too long. If there are several limits, the numbers are those of the one that holds the call up longest.
 */
public final class RateLimitExceededException extends CallRejectedException {

    private static final long serialVersionUID = 1L;

    private final RateRejection details;

    RateLimitExceededException(RateRejection rejection) {
        super(rejection);
        this.details = rejection;
    }

    /** How many permits the call asked for. */
    public int permits() {
        return details.permits;
    }

    /** How many permits there are in a {@link #period()}. */
    public int limit() {
        return details.limit.limit();
    }

    /** In how long there are {@link #limit()} permits. */
    public Duration period() {
        return details.limit.period();
    }

    /**
     * How many permits can be had at once, at most. If the call asked for more, it can never succeed, and {@link
     * #retryAfter()} is null.
     */
    public int burst() {
        return details.limit.burst();
    }

    /** How many permits were left when the call was rejected. */
    public int remaining() {
        return details.remaining;
    }
}
