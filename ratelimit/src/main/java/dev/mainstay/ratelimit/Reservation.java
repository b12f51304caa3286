package dev.mainstay.ratelimit;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Permits that were taken for use from a certain time on, by somebody who waits for that time by himself. Whoever does
 * not want them any more {@linkplain #cancel() cancels}. Safe for use by many threads.
 */
public final class Reservation {

    private final RateLimiter limiter;
    private final Claim claim;
    private final AtomicBoolean cancelled = new AtomicBoolean();

    Reservation(RateLimiter limiter, Claim claim) {
        this.limiter = limiter;
        this.claim = claim;
    }

    /** How many permits were reserved. */
    public int permits() {
        return claim.permits;
    }

    /** How long to wait from now before the permits may be used; zero once the time has come. */
    public Duration remainingWait() {
        return Duration.ofNanos(Math.max(0, slot() - limiter.clock().nanoTime()));
    }

    /**
     * Gives the permits back if their time has not come and nobody has taken, reserved or waited for any since;
     * otherwise they are spent, as others have been told to wait for their own turn behind these. Either way they must
     * not be used any more.
     *
     * @return whether all permits went back; false also if they did so before
     */
    public boolean cancel() {
        return slot() - limiter.clock().nanoTime() > 0
                && cancelled.compareAndSet(false, true)
                && limiter.giveBack(claim);
    }

    /** When the permits may be used, on the limiter's clock. */
    long slot() {
        return claim.promised;
    }

    @Override
    public String toString() {
        return "Reservation[" + permits() + " in " + remainingWait() + "]";
    }
}
