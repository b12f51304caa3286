package dev.mainstay.examples.demo;

import java.time.Duration;
import java.util.function.IntUnaryOperator;

/** Timelines to test with: a hundred calls in each second, of which so many are answered after ten milliseconds. */
final class Timelines {
    static final int CALLS_PER_SECOND = 100;

    private static final Duration SLICE = Duration.ofMillis(500);
    private static final long LATENCY = Duration.ofMillis(10).toNanos();

    private Timelines() {}

    /** {@code answered} tells how many of the hundred calls of a second get their answer. */
    static Timeline of(int seconds, IntUnaryOperator answered) {
        var measurements = new Measurements(Duration.ofSeconds(seconds), SLICE);
        for (int second = 0; second < seconds; second++) {
            for (int call = 0; call < CALLS_PER_SECOND; call++) {
                long due = Duration.ofSeconds(second).toNanos()
                        + Duration.ofSeconds(1).toNanos() * call / CALLS_PER_SECOND;
                measurements.arrived(due);
                measurements.sent(due);
                // Spread evenly over the second, so that both of its slices fare alike.
                boolean good = call * 37 % CALLS_PER_SECOND < answered.applyAsInt(second);
                measurements.ended(due, due + LATENCY, good);
            }
        }
        return measurements.timeline();
    }
}
