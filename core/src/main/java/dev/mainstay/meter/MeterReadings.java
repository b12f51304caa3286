package dev.mainstay.meter;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * A sink that reads each meter once, for whoever wants to look rather than to go on watching: {@code toString}, a
 * dashboard's snapshot, an assertion. It starts no counter and attaches to no timer. Not safe for use by many threads.
 */
public final class MeterReadings implements MeterSink {

    private final Map<MeterId, Double> values = new LinkedHashMap<>();

    /** Nothing read yet. */
    public MeterReadings() {}

    /** What was read, in the order in which the policy described itself; timers are left out. */
    public Map<MeterId, Double> values() {
        return values;
    }

    @Override
    public void counter(MeterId id, LongSupplier count) {
        values.put(id, (double) count.getAsLong());
    }

    @Override
    public void gauge(MeterId id, DoubleSupplier value) {
        values.put(id, value.getAsDouble());
    }

    @Override
    public void timer(MeterId id, Recorder recorder) {
        // Durations are handed over as they happen: there is nothing to read now.
    }
}
