package dev.mainstay.examples.demo;

import java.time.Duration;

/** Durations as fractions of seconds: rates and charts count in them. */
final class Seconds {
    private static final double NANOS = 1e9;

    private Seconds() {}

    static double of(Duration duration) {
        return duration.toNanos() / NANOS;
    }

    static double ofNanos(long nanos) {
        return nanos / NANOS;
    }

    static Duration toDuration(double seconds) {
        return Duration.ofNanos(Math.round(seconds * NANOS));
    }
}
