package dev.mainstay.meter;

/** A counter that counts nothing itself: its value is the sum of others, which it starts when it is started. */
final class TotalCounter extends Counter {

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
}
