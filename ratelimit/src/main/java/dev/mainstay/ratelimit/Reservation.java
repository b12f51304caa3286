package dev.mainstay.ratelimit;

import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Permits that were taken for use from a certain time on, by somebody who waits for that time by himself. Whoever does not want them any more
 * {@linkplain #cancel() cancels}. Safe for use by many threads.
 */
public final class Reservation {

    private final int permits;
    private final TimeSource time;
    private final long slot;
    private final AtomicReference<Ledger.@Nullable Claim> claim;

    Reservation(int permits, TimeSource time, long slot, Ledger.Claim claim) {
        this.permits = permits;
        this.time = time;
        this.slot = slot;
        this.claim = new AtomicReference<>(claim);
    }

    /** How many permits were reserved. */
    public int permits() {
        return permits;
    }

    /** How long to wait from now before the permits may be used; zero once the time has come. */
    public Duration remainingWait() {
        return Duration.ofNanos(Math.max(0, slot - time.nanoTime()));
    }

    /**
     * Gives the permits back if their time has not come and nobody has taken or reserved any since; otherwise they are spent, as others have been told to wait for
     * their own turn behind these. Either way they must not be used any more.
     *
     * @return whether all permits went back; false also if they did so before
     */
    public boolean cancel() {
        Ledger.Claim claim = this.claim.getAndSet(null);
        return claim != null && slot - time.nanoTime() > 0 && claim.giveBack();
    }

    /** When the permits may be used, on the limiter's clock. */
    long slot() {
        return slot;
    }

    @Override
    public String toString() {
        return "Reservation[" + permits + " in " + remainingWait() + "]";
    }
}
