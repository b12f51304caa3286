package dev.mainstay.examples.demo;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalDouble;
import org.HdrHistogram.Histogram;

/** The calls that ended within the last second, however old they were: what the live line shows. Thread safe. */
final class LastSecond {
    /** How often {@link #tick} is to be called. */
    static final int TICKS_PER_SECOND = 4;

    private final Deque<Tick> ticks = new ArrayDeque<>();
    private Tick current = new Tick();

    /** A call ends. */
    synchronized void ended(long latencyNanos, boolean answered) {
        current.latencies.recordValue(Math.max(0, latencyNanos));
        if (answered) {
            current.answered++;
        }
    }

    /** A quarter of a second has passed. */
    synchronized void tick() {
        ticks.addLast(current);
        if (ticks.size() > TICKS_PER_SECOND) {
            ticks.removeFirst();
        }
        current = new Tick();
    }

    /** Answers per second. */
    synchronized int goodput() {
        return ticks.stream().mapToInt(tick -> tick.answered).sum();
    }

    /** The time within which 99 % of the calls that ended had done so, in seconds; empty if none ended. */
    synchronized OptionalDouble p99Seconds() {
        var all = new Histogram(2);
        ticks.forEach(tick -> all.add(tick.latencies));
        return all.getTotalCount() == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(Seconds.ofNanos(all.getValueAtPercentile(99)));
    }

    private static final class Tick {
        private final Histogram latencies = new Histogram(2);
        private int answered;
    }
}
