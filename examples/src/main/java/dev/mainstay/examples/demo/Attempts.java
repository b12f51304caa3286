package dev.mainstay.examples.demo;

import java.time.Duration;

/** What a caller may spend on one call, the same in both arms: so many attempts, each so long. */
record Attempts(int max, Duration timeout) {

    Attempts {
        if (max < 1) {
            throw new IllegalArgumentException("attempts is " + max + ", must be at least 1");
        }
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("timeout is " + timeout + ", must be positive");
        }
    }
}
