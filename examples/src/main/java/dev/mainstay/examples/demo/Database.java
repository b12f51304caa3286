package dev.mainstay.examples.demo;

import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** What the service waits for: queries of exponentially distributed length, which all hang while it is down. */
final class Database {
    private final Duration meanQueryTime;
    private final Random random;
    private volatile CompletableFuture<Void> up = CompletableFuture.completedFuture(null);

    Database(Duration meanQueryTime, long seed) {
        this.meanQueryTime = meanQueryTime;
        this.random = new Random(seed);
    }

    void query() throws InterruptedException {
        double length = -Math.log(1 - random.nextDouble()) * meanQueryTime.toNanos();
        TimeUnit.NANOSECONDS.sleep((long) length);
        try {
            up.get();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** From now on no query ends. */
    void goDown() {
        up = new CompletableFuture<>();
    }

    /** Lets the queries end that hang, and all others run as usual. */
    void comeBack() {
        up.complete(null);
    }
}
