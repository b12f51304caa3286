package dev.mainstay.breaker;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * A count that threads do not fight for: one number until two of them meet, one for each stripe from then on. Unlike a {@code LongAdder}, it says how far the
 * stripe has come, so that something can be done every so many times.
 */
final class StripedCounter {

    private static final VarHandle BASE;
    private static final VarHandle STRIPES;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            BASE = lookup.findVarHandle(StripedCounter.class, "base", long.class);
            STRIPES = lookup.findVarHandle(StripedCounter.class, "stripes", AtomicLongArray.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile long base;
    private volatile @Nullable AtomicLongArray stripes;

    /** Adds one, and returns the calling thread's share of the sum. */
    long increment() {
        AtomicLongArray stripes = this.stripes;
        if (stripes == null) {
            long before = base;
            if (BASE.compareAndSet(this, before, before + 1)) {
                return before + 1;
            }
            stripes = spread();
        }
        return stripes.incrementAndGet((1 + Stripes.mine()) * Stripes.PADDING);
    }

    /** Whether two threads have met. */
    boolean isSpread() {
        return stripes != null;
    }

    /** Two threads have met: each gets a number of its own, with those of its stripe. */
    AtomicLongArray spread() {
        AtomicLongArray fresh = new AtomicLongArray((2 + Stripes.COUNT) * Stripes.PADDING);
        AtomicLongArray found = (AtomicLongArray) STRIPES.compareAndExchange(this, null, fresh);
        return found == null ? fresh : found;
    }

    /** At least all increments that had ended when this was called, and none that begin after it has ended. */
    long sum() {
        long sum = base;
        AtomicLongArray stripes = this.stripes;
        if (stripes != null) {
            for (int i = Stripes.PADDING; i <= Stripes.COUNT * Stripes.PADDING; i += Stripes.PADDING) {
                sum += stripes.get(i);
            }
        }
        return sum;
    }
}
