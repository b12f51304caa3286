package dev.mainstay.breaker;

import java.util.concurrent.locks.ReentrantLock;

/**
 * The last n calls for any n, in memory that depends on how many of them failed or were slow.
 *
 * <p>Calls are numbered. A failure leaves its number behind, and is in the window as long as fewer than n calls came after it. A success is only counted,
 * so that the failures move on; and once the window is full and holds neither failure nor slow call, there is nothing to move on:
 * the window is <em>quiet</em>, it says so, and successes write nothing until the next failure.
 */
final class RingWindow extends Window {

    /*
     * Who writes what:
     *
     *   calls      successes by a striped increment, failures too but inside the lock, so that their numbers grow
     *   failures,  inside the lock
     *   slowCalls
     *   calm,      inside the lock; read without it by every success
     *   newestBad
     *   atLeast    by anybody, and only ever too low: calls once added up, to add up no more when enough is enough
     *
     * A success that overlaps a failure may find the window still quiet, and then counts as the one before it. A success that counts although the window has
     * become quiet does no harm: numbers mean something only by their distance to the number of a failure, of which there is none.
     *
     * That the window could become quiet is noticed by a success every so often. Until then it is as exact, only not as fast. Where threads have met, whoever looks adds up what others
     * count, and takes their cache lines away from them: there it is looked for only about once in a window.
     */
    private static final long NONE = Long.MIN_VALUE;
    private static final long COMING = Long.MAX_VALUE;
    private static final int QUIET_CHECK_EVERY = 16;
    private static final int SPINS = 64;

    private final int size;
    private final int sharedQuietCheckEvery;
    private final StripedCounter calls = new StripedCounter();
    private final ReentrantLock lock = new ReentrantLock();
    private final Positions failures = new Positions();
    private final Positions slowCalls = new Positions();
    private volatile long newestBad = NONE;
    private volatile long atLeast;

    RingWindow(int size) {
        this.size = size;
        this.sharedQuietCheckEvery = Math.max(QUIET_CHECK_EVERY, Integer.highestOneBit(size));
    }

    @Override
    int recordGood(long now, int minimumCalls) {
        if (calm.prevails()) {
            return UNCHANGED;
        }
        boolean clean = newestBad == NONE;
        if (clean || atLeast >= minimumCalls) {
            if (isTimeToLook(calls.increment()) && becomesQuiet()) {
                return CLEAN;
            }
            if (!clean) {
                return COUNTED;
            }
            // A failure that came in between may have looked before this call was counted.
            return newestBad == NONE ? CLEAN : DUE;
        }
        // Each success looks before and after itself, so that of several at once at least the last to be counted finds
        // the minimum completed by it.
        long before = calls.sum();
        calls.increment();
        long after = calls.sum();
        atLeast = after;
        return before < minimumCalls && after >= minimumCalls ? DUE : COUNTED;
    }

    @Override
    Tally recordBad(boolean failed, boolean slow, long now) {
        lock();
        try {
            if (newestBad == NONE) {
                // Before anything is added up here: a success that does not find this is counted below, and one that
                // does looks for itself.
                newestBad = COMING;
            }
            calls.increment();
            long number = calls.sum();
            if (failed) {
                failures.add(number);
            }
            if (slow) {
                slowCalls.add(number);
            }
            newestBad = number;
            if (calm.prevails()) {
                calm.set(false);
            }
            return tallyAt(number);
        } finally {
            lock.unlock();
        }
    }

    private boolean isTimeToLook(long share) {
        return share % QUIET_CHECK_EVERY == 0 && (!calls.isSpread() || share % sharedQuietCheckEvery == 0);
    }

    /** Whoever has the lock gives it back long before another thread could have been put to sleep and woken. */
    private void lock() {
        for (int i = 0; i < SPINS; i++) {
            if (lock.tryLock()) {
                return;
            }
            Thread.onSpinWait();
        }
        lock.lock();
    }

    private boolean becomesQuiet() {
        if (!isTurnedOverSince(newestBad, calls.sum()) || !lock.tryLock()) {
            return false;
        }
        try {
            long number = calls.sum();
            if (!isTurnedOverSince(newestBad, number)) {
                return false;
            }
            forget(number);
            newestBad = NONE;
            calm.set(true);
            return true;
        } finally {
            lock.unlock();
        }
    }

    private boolean isTurnedOverSince(long bad, long number) {
        return number >= size && (bad == NONE || number - bad >= size);
    }

    private void forget(long number) {
        failures.forgetUpTo(number - size);
        slowCalls.forgetUpTo(number - size);
    }

    @Override
    Tally tally(long now) {
        lock();
        try {
            return tallyAt(calls.sum());
        } finally {
            lock.unlock();
        }
    }

    private Tally tallyAt(long number) {
        forget(number);
        return new Tally(Math.min(number, size), failures.count(), slowCalls.count());
    }

    @Override
    boolean hasTurnedOver(long now) {
        return calls.sum() >= size;
    }

    @Override
    Window changedTo(SlidingWindow kind, boolean countsSlowCalls, long now) {
        if (kind instanceof SlidingWindow.Calls calls && calls.size() == size) {
            return this;
        }
        lock();
        try {
            long number = calls.sum();
            forget(number);
            return replayed(kind, countsSlowCalls, now, Math.max(1, number - size + 1), number, new Remembered() {
                @Override
                public boolean failed(long call) {
                    return failures.contains(call);
                }

                @Override
                public boolean slow(long call) {
                    return slowCalls.contains(call);
                }
            });
        } finally {
            lock.unlock();
        }
    }

    /** For tests: whether a success writes nothing now. */
    boolean isQuiet() {
        return calm.prevails();
    }
}
