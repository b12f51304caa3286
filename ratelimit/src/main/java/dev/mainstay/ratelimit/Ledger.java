package dev.mainstay.ratelimit;

import dev.mainstay.time.TimeSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is owed under one limit, or several: the state of a limiter, and all its decisions, with the time as an argument. Lock-free.
 *
 * <p>A ledger can be <em>closed</em>, for good, when other limits come into force or when the clock has run out of the range of its numbers. What it says then is that it
 * {@link #MOVED}: {@link #successor} carries what is owed over into another, and whoever finds a closed one may do so.
 */
abstract class Ledger {

    /** The permits are not there. */
    static final long REFUSED = -1;

    /** This ledger is closed or out of range: ask its successor. */
    static final long MOVED = -2;

    /** How long a thread keeps away that was too late: long enough for the other to take some more while it has the cache line. */
    private static final int PAUSES = 16;

    /** The ledger for these limits, with nothing owed. */
    static Ledger of(List<RateLimit> limits, TimeSource time) {
        long now = time.nanoTime();
        return linked(limits.stream().map(limit -> of(limit, now)).toList(), time);
    }

    private static Ledger linked(List<Ledger> parts, TimeSource time) {
        Ledger ledger = parts.get(parts.size() - 1);
        for (int i = parts.size() - 2; i >= 0; i--) {
            ledger = new PairLedger(parts.get(i), ledger, time);
        }
        return ledger;
    }

    private static Ledger of(RateLimit limit, long now) {
        return limit instanceof RateLimit.Smooth smooth
                ? new SmoothLedger(smooth, now)
                : new WindowLedger((RateLimit.AtMost) limit, now);
    }

    /**
     * Takes permits for use now. Allocates nothing.
     *
     * @return a ticket of zero or more, for {@link #giveBack}; {@link #REFUSED} or {@link #MOVED}
     */
    abstract long take(int permits, long now);

    /**
     * Undoes a {@link #take} that turned out useless, since another limit refused. If others have taken since, it gives back what can be without letting through too much: all but what
     * came back by itself in the meantime.
     *
     * @param taken the time for which they were taken
     */
    abstract void giveBack(long ticket, int permits, long taken, TimeSource time);

    /**
     * Takes permits for use after a wait, as if it were over already.
     *
     * @param wait at least {@link #earliest} and at most {@link #longestWait}
     * @return null if somebody else was faster, or if this ledger is closed: ask again
     */
    abstract @Nullable Claim claim(int permits, long now, long wait);

    /** How many nanoseconds from now so many permits could be used if nobody else came; they must not be more than {@link #most}. */
    abstract long earliest(int permits, long now);

    /** How many permits can be had at once if nothing is owed. */
    abstract int most();

    /** The farthest ahead that permits can be claimed, in nanoseconds. */
    abstract long longestWait();

    /** How many permits can be had now. */
    abstract int remaining(long now);

    /** How many nanoseconds until nothing is owed. */
    abstract long resetAfter(long now);

    /** The limit that lets so many permits through last. */
    abstract RateLimit tightest(int permits, long now);

    /**
     * Whether more is owed than there can be if permits were only ever taken for use before now: either permits were claimed for later, or this is not the time any more.
     */
    abstract boolean isAhead(long now);

    /** Whether its numbers can hold the time. */
    abstract boolean reaches(long now);

    /** Whether it is closed. */
    abstract boolean isClosed();

    /** Closes it. Doing so again does nothing. */
    abstract void close();

    /** The ledgers of the single limits, in order. */
    List<Ledger> parts() {
        return List.of(this);
    }

    /** For whoever has lost a race: trying again at once would only take the cache line away from those who have work to do with it. */
    static void backOff() {
        for (int i = 0; i < PAUSES; i++) {
            Thread.onSpinWait();
        }
    }

    /** What takes over from this ledger of a single limit, which is closed, under another limit or the same. */
    abstract Ledger carriedOver(RateLimit limit, long now);

    /** What takes over from this ledger, which is closed: limits keep what is owed under the limit that stood in their place. */
    final Ledger successor(List<RateLimit> limits, TimeSource time, long now) {
        List<Ledger> before = parts();
        List<Ledger> after = new ArrayList<>();
        for (int i = 0; i < limits.size(); i++) {
            RateLimit limit = limits.get(i);
            after.add(i < before.size() ? before.get(i).carriedOver(limit, now) : of(limit, now));
        }
        return linked(after, time);
    }

    /** Permits that were taken for use at a later time. */
    interface Claim {

        /** Gives them back if nobody has taken any since; otherwise they are spent. Called at most once, and not if {@link #undo} is. */
        boolean giveBack();

        /** Takes the claim back since another limit refused; as {@link Ledger#giveBack}. */
        void undo(TimeSource time);
    }
}
