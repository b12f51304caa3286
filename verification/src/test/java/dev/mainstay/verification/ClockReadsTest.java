package dev.mainstay.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.TimeLimiter;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.SlidingWindow;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A successful call reads the clock only where an option needs it, and the policies of a pipeline share what one of
 * them has read.
 */
class ClockReadsTest {

    static Stream<Arguments> reads() {
        return Stream.of(
                reads(0, "breaker with a count window", t -> CircuitBreaker.of("b", c -> c.timeSource(t))),
                reads(
                        0,
                        "breaker with a large count window",
                        t -> CircuitBreaker.of(
                                "b",
                                c -> c.slidingWindow(SlidingWindow.ofCalls(1_000))
                                        .timeSource(t))),
                reads(
                        1,
                        "breaker with a time window",
                        t -> CircuitBreaker.of(
                                "b",
                                c -> c.slidingWindow(SlidingWindow.ofTime(Duration.ofSeconds(10)))
                                        .timeSource(t))),
                reads(
                        2,
                        "breaker that minds slow calls",
                        t -> CircuitBreaker.of(
                                "b",
                                c -> c.slowCallDurationThreshold(Duration.ofSeconds(1))
                                        .timeSource(t))),
                reads(0, "bulkhead", t -> Bulkhead.of("b", c -> c.timeSource(t))),
                reads(
                        0,
                        "bulkhead that waits",
                        t -> Bulkhead.of(
                                "b",
                                c -> c.maxWaitDuration(Duration.ofSeconds(1)).timeSource(t))),
                reads(1, "rate limiter", ClockReadsTest::limiter),
                reads(0, "retry", t -> Retry.of("r", c -> c.timeSource(t))),
                reads(
                        1,
                        "pipeline of four",
                        t -> Pipeline.of(
                                "p",
                                Retry.of("r", c -> c.timeSource(t)),
                                CircuitBreaker.of("b", c -> c.timeSource(t)),
                                limiter(t),
                                Bulkhead.of("b", c -> c.timeSource(t)))),
                reads(
                        2,
                        "pipeline with a breaker that minds slow calls, and a rate limiter",
                        t -> Pipeline.of(
                                "p",
                                CircuitBreaker.of(
                                        "b",
                                        c -> c.slowCallDurationThreshold(Duration.ofSeconds(1))
                                                .timeSource(t)),
                                limiter(t))));
    }

    @ParameterizedTest(name = "{1}: {0}")
    @MethodSource("reads")
    void aSuccessReadsTheClock(int reads, String name, Function<TimeSource, Policy> policyOn) throws Exception {
        CountingTime time = new CountingTime();
        Policy policy = policyOn.apply(time);
        for (int i = 0; i < 200; i++) {
            policy.call(() -> "warm");
        }

        time.reads.set(0);
        policy.call(() -> "done");
        assertThat(time.reads).as("synchronous").hasValue(reads);

        time.reads.set(0);
        policy.callAsync(() -> CompletableFuture.completedFuture("done")).get();
        assertThat(time.reads).as("asynchronous").hasValue(reads);
    }

    @Test
    void aTimeLimitReadsTheClockOnceAndSharesItInwards() throws Exception {
        CountingTime time = new CountingTime();
        Pipeline pipeline = Pipeline.of("p", TimeLimiter.of("t", c -> c.timeSource(time)), limiter(time));
        time.reads.set(0);

        pipeline.call(() -> "done");

        assertThat(time.reads).hasValue(1);
    }

    private static Arguments reads(int reads, String name, Function<TimeSource, Policy> policyOn) {
        return Arguments.of(reads, name, policyOn);
    }

    private static RateLimiter limiter(TimeSource time) {
        return RateLimiter.of(
                "l",
                c -> c.limitForPeriod(1_000)
                        .limitRefreshPeriod(Duration.ofSeconds(1))
                        .timeSource(time));
    }

    /** Virtual time that counts how often it is asked. */
    private static final class CountingTime implements TimeSource {

        final AtomicInteger reads = new AtomicInteger();
        private final VirtualTime time = VirtualTime.create();

        @Override
        public long nanoTime() {
            reads.incrementAndGet();
            return time.nanoTime();
        }

        @Override
        public void sleep(long nanos) throws InterruptedException {
            time.sleep(nanos);
        }

        @Override
        public void parkNanos(Object blocker, long nanos) {
            time.parkNanos(blocker, nanos);
        }

        @Override
        public void arm(TimedTask task, long delayNanos) {
            time.arm(task, delayNanos);
        }

        @Override
        public void arm(TimedTask task, long now, long delayNanos) {
            time.arm(task, now, delayNanos);
        }

        @Override
        public Executor executor() {
            return time.executor();
        }
    }
}
