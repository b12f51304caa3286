package dev.mainstay.breaker;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.ReentrantLock;

/** The last up to 62 calls in one {@code long}, slow calls not told apart. Linearizable. */
final class PackedWindow extends Window {

    /*
     *  n = 5, three calls so far, of which the second failed       n = 5 and full, one failure four calls ago
     *
     *      0 ... 0 0 1 0 1 0                                           0 ... 1 0 1 0 0 0
     *                |   '-'-- outcomes, the newest lowest                   | '-----'--- outcomes
     *                marker, one above the oldest outcome                    marker, from now on at bit n
     *
     * The marker says how many calls there are, so that one compare-and-set counts a call and tells the volume. When the
     * window is full and all is well, shifting a success in gives the same word, and nothing is written.
     *
     * It is calm then, and says so in the topmost bit, too. That bit comes and goes under a lock, together with what all successes read: nobody can put a failure into
     * a calm word without ending the calm first, and nobody can begin it in a word that has changed meanwhile.
     */
    static final int LARGEST = 62;

    private static final long EMPTY = 1;
    private static final long CALM = Long.MIN_VALUE;
    private static final VarHandle WORD;

    static {
        try {
            WORD = MethodHandles.lookup().findVarHandle(PackedWindow.class, "word", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int size;
    private final ReentrantLock calming = new ReentrantLock();
    private volatile long word = EMPTY;

    PackedWindow(int size) {
        this.size = size;
    }

    @Override
    int recordGood(long now, int minimumCalls) {
        while (true) {
            long before = word;
            if (before < 0) {
                return UNCHANGED;
            }
            long after = shifted(before, 0);
            if (after == before) {
                becomeCalm(before);
                return UNCHANGED;
            }
            if (WORD.weakCompareAndSet(this, before, after)) {
                return failures(after) == 0 ? CLEAN : completes(before, after, minimumCalls) ? DUE : COUNTED;
            }
        }
    }

    @Override
    Tally recordBad(boolean failed, boolean slow, long now) {
        while (true) {
            long before = word;
            if (before < 0) {
                endCalm(before);
                continue;
            }
            long after = shifted(before, failed ? 1 : 0);
            if (WORD.weakCompareAndSet(this, before, after)) {
                return tallyOf(after);
            }
        }
    }

    private void becomeCalm(long clean) {
        if (calming.tryLock()) {
            try {
                if (WORD.compareAndSet(this, clean, clean | CALM)) {
                    calm.set(true);
                }
            } finally {
                calming.unlock();
            }
        }
    }

    /** The word may be calm again before the failure is in it, which then ends that, too. */
    private void endCalm(long calmed) {
        calming.lock();
        try {
            if (word == calmed) {
                calm.set(false);
                word = calmed & ~CALM;
            }
        } finally {
            calming.unlock();
        }
    }

    /** What it is when calm is left out. */
    private long word() {
        return word & ~CALM;
    }

    private long shifted(long word, long outcome) {
        long shifted = (word << 1) | outcome;
        if (word >>> size == 0) {
            return shifted;
        }
        long marker = 1L << size;
        return (shifted & (marker - 1)) | marker;
    }

    private static boolean completes(long before, long after, int minimumCalls) {
        return calls(before) < minimumCalls && calls(after) == minimumCalls;
    }

    @Override
    Tally tally(long now) {
        return tallyOf(word());
    }

    private static Tally tallyOf(long word) {
        return new Tally(calls(word), failures(word), 0);
    }

    @Override
    boolean hasTurnedOver(long now) {
        return calls(word()) == size;
    }

    @Override
    Window changedTo(SlidingWindow kind, boolean countsSlowCalls, long now) {
        if (kind instanceof SlidingWindow.Calls calls && calls.size() == size && !countsSlowCalls) {
            return this;
        }
        long current = word();
        int newest = calls(current);
        return replayed(kind, countsSlowCalls, now, 1, newest, new Remembered() {
            @Override
            public boolean failed(long call) {
                return ((current >>> (newest - call)) & 1) == 1;
            }

            @Override
            public boolean slow(long call) {
                return false;
            }
        });
    }

    private static int calls(long word) {
        return Long.SIZE - 1 - Long.numberOfLeadingZeros(word);
    }

    private static int failures(long word) {
        return Long.bitCount(word) - 1;
    }
}
