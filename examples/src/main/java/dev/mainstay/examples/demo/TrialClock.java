package dev.mainstay.examples.demo;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** The time of one trial, in nanoseconds; zero is where measuring begins, the warm-up lies before it. */
final class TrialClock {
    private final long zero;

    /** A clock that begins to run now, at this time. */
    TrialClock(Duration start) {
        this.zero = System.nanoTime() - start.toNanos();
    }

    long nanos() {
        return System.nanoTime() - zero;
    }

    Duration now() {
        return Duration.ofNanos(nanos());
    }

    void sleepUntil(long nanos) throws InterruptedException {
        for (long left = nanos - nanos(); left > 0; left = nanos - nanos()) {
            LockSupport.parkNanos(this, left);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }
}
