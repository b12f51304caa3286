package dev.mainstay.breaker;

import dev.mainstay.safe.LeafSection;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The last n calls for any n, in memory that depends on how many of them failed or were slow.
 *
 * <p>Calls are numbered. A failure leaves its number behind, and is in the window as long as fewer than n calls came
 * after it. A success is only counted, so that the failures move on. Once n calls have come after the last failure
 * there is nothing to move on: the window is <em>quiet</em>, and successes write nothing until the next failure.
 */
final class CountWindow extends PaddedCount {

    /*
     * Who writes what:
     *
     *   count      by one atomic addition; failures inside the monitor
     *   quietFrom   inside the monitor: the number of the last failure, plus n; or n as long as there was none
     *   quiet   inside the monitor: false with each failure, true by a success whose number has reached quietFrom
     *   bad, …     inside the monitor
     *
     * A success counts itself unless the window is quiet. A success that overlaps a failure may find the window still
     * quiet, and then comes before it. A success that counts although the window has just become quiet does no harm:
     * numbers mean something only by their distance to the number of a failure, of which there is none.
     *
     * Its number tells a success what to do. The one that completes the minimum looks at the rates, for which it enters
     * the monitor, and so finds each failure that has a smaller number. The one that makes the window quiet says so.
     * All others have done all there is to do.
     *
     * The monitor's sections call nothing but the addition, before which they write nothing that matters: a stack
     * overflow leaves the window either without the call or with it, and not quiet until the next failure.
     */
    private static final long FAILED = 1;
    private static final long SLOW = 2;
    private static final int KIND_BITS = 2;
    private static final int ROOM_AT_FIRST = 8;
    private static final VarHandle COUNT = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "count", VarHandle.class, CountWindow.class, long.class);
    private static final long[] NONE = {};

    private final int size;

    /** How many calls have been counted. It never becomes smaller. */
    private volatile long count;

    /**
     * A ring of the calls that failed or were slow: the number above, the kind below. The length is a power of two, or
     * zero before the first such call.
     */
    private long[] bad = NONE;

    private int oldest;
    private int held;
    private int failures;
    private int slowCalls;
    private int slowFailures;

    /** When the last of them ended. */
    private long newestBadAt;

    CountWindow(int size) {
        this.size = size;
        this.quietFrom = size;
    }

    @Override
    int recordGood(long now, int minimumCalls) {
        if (quiet) {
            return UNCHANGED;
        }
        long number = (long) COUNT.getAndAdd(this, 1L) + 1;
        if (number == minimumCalls) {
            return DUE;
        }
        if (number < quietFrom) {
            return COUNTED;
        }
        becomeQuiet();
        return CLEAN;
    }

    /** A failure may have come since the number was drawn. */
    @LeafSection
    private synchronized void becomeQuiet() {
        quiet = count >= quietFrom;
    }

    @Override
    Tally recordBad(boolean failed, boolean slow, long now) {
        Reading reading = new Reading();
        long kind = (failed ? FAILED : 0) | (slow ? SLOW : 0);
        long[] larger = null;
        while (!add(kind, now, larger, reading)) {
            larger = new long[reading.roomWanted];
        }
        return reading.tally(size);
    }

    /** Adds a call, if there is room for it. */
    @LeafSection
    private synchronized boolean add(long kind, long now, long @Nullable [] larger, Reading reading) {
        long[] ring = bad;
        if (held == ring.length && (larger == null || larger.length <= held)) {
            reading.roomWanted = held == 0 ? ROOM_AT_FIRST : 2 * held;
            return false;
        }
        // Before the call is counted, so that no success after it finds the window quiet.
        quietFrom = Long.MAX_VALUE;
        quiet = false;
        long number = (long) COUNT.getAndAdd(this, 1L) + 1;
        quietFrom = number + size;
        newestBadAt = now;
        if (held == ring.length && larger != null) {
            for (int i = 0; i < held; i++) {
                larger[i] = ring[(oldest + i) & (ring.length - 1)];
            }
            oldest = 0;
            bad = larger;
            ring = larger;
        }
        ring[(oldest + held) & (ring.length - 1)] = number << KIND_BITS | kind;
        held++;
        failures += (int) (kind & FAILED);
        slowCalls += (int) ((kind & SLOW) >> 1);
        slowFailures += (int) (kind & (kind >> 1) & FAILED);
        while (ring[oldest] >> KIND_BITS <= number - size) {
            failures -= (int) (ring[oldest] & FAILED);
            slowCalls -= (int) ((ring[oldest] & SLOW) >> 1);
            slowFailures -= (int) (ring[oldest] & (ring[oldest] >> 1) & FAILED);
            oldest = (oldest + 1) & (ring.length - 1);
            held--;
        }
        reading.number = number;
        reading.failures = failures;
        reading.slowCalls = slowCalls;
        reading.slowFailures = slowFailures;
        return true;
    }

    @Override
    Tally tally(long now) {
        return count == 0 ? Tally.NOTHING : read(NONE).tally(size);
    }

    private Reading read(long[] copy) {
        Reading reading = new Reading();
        read(reading, copy);
        return reading;
    }

    /** Forgets what has left the window, reads what is in it, and copies it as far as there is room. */
    @LeafSection
    private synchronized void read(Reading reading, long[] copy) {
        long number = count;
        long[] ring = bad;
        while (held > 0 && ring[oldest] >> KIND_BITS <= number - size) {
            failures -= (int) (ring[oldest] & FAILED);
            slowCalls -= (int) ((ring[oldest] & SLOW) >> 1);
            slowFailures -= (int) (ring[oldest] & (ring[oldest] >> 1) & FAILED);
            oldest = (oldest + 1) & (ring.length - 1);
            held--;
        }
        for (int i = 0; i < held && i < copy.length; i++) {
            copy[i] = ring[(oldest + i) & (ring.length - 1)];
        }
        reading.number = number;
        reading.held = held;
        reading.failures = failures;
        reading.slowCalls = slowCalls;
        reading.slowFailures = slowFailures;
        reading.newestBadAt = newestBadAt;
    }

    @Override
    boolean isCleanSince(long now, long time) {
        Reading reading = read(NONE);
        return reading.held == 0 || reading.newestBadAt - time <= 0;
    }

    @Override
    boolean hasTurnedOver(long now) {
        return count >= size;
    }

    @Override
    Window changedTo(SlidingWindow kind, long now) {
        if (!(kind instanceof SlidingWindow.Calls calls)) {
            return of(kind, now);
        }
        if (calls.size() == size) {
            return this;
        }
        long[] copy = NONE;
        Reading reading = read(copy);
        while (reading.held > copy.length) {
            copy = new long[reading.held];
            reading = read(copy);
        }
        CountWindow other = new CountWindow(calls.size());
        other.take(copy, reading, Math.min(size, calls.size()));
        return other;
    }

    /** Begins with the newest calls of another window. Nobody else may know this one yet. */
    private void take(long[] entries, Reading from, int newest) {
        long skipped = Math.max(0, from.number - newest);
        for (int i = 0; i < from.held; i++) {
            long number = (entries[i] >> KIND_BITS) - skipped;
            if (number > 0) {
                count = number - 1;
                Tally ignored = recordBad((entries[i] & FAILED) != 0, (entries[i] & SLOW) != 0, from.newestBadAt);
            }
        }
        count = from.number - skipped;
    }

    /** What a section found. Sections do not allocate: whoever enters one brings this along. */
    private static final class Reading {
        private int roomWanted;
        private int held;
        private long number;
        private int failures;
        private int slowCalls;
        private int slowFailures;
        private long newestBadAt;

        Tally tally(int size) {
            return new Tally(Math.min(number, size), failures, slowCalls, slowFailures);
        }
    }
}
