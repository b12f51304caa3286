package dev.mainstay;

import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.time.StandingTime;
import dev.mainstay.verification.Exploration;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/**
 * The end of an asynchronous call, the end of its time and its cancellation race for one decision: the caller gets the
 * result or somebody discards it, never both; and the call is counted once.
 */
class ATimeLimitDecidesOnceTest {

    @Test
    void betweenTheEndTheTimeAndACancel() {
        Exploration.holds(() -> {
            StandingTime time = new StandingTime();
            AtomicInteger discarded = new AtomicInteger();
            TimeLimiter limiter = TimeLimiter.of(
                    "limiter",
                    c -> c.timeoutDuration(Duration.ofNanos(10))
                            .onDiscard(result -> discarded.incrementAndGet())
                            .timeSource(time));
            Counted counted = new Counted();
            limiter.describe(counted);
            CompletableFuture<String> stage = new CompletableFuture<>();
            AtomicInteger completed = new AtomicInteger();
            CompletableFuture<String> call = limiter.callAsync(() -> stage);

            Exploration.together(
                    () -> completed.addAndGet(stage.complete("result") ? 1 : 0),
                    () -> time.advance(10),
                    () -> call.cancel(true));

            boolean delivered = !call.isCompletedExceptionally();
            Exploration.require(call.isDone(), "it never ends");
            Exploration.require(
                    completed.get() == discarded.get() + (delivered ? 1 : 0), "delivered and discarded, or neither");
            Exploration.require(counted.calls() == 1, "counted twice, or not at all");
            Exploration.require(time.pending() == 0, "the timer still has it");
        });
    }

    /** All calls, however they ended. */
    private static final class Counted implements MeterSink {

        private final CallCounter[] counters = new CallCounter[4];
        private int size;

        @Override
        public void counter(MeterId id, LongSupplier count) {
            counters[size] = (CallCounter) count;
            counters[size++].start();
        }

        @Override
        public void gauge(MeterId id, DoubleSupplier value) {}

        @Override
        public void timer(MeterId id, Recorder recorder) {}

        long calls() {
            long calls = 0;
            for (CallCounter counter : counters) {
                calls += counter.getAsLong();
            }
            return calls;
        }
    }
}
