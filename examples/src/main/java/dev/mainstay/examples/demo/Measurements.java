package dev.mainstay.examples.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Collects what happens in a trial, from any thread, in slices of time. A call counts in the slice in which it was due,
 * whenever it ends: each slice tells the fate of the calls that came then. Requests count in the slice in which they
 * were sent. What happens before time zero, in the warm-up, does not count.
 */
final class Measurements {
    /** Two digits: a latency is right within 1 %. */
    private static final int PRECISION = 2;

    private final long sliceNanos;
    private final List<Collector> collectors;

    Measurements(Duration end, Duration slice) {
        this.sliceNanos = slice.toNanos();
        int slices = Math.toIntExact((end.toNanos() + sliceNanos - 1) / sliceNanos);
        this.collectors = Stream.generate(Collector::new).limit(slices).toList();
    }

    /** A request goes out to the service. */
    void sent(long now) {
        if (covers(now)) {
            at(now).sent.incrementAndGet();
        }
    }

    /** A call is due. */
    void arrived(long due) {
        if (covers(due)) {
            at(due).offered.incrementAndGet();
        }
    }

    /** A call ends, with an answer or without. */
    void ended(long due, long now, boolean answered) {
        if (covers(due)) {
            at(due).ended(now - due, answered);
        }
    }

    /** What has been collected so far. */
    Timeline timeline() {
        var slices = new ArrayList<Slice>();
        for (var collector : collectors) {
            slices.add(collector.slice());
        }
        return new Timeline(Duration.ofNanos(sliceNanos), slices);
    }

    private boolean covers(long time) {
        return time >= 0 && time < sliceNanos * collectors.size();
    }

    private Collector at(long time) {
        return collectors.get((int) (time / sliceNanos));
    }

    private static final class Collector {
        private final AtomicInteger offered = new AtomicInteger();
        private final AtomicInteger sent = new AtomicInteger();
        private final Histogram answers = new ConcurrentHistogram(PRECISION);
        private final Histogram failures = new ConcurrentHistogram(PRECISION);

        private void ended(long nanos, boolean answered) {
            (answered ? answers : failures).recordValue(Math.max(0, nanos));
        }

        private Slice slice() {
            return new Slice(offered.get(), sent.get(), answers.copy(), failures.copy());
        }
    }
}
