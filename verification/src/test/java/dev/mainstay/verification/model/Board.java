package dev.mainstay.verification.model;

import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/** All that a policy can be measured by, bound as a metrics library does it, and named as the {@link Ledger} does. */
final class Board implements MeterSink {

    private final Map<String, LongSupplier> counters = new LinkedHashMap<>();
    private final Map<String, DoubleSupplier> gauges = new LinkedHashMap<>();
    private final List<Long> durations = new ArrayList<>();

    Board(Policy policy) {
        PolicyAccess.describe(policy, this);
    }

    Map<String, LongSupplier> counters() {
        return counters;
    }

    Map<String, DoubleSupplier> gauges() {
        return gauges;
    }

    /** What the timers recorded since this list was cleared. */
    List<Long> durations() {
        return durations;
    }

    @Override
    public void counter(MeterId id, LongSupplier count) {
        if (count instanceof CallCounter counter) {
            counter.start();
        }
        put(counters, id, count);
    }

    @Override
    public void gauge(MeterId id, DoubleSupplier value) {
        put(gauges, id, value);
    }

    @Override
    public void timer(MeterId id, Recorder recorder) {
        recorder.attach(durations::add);
    }

    private static <M> void put(Map<String, M> meters, MeterId id, M meter) {
        Map<String, String> tags = new TreeMap<>(id.tags());
        tags.remove("name");
        if (meters.put(tags.isEmpty() ? id.name() : id.name() + tags, meter) != null) {
            throw new AssertionError("two meters are called " + id);
        }
    }
}
