package dev.mainstay.backoff;

import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Where policies draw their random numbers (jitter, ramps, sampling), so that a test can repeat a run by its seed.
 *
 * <p>Implementations are safe for use by many threads.
 */
@FunctionalInterface
public interface RandomSource {

    /** A number from 0 (inclusive) to 1 (exclusive), evenly spread. */
    double nextDouble();

    /** The calling thread's own generator, looked up at each draw. */
    static RandomSource system() {
        return () -> ThreadLocalRandom.current().nextDouble();
    }

    /** A generator that gives the same numbers for the same seed, in the order in which they are drawn. */
    static RandomSource seeded(long seed) {
        Random random = new Random(seed);
        return random::nextDouble;
    }
}
