package dev.mainstay.time;

import java.time.Duration;

/** Durations as nanoseconds in a {@code long}, without wrapping. */
public final class Nanos {

    /**
     * Longer than anybody waits (146 years), yet short enough that it can be added to any clock reading and compared by
     * difference. What is longer is taken for this.
     */
    public static final long FOREVER = Long.MAX_VALUE >> 1;

    private Nanos() {}

    /** The duration in nanoseconds, at most {@link #FOREVER} and at least minus that. */
    public static long of(Duration duration) {
        if (duration.toSeconds() >= FOREVER / 1_000_000_000L) {
            return FOREVER;
        }
        if (duration.toSeconds() <= -FOREVER / 1_000_000_000L) {
            return -FOREVER;
        }
        return duration.toNanos();
    }

    /** The sum of two spans, neither below zero, at most {@link #FOREVER}. */
    public static long plus(long nanos, long more) {
        long sum = nanos + more;
        return sum < 0 || sum > FOREVER ? FOREVER : sum;
    }

    /** As people read it: {@code 250ms}, {@code 1.5s}, {@code 3m}; {@code forever} for what is as long as that. */
    public static String format(long nanos) {
        // Before its size, which the least number does not have.
        if (nanos <= -FOREVER) {
            return "-forever";
        }
        if (nanos >= FOREVER) {
            return "forever";
        }
        long size = Math.abs(nanos);
        if (size < 1_000) {
            return nanos + "ns";
        }
        if (size < 1_000_000) {
            return shortened(nanos, 1_000, "us");
        }
        if (size < 1_000_000_000L) {
            return shortened(nanos, 1_000_000, "ms");
        }
        if (size < 120_000_000_000L) {
            return shortened(nanos, 1_000_000_000L, "s");
        }
        return shortened(nanos, 60_000_000_000L, "m");
    }

    private static String shortened(long nanos, long unit, String name) {
        double value = Math.rint(100.0 * nanos / unit) / 100.0;
        return value == Math.rint(value) ? (long) value + name : value + name;
    }
}
