package dev.mainstay.breaker;

import dev.mainstay.safe.Require;
import dev.mainstay.time.Nanos;
import java.time.Duration;

/**
 * Which calls a breaker looks back on: the last so many, or those of the last so much time. A value: immutable, and
 * equal to another that says the same.
 */
public sealed interface SlidingWindow {

    /**
     * The last n calls, exactly.
     *
     * @param size how many, at least 1; speed does not depend on it, nor does memory as long as few calls fail
     * @throws IllegalArgumentException if it is less than 1
     */
    static SlidingWindow ofCalls(int size) {
        return new Calls(size);
    }

    /**
     * The calls of the last so much time, in 10 buckets.
     *
     * @param duration how long, at least 10 ms
     * @throws IllegalArgumentException if it is shorter
     */
    static SlidingWindow ofTime(Duration duration) {
        return ofTime(duration, Time.BUCKETS);
    }

    /**
     * The calls of the last so much time. The buckets are forgotten one by one, so that no call counts for longer than
     * the duration, and each for at least the duration less one bucket.
     *
     * @param duration how long, at least 1 ms per bucket
     * @param buckets into how many parts it is divided, from 1 (forget all at once) to 3,600
     * @throws IllegalArgumentException if either is out of its bounds
     */
    static SlidingWindow ofTime(Duration duration, int buckets) {
        return new Time(duration, buckets);
    }

    /** The last calls, whenever they were. */
    record Calls(int size) implements SlidingWindow {

        /** Checks the size. */
        public Calls {
            Require.atLeast("slidingWindow", size, 1);
        }

        @Override
        public String toString() {
            return "last " + size + " calls";
        }
    }

    /** The calls of the last so much time, however many they were. */
    record Time(Duration duration, int buckets) implements SlidingWindow {

        private static final int BUCKETS = 10;
        private static final int BUCKETS_AT_MOST = 3_600;
        private static final long SHORTEST_BUCKET = 1_000_000;

        /** Checks both. */
        public Time {
            Require.positive("slidingWindow", duration);
            Require.check(
                    buckets >= 1 && buckets <= BUCKETS_AT_MOST,
                    "slidingWindow buckets",
                    buckets,
                    "between 1 and " + BUCKETS_AT_MOST);
            Require.check(
                    Nanos.of(duration) / buckets >= SHORTEST_BUCKET,
                    "slidingWindow",
                    duration,
                    "at least 1 ms for each of its " + buckets + " buckets");
        }

        /** How long one bucket is, rounded up to whole nanoseconds. */
        long bucketNanos() {
            return (Nanos.of(duration) + buckets - 1) / buckets;
        }

        @Override
        public String toString() {
            return "last " + Nanos.format(Nanos.of(duration)) + " in " + buckets + " buckets";
        }
    }
}
