package dev.mainstay.ratelimit;

import dev.mainstay.Waiter;
import org.jspecify.annotations.Nullable;

/**
 * Permits ahead of the clock that somebody was promised: a call that waits, or a {@link Reservation}. Leaf sections
 * read the fields, since they must not call anything.
 */
final class Claim {

    final int permits;

    /** Whether its time stays what was promised, even if it could be earlier: nobody could tell the holder. */
    final boolean fixed;

    /** The call that waits; null once it does not any more, and for a reservation. */
    volatile @Nullable Waiter waiter;

    /**
     * When the permits may be used at the latest, on the clock. Written when they are claimed, before others see it.
     */
    long promised;

    private Claim(int permits, @Nullable Waiter waiter) {
        this.permits = permits;
        this.fixed = waiter == null;
        this.waiter = waiter;
    }

    static Claim ofCall(int permits, Waiter waiter) {
        return new Claim(permits, waiter);
    }

    static Claim ofReservation(int permits) {
        return new Claim(permits, null);
    }

    /** Its wait is over, whatever came of it. */
    void end() {
        waiter = null;
    }
}
