package dev.mainstay.ratelimit;

import dev.mainstay.CallRejectedException;
import dev.mainstay.RejectionReason;
import dev.mainstay.time.Nanos;
import java.time.Duration;

/**
 * A {@link RateLimiter} refused a call: its permits are not there, and waiting for them is not allowed or would take too long. If there are several limits, the numbers are those of the
 * one that holds the call up longest.
 */
public final class RateLimitExceededException extends CallRejectedException {

    private static final long serialVersionUID = 1L;

    private final int permits;
    private final int limit;
    private final long periodNanos;
    private final int burst;
    private final int remaining;

    RateLimitExceededException(
            String policyName,
            RejectionReason reason,
            int permits,
            RateLimit limit,
            int remaining,
            long retryAfterNanos) {
        super(policyName, reason, retryAfterNanos, null, false);
        this.permits = permits;
        this.limit = limit.limit();
        this.periodNanos = Nanos.of(limit.period());
        this.burst = limit.burst();
        this.remaining = remaining;
    }

    /** How many permits the call asked for. */
    public int permits() {
        return permits;
    }

    /** How many permits there are in a {@link #period()}. */
    public int limit() {
        return limit;
    }

    /** In how long there are {@link #limit()} permits. */
    public Duration period() {
        return Duration.ofNanos(periodNanos);
    }

    /** How many permits can be had at once, at most. If the call asked for more, it can never succeed, and {@link #retryAfter()} is null. */
    public int burst() {
        return burst;
    }

    /** How many permits were left when the call was refused. */
    public int remaining() {
        return remaining;
    }

    @Override
    protected String numbers() {
        String rate = "the limit is " + limit + " per " + Nanos.format(periodNanos);
        return permits > burst
                ? permits + " permits are never there at once: " + rate + ", burst " + burst
                : remaining + " of " + permits + (permits == 1 ? " permit" : " permits") + " left, " + rate;
    }
}
