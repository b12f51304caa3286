package dev.mainstay.examples.demo;

import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * When each call is due: a Poisson process, as of many independent users. Fixed beforehand, so that a slow service
 * cannot slow its own load down, and the same for the same seed.
 */
final class Arrivals {
    private Arrivals() {}

    /** Nanoseconds from the start of the load to each arrival, ascending. */
    static long[] poisson(double perSecond, Duration length, long seed) {
        var random = new SplittableRandom(seed);
        double end = Seconds.of(length);
        var arrivals = new long[16];
        int count = 0;
        double time = 0;
        while (true) {
            time -= Math.log(1 - random.nextDouble()) / perSecond;
            if (time >= end) {
                return Arrays.copyOf(arrivals, count);
            }
            if (count == arrivals.length) {
                arrivals = Arrays.copyOf(arrivals, count * 2);
            }
            arrivals[count++] = (long) (time * 1e9);
        }
    }
}
