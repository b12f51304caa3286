package dev.mainstay.meter;

import dev.mainstay.event.Subscription;
import java.util.function.LongConsumer;

/** A recorder that hands on what several others record, once somebody is attached to it. */
final class TotalRecorder extends Recorder {

    private final MeterTotals totals;
    private final int index;

    TotalRecorder(MeterTotals totals, int index) {
        this.totals = totals;
        this.index = index;
    }

    @Override
    public Subscription attach(LongConsumer reader) {
        Subscription subscription = super.attach(reader);
        totals.link(index);
        return subscription;
    }
}
