package dev.mainstay;

import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/** How the one call of a policy has ended, as its counters tell it. */
final class Tallied implements MeterSink {

    private final List<MeterId> ids = new ArrayList<>();
    private final List<LongSupplier> counts = new ArrayList<>();

    /** The outcomes that were counted, each as often as it was. */
    @Override
    public String toString() {
        StringBuilder outcomes = new StringBuilder();
        for (int i = 0; i < ids.size(); i++) {
            for (long n = counts.get(i).getAsLong(); n > 0; n--) {
                outcomes.append(outcomes.length() == 0 ? "" : " and ")
                        .append(ids.get(i).tags().get("outcome"));
            }
        }
        return outcomes.toString();
    }

    @Override
    public void counter(MeterId id, LongSupplier count) {
        ids.add(id);
        counts.add(count);
        if (count instanceof CallCounter counter) {
            counter.start();
        }
    }

    @Override
    public void gauge(MeterId id, DoubleSupplier value) {}

    @Override
    public void timer(MeterId id, Recorder recorder) {}
}
