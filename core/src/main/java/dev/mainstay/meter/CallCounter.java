package dev.mainstay.meter;

import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A count that costs one volatile read until somebody wants to know it, and one striped increment from then on. Safe
 * for use by many threads; a count taken while others increment may or may not include theirs.
 */
public sealed class CallCounter implements LongSupplier permits TotalCounter, CallCounter.Announced {

    private static final AtomicReferenceFieldUpdater<CallCounter, @Nullable LongAdder> ADDER =
            AtomicReferenceFieldUpdater.newUpdater(CallCounter.class, LongAdder.class, "adder");

    private volatile @Nullable LongAdder adder;

    /** Not started yet. */
    public CallCounter() {}

    /**
     * Not started yet.
     *
     * @param onStart runs once the counter has been started, before {@link #start} returns to whoever was first; for
     *     policies that do less as long as nobody counts
     */
    public static CallCounter announced(Runnable onStart) {
        return new Announced(onStart);
    }

    /** Adds one, if the counter has been started. */
    public final void increment() {
        LongAdder adder = this.adder;
        if (adder != null) {
            adder.increment();
        }
    }

    /** Begins to count, from zero. Starting it again does nothing. */
    public void start() {
        if (adder == null) {
            // Of two first starters only one may make it: the other one's would take the place of what was counted
            // since.
            boolean first = ADDER.compareAndSet(this, null, new LongAdder());
            if (first) {
                started();
            }
        }
    }

    /** Called once, by whoever has started it. */
    void started() {}

    /** Whether it counts. */
    public boolean isStarted() {
        return adder != null;
    }

    /** How many since it was started; 0 before. */
    @Override
    public long getAsLong() {
        LongAdder adder = this.adder;
        return adder == null ? 0 : adder.sum();
    }

    @Override
    public String toString() {
        return Long.toString(getAsLong());
    }

    /** One whose policy wants to know. Apart, since most have no room for more than the count. */
    static final class Announced extends CallCounter {

        private final Runnable onStart;

        Announced(Runnable onStart) {
            this.onStart = onStart;
        }

        @Override
        void started() {
            onStart.run();
        }
    }
}
