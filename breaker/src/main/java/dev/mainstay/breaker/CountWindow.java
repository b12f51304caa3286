package dev.mainstay.breaker;

import dev.mainstay.SilentCount;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The last n calls for any n, in memory that depends on how many of them failed or were slow.
 *
 * <p>Calls are numbered. A failure leaves its number behind, and is in the window as long as fewer than n calls came after it. A success is only counted,
 * so that the failures move on; and once the window is full and holds neither failure nor slow call, there is nothing to move on:
 * the window is <em>quiet</em>, it says so, and successes write nothing until the next failure.
 */
final class CountWindow extends Window {

    /*
     * Who writes what:
     *
     *   calls      successes by a striped increment; failures inside the lock, always to its base, so that their numbers grow and none is overtaken by a silent success
     *   silence    begun inside the lock, ended by anybody
     *   failures,  inside the lock
     *   slowCalls
     *   calm,      inside the lock; read without it by every success
     *   newestBad
     *   atLeast    by anybody, and only ever too low: calls once added up, to add up no more when enough is enough
     *
     * A success that overlaps a failure may find the window still quiet, and then counts as the one before it. A success that counts although the window has
     * become quiet does no harm: numbers mean something only by their distance to the number of a failure, of which there is none.
     *
     * A success is of interest if the window may become quiet by it, or if with a failure in the window it may complete the minimum, of which a full window has enough. In between it is
     * counted in silence, and which one is the next of interest is known by its number as long as threads have not met. From then on there is no silence, and each thread
     * looks every so often: it adds up what others count, and takes their cache lines away from them.
     */
    private static final long NONE = Long.MIN_VALUE;
    private static final int LOOK_EVERY_AT_LEAST = 16;
    private static final int SPINS = 64;

    private final int size;
    private final int lookEvery;
    private final StripedCounter calls = new StripedCounter();
    private final ReentrantLock lock = new ReentrantLock();
    private final Positions failures = new Positions();
    private final Positions slowCalls = new Positions();
    private volatile long newestBad = NONE;
    private volatile long atLeast;

    CountWindow(int size) {
        this.size = size;
        this.lookEvery = Math.max(LOOK_EVERY_AT_LEAST, Integer.highestOneBit(size));
    }

    @Override
    int recordGood(long now, int minimumCalls) {
        if (calm.prevails()) {
            return UNCHANGED;
        }
        // Decided as it is counted: by now, silence may have ended, and afterwards it may have begun anew.
        return calls.base().addInSilence() ? COUNTED : look(calls.increment(), minimumCalls);
    }

    /** After the call is counted: a failure says first that it comes, and then adds up, so that of the two at least the later finds the other. */
    private int look(long number, int minimumCalls) {
        if (completes(number, minimumCalls) && newestBad != NONE) {
            return DUE;
        }
        if (isTimeToLook(number) && becomesQuiet()) {
            return CLEAN;
        }
        return newestBad == NONE ? CLEAN : COUNTED;
    }

    /** Whether this call makes up the minimum; or, once threads have met, whether nobody has seen so many calls yet: if several have just ended, at least the last of them. */
    private boolean completes(long number, int minimumCalls) {
        if (number < StripedCounter.SHARED) {
            return number == minimumCalls;
        }
        if (atLeast >= minimumCalls) {
            return false;
        }
        long sum = calls.sum();
        if (sum < minimumCalls) {
            return false;
        }
        atLeast = sum;
        return true;
    }

    private boolean isTimeToLook(long number) {
        return number < StripedCounter.SHARED ? number >= size || newestBad == NONE : number % lookEvery == 0;
    }

    @Override
    Tally recordBad(boolean failed, boolean slow, long now) {
        lock();
        try {
            if (newestBad == NONE) {
                // As if it were the last call so far, before anything is added up here: a success that does not find
                // this is counted below, and one that does looks for itself.
                calls.silentUpTo(0);
                newestBad = calls.sum();
            }
            calls.base().add();
            long number = calls.sum();
            if (failed) {
                failures.add(number);
            }
            if (slow) {
                slowCalls.add(number);
            }
            newestBad = number;
            if (atLeast < size) {
                // Whoever completes a minimum at the same time need not look: this will.
                atLeast = number;
            }
            beSilent(number);
            if (calm.prevails()) {
                calm.set(false);
            }
            return tallyAt(number);
        } finally {
            lock.unlock();
        }
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
        if (!lock.tryLock()) {
            return false;
        }
        try {
            long number = calls.sum();
            if (number < quietAt()) {
                beSilent(number);
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

    private long quietAt() {
        return newestBad == NONE ? size : newestBad + size;
    }

    private void beSilent(long number) {
        calls.silentUpTo(newestBad == NONE || number >= size ? quietAt() - 1 : 0);
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
    Window changedTo(SlidingWindow kind, long now) {
        if (kind instanceof SlidingWindow.Calls calls && calls.size() == size) {
            return this;
        }
        lock();
        try {
            long number = calls.sum();
            forget(number);
            return replayed(kind, now, Math.max(1, number - size + 1), number, new Remembered() {
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

    @Override
    SilentCount silence() {
        return calls.base();
    }

    @Override
    void endSilence() {
        calls.silentUpTo(0);
    }
}
