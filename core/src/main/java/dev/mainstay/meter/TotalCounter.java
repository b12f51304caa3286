package dev.mainstay.meter;

import org.jspecify.annotations.Nullable;

/** A counter that counts nothing itself: its value is the sum of others, which it starts when it is started. */
final class TotalCounter extends CallCounter {

    private final MeterTotals totals;
    private final int index;

    TotalCounter(MeterTotals totals, int index) {
        this.totals = totals;
        this.index = index;
    }

    @Override
    public void start() {
        totals.startCounter(index);
    }

    @Override
    public boolean isStarted() {
        return totals.isStarted(index);
    }

    @Override
    public long getAsLong() {
        return totals.count(index);
    }

    /** One total is one counter, however often it was described. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TotalCounter that && that.totals == totals && that.index == index;
    }

    @Override
    public int hashCode() {
        return 31 * System.identityHashCode(totals) + index;
    }
}
