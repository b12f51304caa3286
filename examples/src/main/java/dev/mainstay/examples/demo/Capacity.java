package dev.mainstay.examples.demo;

import java.time.Duration;

/** The size of the service: how many requests it works on at once, how many may wait, how long one takes. */
record Capacity(int workers, int queue, Duration meanServiceTime) {

    Capacity {
        if (workers < 1) {
            throw new IllegalArgumentException("workers is " + workers + ", must be at least 1");
        }
        if (queue < 1) {
            throw new IllegalArgumentException("queue is " + queue + ", must be at least 1");
        }
        if (meanServiceTime.isNegative() || meanServiceTime.isZero()) {
            throw new IllegalArgumentException("service time is " + meanServiceTime + ", must be positive");
        }
    }

    double requestsPerSecond() {
        return workers / Seconds.of(meanServiceTime);
    }

    /** The share of the workers that this many requests per second keep busy. */
    double utilisation(double requestsPerSecond) {
        return requestsPerSecond / requestsPerSecond();
    }

    /** How long a request waits that finds the queue full. */
    Duration fullQueueDelay() {
        return Seconds.toDuration(queue / requestsPerSecond());
    }
}
