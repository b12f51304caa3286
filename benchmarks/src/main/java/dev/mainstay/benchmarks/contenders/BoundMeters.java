package dev.mainstay.benchmarks.contenders;

import dev.mainstay.meter.Counter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/** Reads everything that policies can be measured by, as a metrics library does: from now on they count and record. */
final class BoundMeters implements MeterSink {

    @Override
    public void counter(MeterId id, LongSupplier count) {
        if (count instanceof Counter counter) {
            counter.start();
        }
    }

    @Override
    public void gauge(MeterId id, DoubleSupplier value) {}

    @Override
    public void timer(MeterId id, Recorder recorder) {
        recorder.attach(nanos -> {});
    }
}
