package dev.mainstay;

import dev.mainstay.event.CallbackFailures;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.Require;
import dev.mainstay.safe.StackReserve;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The line of a gate whose calls wait to be let in: bounded, and served in the order that its {@link Discipline} says.
 * By default that is first come, first served; a discipline may serve by rank, serve the newest first, and shed calls
 * that have waited too long.
 *
 * <p>A gate adds a call in {@link Gate#startWaiting}, takes it out in {@link Gate#endWaiting} and {@link
 * Gate#abandonWaiting}, and serves the line whenever it may have room:
 *
 * <pre>{@code
 * while (!queue.isEmpty() && takePermit()) {
 *     Waiter next = queue.next(now);
 *     if (next == null || !next.grant(permit)) {
 *         givePermitBack();
 *     }
 * }
 * }</pre>
 *
 * <p>It does so after it has given a permit back, <em>and</em> after it has added a call. Then no permit stays free
 * while a call waits: of a call that joins and a permit that comes back at the same time, one sees the other. A call
 * that need not wait does not touch the line; it reads {@link #isEmpty()}, if it must not overtake.
 *
 * <p>Adding and taking out is done in constant time, finding the next in a time that grows with the number of ranks.
 * Safe for use by many threads.
 */
public final class WaitQueue {

    /*
     * One doubly linked list for each rank, closed by a place at which nobody stands, all guarded by one monitor. Each
     * section that holds the monitor is a leaf: it calls nothing, so that a full stack can neither leave the monitor
     * locked nor a list half written. The discipline is asked and calls are rejected outside of it; so what is found
     * may have changed when it is taken, which changes the order only among calls that come or go at that moment.
     *
     * A call that was taken out to be served is either returned or rejected: where the stack has no room for that, it
     * is not taken out.
     */

    private final String name;
    private final Discipline discipline;
    private final IntSupplier bound;
    private final CallbackFailures failures = new CallbackFailures();
    private final Object lock = new Object();

    /** For each rank the place that closes its list: the oldest is its next, the newest its previous. */
    private final Place[] ends;

    /** How many wait; written under the lock. */
    private volatile int size;

    /**
     * An empty line.
     *
     * @param name of the gate whose line it is, for the log
     * @param discipline in which order calls are served, and which are shed
     * @param bound how many calls may wait at most; asked whenever one joins, so that it may change
     */
    public WaitQueue(String name, Discipline discipline, IntSupplier bound) {
        this.name = Require.name(name);
        this.discipline = Require.present("discipline", discipline);
        this.bound = Require.present("bound", bound);
        int ranks = Require.atLeast("ranks", discipline.ranks(), 1);
        this.ends = new Place[ranks];
        for (int i = 0; i < ranks; i++) {
            ends[i] = new Place(this, null, i, 0);
        }
    }

    /** An empty line that is served first come, first served. */
    public static WaitQueue firstComeFirstServed(String name, IntSupplier bound) {
        return new WaitQueue(name, new Discipline() {}, bound);
    }

    /** How many calls wait. */
    public int size() {
        return size;
    }

    /** Whether no call waits. */
    public boolean isEmpty() {
        return size == 0;
    }

    /**
     * Puts a call at the end of its rank. A call can be added to one line, once.
     *
     * @param now the time, from which it waits
     * @return false if the line is as long as it may be
     * @throws IllegalStateException if the call has been added before
     */
    public boolean add(Waiter waiter, long now) {
        if (waiter.place != null) {
            throw new IllegalStateException("'" + name + "': a call can be added once");
        }
        int rank = Math.max(0, Math.min(discipline.rank(waiter), ends.length - 1));
        Place place = new Place(this, waiter, rank, now);
        waiter.place = place;
        return link(place, ends[rank], bound.getAsInt());
    }

    @LeafSection
    private boolean link(Place place, Place end, int bound) {
        synchronized (lock) {
            int before = size;
            if (before >= bound) {
                return false;
            }
            Place newest = end.previous;
            place.previous = newest;
            place.next = end;
            newest.next = place;
            end.previous = place;
            size = before + 1;
            return true;
        }
    }

    /**
     * Takes a call out of the line.
     *
     * @return false if it does not stand in it (any more)
     */
    public boolean remove(Waiter waiter) {
        Place place = waiter.place;
        return place != null && place.queue == this && unlink(place);
    }

    @LeafSection
    private boolean unlink(Place place) {
        synchronized (lock) {
            Place next = place.next;
            if (next == place) {
                return false;
            }
            place.previous.next = next;
            next.previous = place.previous;
            place.previous = place;
            place.next = place;
            size = size - 1;
            return true;
        }
    }

    /**
     * Takes the call out that is to be served next, and rejects what the discipline sheds on the way. The caller has
     * room for it.
     *
     * @param now the time
     * @return null if nobody waits (any more). One that has given up meanwhile may be given: then it cannot be granted
     * @throws StackOverflowError if there is no room to serve anybody; then nobody was taken out
     */
    public @Nullable Waiter next(long now) {
        if (size == 0) {
            return null;
        }
        StackReserve.check();
        Place oldest = oldest();
        while (oldest != null) {
            Place next = newestFirst(now - oldest.joined) ? newest(oldest) : oldest;
            Waiter waiter = next.waiter;
            if (waiter != null && unlink(next)) {
                Rejection shed = shed(waiter, now - next.joined, now);
                if (shed == null || !waiter.reject(shed)) {
                    return waiter;
                }
            }
            oldest = oldest();
        }
        return null;
    }

    /** The one of the first rank in which anybody waits that has waited longest. */
    @LeafSection
    private @Nullable Place oldest() {
        Place[] ends = this.ends;
        synchronized (lock) {
            for (int i = 0; i < ends.length; i++) {
                Place oldest = ends[i].next;
                if (oldest != ends[i]) {
                    return oldest;
                }
            }
            return null;
        }
    }

    /** The one of the same rank that came last. */
    @LeafSection
    private Place newest(Place place) {
        Place end = ends[place.rank];
        synchronized (lock) {
            Place newest = end.previous;
            return newest == end ? place : newest;
        }
    }

    private boolean newestFirst(long longestWaitNanos) {
        try {
            return discipline.newestFirst(longestWaitNanos);
        } catch (Throwable broken) {
            failures.report(name, "discipline", broken);
            return false;
        }
    }

    private @Nullable Rejection shed(Waiter waiter, long waitedNanos, long now) {
        try {
            return discipline.shed(waiter, waitedNanos, size, now);
        } catch (Throwable broken) {
            failures.report(name, "discipline", broken);
            return null;
        }
    }

    @Override
    public String toString() {
        return "WaitQueue['" + name + "', " + size + " waiting]";
    }

    /**
     * In which order the calls in line are served, and which are not. Each method returns at once, calls nothing of the
     * user's and takes no lock; it may be called by many threads at once. One that throws counts as unsaid and is
     * logged; but a {@link #rank} that throws keeps its call out of the line.
     */
    public interface Discipline {

        /** How many ranks there are; one unless overridden. Asked once. */
        default int ranks() {
            return 1;
        }

        /**
         * The rank of a call, from zero, whose calls are served first, to below {@link #ranks()}. A number outside of
         * that counts as the nearest one within. Asked once, as the call joins.
         */
        default int rank(Waiter waiter) {
            return 0;
        }

        /**
         * Whether, of the rank that is served, the call that came last is served first: adaptive LIFO switches to that
         * when calls wait for long, since those that came last are then the ones whose callers still wait. Asked for
         * each call that is served.
         *
         * @param longestWaitNanos how long the oldest of that rank has waited
         */
        default boolean newestFirst(long longestWaitNanos) {
            return false;
        }

        /**
         * Whether a call is shed that is about to be served.
         *
         * @param next whose turn it is; it does not stand in the line any more
         * @param waitedNanos how long it has waited
         * @param length how many wait behind it
         * @return what it is told, which rejects it; or null to serve it
         */
        default @Nullable Rejection shed(Waiter next, long waitedNanos, int length, long now) {
            return null;
        }
    }

    /**
     * Where a call stands, or, without one, the end of a list. Made before the lock is taken, so that nothing need be
     * allocated under it. The links are guarded by the lock.
     */
    static final class Place {

        final WaitQueue queue;
        final @Nullable Waiter waiter;
        final int rank;
        final long joined;

        /** The neighbours; itself as long as it stands in no list. */
        Place previous = this;

        Place next = this;

        Place(WaitQueue queue, @Nullable Waiter waiter, int rank, long joined) {
            this.queue = queue;
            this.waiter = waiter;
            this.rank = rank;
            this.joined = joined;
        }
    }
}
