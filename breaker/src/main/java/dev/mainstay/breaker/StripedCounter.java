package dev.mainstay.breaker;

import dev.mainstay.SilentCount;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * A count that threads do not fight for: one number until two of them meet, one for each stripe from then on. Unlike a {@code LongAdder}, it says how far the
 * stripe has come, so that something can be done every so many times; and as long as it is one number, successes may be added to it in silence.
 */
final class StripedCounter {

    /** From here on, what {@link #increment} returns is one stripe's part of the sum. A multiple of any power of two that a window may look for. */
    static final long SHARED = 1L << 62;

    private static final VarHandle STRIPES;

    static {
        try {
            STRIPES = MethodHandles.lookup().findVarHandle(StripedCounter.class, "stripes", AtomicLongArray.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final SilentCount base = new SilentCount();
    private volatile @Nullable AtomicLongArray stripes;

    /** Adds one, and returns the sum; or, once two threads have met, {@link #SHARED} and the calling thread's part of it. */
    long increment() {
        AtomicLongArray stripes = this.stripes;
        if (stripes == null) {
            long before = base.count();
            if (base.addTo(before)) {
                return before + 1;
            }
            stripes = spread();
        }
        return SHARED + stripes.incrementAndGet((1 + Stripes.mine()) * Stripes.PADDING);
    }

    /** The number that all share until two threads meet. What is added to it later counts, too. */
    SilentCount base() {
        return base;
    }

    /** Lets successes be added to the base in silence up to this sum, or 0; never once two threads have met. */
    void silentUpTo(long sum) {
        long allowed = stripes == null ? sum : 0;
        if (base.silentUpTo() != allowed) {
            base.silentUpTo(allowed);
        }
        if (allowed != 0 && stripes != null) {
            base.silentUpTo(0);
        }
    }

    /** Two threads have met: each gets a number of its own, with those of its stripe. */
    AtomicLongArray spread() {
        AtomicLongArray fresh = new AtomicLongArray((2 + Stripes.COUNT) * Stripes.PADDING);
        AtomicLongArray found = (AtomicLongArray) STRIPES.compareAndExchange(this, null, fresh);
        base.silentUpTo(0);
        return found == null ? fresh : found;
    }

    /** At least all increments that had ended when this was called, and none that begin after it has ended. */
    long sum() {
        long sum = base.count();
        AtomicLongArray stripes = this.stripes;
        if (stripes != null) {
            for (int i = Stripes.PADDING; i <= Stripes.COUNT * Stripes.PADDING; i += Stripes.PADDING) {
                sum += stripes.get(i);
            }
        }
        return sum;
    }
}
