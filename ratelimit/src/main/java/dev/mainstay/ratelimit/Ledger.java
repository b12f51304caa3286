package dev.mainstay.ratelimit;

import dev.mainstay.time.TimeSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is owed under the limits of a limiter: its state, and all its decisions, with the time as an argument.
 *
 * <p>There are two kinds. A single smooth rate with nobody in line is one number, {@link SmoothLedger}. Everything
 * else is a {@link QueueingLedger}.
 *
 * <p>A ledger is <em>closed</em>, for good, before another takes over: under other limits, of the other kind, or
 * because the clock has run out of the range of its numbers. From then on it answers {@link #MOVED}, and does not
 * change any more. {@link #successor} carries over what is owed. Any thread that finds a ledger closed may do so.
 */
abstract class Ledger {

    /** The permits were taken. */
    static final long TAKEN = 0;

    /** This ledger is closed or out of range: ask its successor. */
    static final long MOVED = Long.MIN_VALUE;

    /** So many permits are never there at once. */
    static final long NEVER = -Long.MAX_VALUE;

    /** How far the clock may go, in nanoseconds since a ledger was made, if its units are no smaller. */
    static final long REACH = 1L << 60;

    /** How long a thread keeps away that has lost a race: the winner can take some more while it has the cache line. */
    private static final int PAUSES = 16;

    /** The state in which it last rejected a call, and when. Read and written without a fence: any value serves. */
    private @Nullable Finding finding;

    /** The ledger for these limits, with nothing owed. */
    static Ledger of(List<RateLimit> limits, TimeSource time) {
        long now = time.nanoTime();
        return limits.size() == 1 && limits.get(0) instanceof RateLimit.Smooth smooth
                ? new SmoothLedger(smooth, now)
                : new QueueingLedger(limits, List.of(), now, now);
    }

    /**
     * Takes permits for use now. Allocates nothing.
     *
     * @return {@link #TAKEN} or {@link #MOVED}; otherwise, negated, how many nanoseconds after {@code now} the permits
     *     will be there if nobody else comes
     */
    abstract long take(int permits, long now);

    /** Another number for each state that permits were taken from or given back to. */
    abstract long revision();

    /** Notes that the state with this number was in force before the clock showed this time. */
    final void inForce(long revision, long time) {
        finding = new Finding(revision, time);
    }

    /**
     * Whether the state that has just rejected a call was in force at that time. If not known, false: a thread may be
     * held up after it has read the clock, and the state may be of a later time.
     */
    final boolean wasInForceAt(long now) {
        Finding found = finding;
        return found != null && now - found.time >= 0 && found.revision == revision();
    }

    /**
     * How many nanoseconds from now so many permits could be used if nobody else came; they must not be more than
     * {@link #most}.
     */
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

    /** Whether its numbers can hold the time. */
    abstract boolean reaches(long now);

    /** Closes it. Doing so again does nothing. */
    abstract void close();

    /**
     * What takes over from this ledger, which is closed. Each limit keeps what is owed under the limit that stood in
     * its place. Changes nothing, so that several threads may do this at once, of which one puts its successor in
     * force.
     *
     * @param foreign what is owed elsewhere under the limits, in their order: what takes over owes at least as much
     * @param lined whether it must be one in which calls can wait
     */
    abstract Ledger successor(List<RateLimit> limits, List<Debt> foreign, long now, boolean lined);

    /** What takes over and owes nothing that was not owed here. */
    final Ledger successor(List<RateLimit> limits, long now, boolean lined) {
        return successor(limits, List.of(), now, lined);
    }

    /** What is owed under each limit from now on, in their order, with all that waits in line. */
    abstract List<Debt> debts(long now);

    /** When the time of a ledger begins that takes over from one whose time began then: anew only if it must. */
    static long originFor(long since, long now, long reach) {
        return now - since <= reach / 2 ? since : now;
    }

    /** A state, and a time at which it was in force. */
    private record Finding(long revision, long time) {}

    /** For a thread that has lost a race: to try again at once would only take the cache line away from the others. */
    static void backOff() {
        for (int i = 0; i < PAUSES; i++) {
            Thread.onSpinWait();
        }
    }
}
