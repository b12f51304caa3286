package dev.mainstay.verification;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.TimeLimiter;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.SlidingWindow;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.call.CheckedSupplier;
import dev.mainstay.call.PlainSupplier;
import dev.mainstay.micrometer.Observed;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import io.micrometer.observation.ObservationRegistry;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What calls allocate, with all meters bound. This module's tests run with the first-tier compiler only, where no
 * escape analysis removes an allocation on a good day, so that the figures are what the code does and do not flicker.
 */
class AllocationTest {

    private static final int WARM_UP = 5_000;
    private static final int CALLS = 20_000;
    private static final int ROUNDS = 5;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final CheckedSupplier<String, RuntimeException> BODY = () -> "done";
    private static final CompletableFuture<String> DONE = CompletableFuture.completedFuture("done");

    static Stream<Named<Policy>> synchronousPolicies() {
        return Stream.<Policy>of(
                        breaker("breaker of 50 calls", SlidingWindow.ofCalls(50)),
                        breaker("breaker of 100 calls", SlidingWindow.ofCalls(100)),
                        breaker("breaker of 10 s", SlidingWindow.ofTime(Duration.ofSeconds(10))),
                        CircuitBreaker.of(
                                "breaker that minds slow calls",
                                c -> c.slowCallDurationThreshold(Duration.ofSeconds(5))),
                        Bulkhead.ofDefaults("bulkhead"),
                        Bulkhead.of("bulkhead that waits", c -> c.maxWaitDuration(Duration.ofSeconds(1))),
                        smoothLimiter("smooth rate limiter"),
                        RateLimiter.of(
                                "rate limiter of a window",
                                c -> c.limit(RateLimit.atMost(1000, Duration.ofNanos(1000)))),
                        Retry.ofDefaults("retry"),
                        Pipeline.of(
                                "pipeline of four",
                                Retry.ofDefaults("retry"),
                                CircuitBreaker.ofDefaults("breaker"),
                                smoothLimiter("limiter"),
                                Bulkhead.ofDefaults("bulkhead")),
                        Pipeline.builder("pipeline of four, timed")
                                .policies(
                                        Retry.ofDefaults("retry"),
                                        CircuitBreaker.ofDefaults("breaker"),
                                        smoothLimiter("limiter"),
                                        Bulkhead.ofDefaults("bulkhead"))
                                .timed(true)
                                .build(),
                        Observed.of(Bulkhead.ofDefaults("observed by nobody"), ObservationRegistry.NOOP),
                        Observed.of(Bulkhead.ofDefaults("observed without a handler"), ObservationRegistry.create()))
                .map(policy -> Named.of(policy.name(), policy));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("synchronousPolicies")
    void aSuccessAllocatesNothing(Policy policy) throws Exception {
        BoundMeters.of(policy);
        PlainSupplier<String> plain = () -> "done";

        assertThat(bytesPerCall(() -> policy.call(BODY))).as("call").isZero();
        assertThat(bytesPerCall(() -> policy.get(plain))).as("get").isZero();
        assertThat(bytesPerCall(() -> {
                    policy.run(AllocationTest::nothing);
                    return null;
                }))
                .as("run")
                .isZero();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("synchronousPolicies")
    void aDecoratedSuccessAllocatesNothing(Policy policy) throws Exception {
        BoundMeters.of(policy);
        Callable<String> decorated = policy.decorateCallable(() -> "done");

        assertThat(bytesPerCall(decorated)).isZero();
    }

    @Test
    void aSuccessBehindAFallbackThatIsDecoratedAllocatesNothing() throws Exception {
        CheckedSupplier<String, RuntimeException> decorated =
                Fallback.of("instead").decorate(BODY);

        assertThat(bytesPerCall(decorated)).isZero();
    }

    @Test
    void aCallUnderATimeLimitAllocatesAtMost96Bytes() throws Exception {
        TimeLimiter limiter = TimeLimiter.ofDefaults("limiter");
        BoundMeters.of(limiter);

        assertThat(bytesPerCall(() -> limiter.call(BODY))).isPositive().isLessThanOrEqualTo(96);
    }

    @Test
    void aRejectionThatIsThrownAllocatesAtMost100Bytes() throws Exception {
        CircuitBreaker open = CircuitBreaker.ofDefaults("open");
        open.transitionToForcedOpenState();
        Bulkhead full = Bulkhead.of("full", c -> c.maxConcurrentCalls(1));
        full.acquirePermit();
        RateLimiter spent = spentLimiter();

        for (Policy policy : new Policy[] {open, full, spent}) {
            BoundMeters.of(policy);
            assertThat(bytesPerCall(() -> {
                        try {
                            return policy.call(BODY);
                        } catch (RuntimeException rejection) {
                            return rejection;
                        }
                    }))
                    .as(policy.name())
                    .isPositive()
                    .isLessThanOrEqualTo(100);
        }
    }

    @Test
    void aRejectionAsAValueAllocatesItsNumbersAndNoMore() throws Exception {
        CircuitBreaker open = CircuitBreaker.ofDefaults("open");
        open.transitionToForcedOpenState();
        Bulkhead full = Bulkhead.of("full", c -> c.maxConcurrentCalls(1));
        full.acquirePermit();
        RateLimiter spent = spentLimiter();

        for (Policy policy : new Policy[] {open, full, spent}) {
            BoundMeters.of(policy);
            assertThat(policy.tryCall(BODY).isRejected()).isTrue();
            assertThat(bytesPerCall(() -> policy.tryCall(BODY)))
                    .as(policy.name())
                    .isPositive()
                    .isLessThanOrEqualTo(64);
        }
    }

    @Test
    void aSuccessAsAValueAllocatesTheValueAlone() throws Exception {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("breaker");
        Outcome<String> outcome = breaker.tryCall(BODY);

        assertThat(outcome.get()).isEqualTo("done");
        assertThat(bytesPerCall(() -> breaker.tryCall(BODY))).isLessThanOrEqualTo(24);
    }

    @Test
    void anAsynchronousCallOverACompletedStageThroughFourPoliciesAllocatesAtMost200Bytes() throws Exception {
        Pipeline pipeline = Pipeline.of(
                "pipeline",
                Retry.ofDefaults("retry"),
                CircuitBreaker.ofDefaults("breaker"),
                smoothLimiter("limiter"),
                Bulkhead.ofDefaults("bulkhead"));
        BoundMeters.of(pipeline);

        assertThat(bytesPerCall(() -> pipeline.callAsync(() -> DONE))).isLessThanOrEqualTo(200);
    }

    @Test
    void theMeasureSeesASingleObject() throws Exception {
        assertThat(bytesPerCall(Object::new)).isEqualTo(16);
    }

    private static void nothing() {}

    private static CircuitBreaker breaker(String name, SlidingWindow window) {
        return CircuitBreaker.of(name, c -> c.slidingWindow(window));
    }

    private static RateLimiter smoothLimiter(String name) {
        return RateLimiter.of(name, c -> c.limitForPeriod(1_000_000).limitRefreshPeriod(Duration.ofMillis(1)));
    }

    private static RateLimiter spentLimiter() {
        RateLimiter limiter = RateLimiter.of("spent", c -> c.limitForPeriod(1).limitRefreshPeriod(Duration.ofDays(1)));
        assertThat(limiter.tryAcquire()).isTrue();
        return limiter;
    }

    /**
     * Bytes per call on this thread: the least of several rounds, so that a compilation or a class that is loaded late
     * does not count.
     */
    private static long bytesPerCall(Callable<?> call) throws Exception {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < WARM_UP; i++) {
            call.call();
        }
        for (int round = 0; round < ROUNDS; round++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                call.call();
            }
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        // A few bytes of the measurement itself spread over all calls vanish in the division; one object per call does
        // not.
        return least / CALLS;
    }
}
