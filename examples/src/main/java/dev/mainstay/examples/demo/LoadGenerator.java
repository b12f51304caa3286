package dev.mainstay.examples.demo;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Open-loop load: every call starts when it is due, however the ones before it fare, and its latency counts from then.
 * A generator that waited for answers would spare the service just when it is slow.
 */
final class LoadGenerator {
    private final Arm arm;
    private final TrialClock clock;
    private final Measurements measurements;
    private final LastSecond lastSecond;
    private final Phaser callsInFlight = new Phaser(1);

    LoadGenerator(Arm arm, TrialClock clock, Measurements measurements, LastSecond lastSecond) {
        this.arm = arm;
        this.clock = clock;
        this.measurements = measurements;
        this.lastSecond = lastSecond;
    }

    /** Makes the calls, the first one at {@code start} plus the first arrival; returns when the last has begun. */
    void run(Duration start, long[] arrivals) throws InterruptedException {
        for (int i = 0; i < arrivals.length; i++) {
            long due = start.toNanos() + arrivals[i];
            clock.sleepUntil(due);
            call("item-" + i, due);
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the callback sees every failure
    private void call(String item, long due) {
        callsInFlight.register();
        measurements.arrived(due);
        start(item).whenComplete((response, failure) -> {
            long now = clock.nanos();
            boolean answered = response != null && response.statusCode() == 200;
            measurements.ended(due, now, answered);
            lastSecond.ended(now - due, answered);
            callsInFlight.arriveAndDeregister();
        });
    }

    private CompletableFuture<HttpResponse<String>> start(String item) {
        try {
            return arm.fetch(item);
        } catch (RuntimeException rejectedBeforeTheStart) {
            return CompletableFuture.failedFuture(rejectedBeforeTheStart);
        }
    }

    /** Waits for the calls that have begun. */
    void awaitEndOfCalls(Duration atMost) throws InterruptedException, TimeoutException {
        int phase = callsInFlight.arriveAndDeregister();
        callsInFlight.awaitAdvanceInterruptibly(phase, atMost.toMillis(), TimeUnit.MILLISECONDS);
    }
}
