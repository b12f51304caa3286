package dev.mainstay.meter;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A count that costs one volatile read until somebody wants to know it, and one striped increment from then on. Safe for use by many
 * threads; a count taken while others increment may or may not include theirs.
 */
public sealed class Counter implements LongSupplier permits TotalCounter {

    private volatile @Nullable LongAdder adder;

    /** Not started yet. */
    public Counter() {}

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
            // Two first starters may each make one: the loser's is dropped before anybody could rely on it.
            adder = new LongAdder();
        }
    }

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
}
