package dev.mainstay.verification.soak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.SlidingWindow;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import dev.mainstay.testkit.Meters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;

/**
 * One policy of each kind around each call, all on the system's clock, with what can be changed while calls go through,
 * and what must hold when they have ended.
 */
final class SoakedPipeline implements AutoCloseable {

    private final Ledger ledger = new Ledger();
    private final TimeLimiter whole = TimeLimiter.of(
            "whole", c -> c.timeoutDuration(Duration.ofMillis(400)).onDiscard(SoakedPipeline::throwing));
    private final Retry retry = Retry.of(
            "retry",
            c -> c.backoff(Backoff.exponential(Duration.ofMillis(1)).fullJitter())
                    .overloadBackoff(Backoff.fixed(Duration.ofMillis(5))));
    private final CircuitBreaker breaker = CircuitBreaker.of(
            "breaker",
            c -> c.failureRateThreshold(80)
                    .waitDurationInOpenState(Duration.ofMillis(20))
                    .maxWaitDurationInHalfOpenState(Duration.ofMillis(200)));
    private final RateLimiter limiter = RateLimiter.of(
            "limiter",
            c -> c.limit(RateLimit.smooth(3_000, Duration.ofSeconds(1))).timeoutDuration(Duration.ofMillis(5)));
    private final Bulkhead bulkhead = Bulkhead.of(
            "slots",
            c -> c.maxConcurrentCalls(8).maxWaitDuration(Duration.ofMillis(20)).maxQueuedCalls(16));
    private final ThreadPoolBulkhead pool =
            ThreadPoolBulkhead.of("soak-pool", c -> c.maxThreads(6).queueCapacity(10));
    private final TimeLimiter each = TimeLimiter.of("each", c -> c.timeoutDuration(Duration.ofMillis(80)));

    /**
     * How often an executor did not take a call that had been let in from the line, which is then counted as rejected
     * as well.
     */
    private final LongAdder rejectedBySlots = new LongAdder();

    private final LongAdder rejectedAfterLimit = new LongAdder();
    private final Pipeline pipeline;
    private final Meters meters;

    SoakedPipeline(boolean onThreads, Executor executor) {
        List<Policy> policies = new ArrayList<>(List.of(ledger, whole, retry, breaker, limiter, bulkhead));
        if (onThreads) {
            policies.add(pool);
        }
        policies.add(each);
        pipeline = Pipeline.builder(onThreads ? "on threads" : "on callers")
                .policies(policies.toArray(Policy[]::new))
                .executor(executor)
                .timed(true)
                .build();
        meters = Meters.start(pipeline);
        limiter.subscribe(
                PolicyEvent.CallRejected.class, rejection -> countIfByExecutor(rejection, rejectedAfterLimit));
        bulkhead.subscribe(PolicyEvent.CallRejected.class, rejection -> countIfByExecutor(rejection, rejectedBySlots));
        pipeline.subscribe(MainstayEvent.class, SoakedPipeline::throwing);
    }

    private static void countIfByExecutor(PolicyEvent.CallRejected rejection, LongAdder count) {
        if (rejection.reason() == RejectionReason.EXECUTOR) {
            count.increment();
        }
    }

    private static void throwing(Object told) {
        throw new IllegalStateException("a callback that throws");
    }

    Pipeline pipeline() {
        return pipeline;
    }

    /** Changes something while calls go through. */
    void disturb(SplittableRandom random) {
        switch (random.nextInt(14)) {
            case 0 -> breaker.transitionToOpenState();
            case 1 -> breaker.reset();
            case 2 -> breaker.transitionToMetricsOnlyState();
            case 3, 4 -> breaker.transitionToClosedState();
            case 5 ->
                breaker.reconfigure(breaker.config().toBuilder()
                        .slidingWindow(
                                random.nextBoolean()
                                        ? SlidingWindow.ofCalls(20 + random.nextInt(300))
                                        : SlidingWindow.ofTime(Duration.ofMillis(100 + random.nextInt(2_000))))
                        .failureRateThreshold(30 + random.nextInt(70))
                        .build());
            case 6, 7 ->
                bulkhead.reconfigure(bulkhead.config().toBuilder()
                        .maxConcurrentCalls(1 + random.nextInt(12))
                        .build());
            case 8 ->
                limiter.reconfigure(limiter.config().toBuilder()
                        .limit(
                                random.nextBoolean()
                                        ? RateLimit.smooth(500 + random.nextInt(5_000), Duration.ofSeconds(1))
                                        : RateLimit.atMost(500 + random.nextInt(5_000), Duration.ofSeconds(1)))
                        .build());
            case 9 ->
                retry.reconfigure(retry.config().toBuilder()
                        .maxAttempts(1 + random.nextInt(4))
                        .build());
            case 10, 11 ->
                pool.reconfigure(pool.config().toBuilder()
                        .maxThreads(1 + random.nextInt(8))
                        .queueCapacity(random.nextInt(20))
                        .build());
            case 12 ->
                each.reconfigure(each.config().toBuilder()
                        .timeoutDuration(Duration.ofMillis(20 + random.nextInt(200)))
                        .build());
            default -> breaker.transitionToForcedOpenState();
        }
    }

    /** Opens what was closed by hand, so that the time that is left is not spent rejecting. */
    void settle() {
        breaker.transitionToClosedState();
    }

    long begun() {
        return ledger.begun();
    }

    /**
     * Nothing is in use, and what one policy let through has reached the next, each call once.
     *
     * @param givenUp how many futures were ended from outside: those may have ended between one policy and the next
     */
    void assertNothingIsLeft(long givenUp) {
        assertThat(ledger.ended()).as("calls ended").isEqualTo(ledger.begun());
        assertThat(meters.value("bulkhead.in.use", "name", "slots")).isZero();
        assertThat(meters.value("bulkhead.queued", "name", "slots")).isZero();
        assertThat(PolicyAccess.isIdle(pool)).as("pool").isTrue();
        assertThat(meters.value("ratelimiter.waiting")).isZero();
        assertThat(meters.value("timelimiter.calls", "name", "whole")).isEqualTo((double) ledger.begun());
        assertThat(meters.value("retry.calls")).isEqualTo((double) ledger.begun());
        double throughBreaker = meters.value("breaker.calls");
        assertThat(throughBreaker + meters.value("breaker.rejected")).isEqualTo(meters.value("retry.attempts"));
        double admitted = meters.value("ratelimiter.admitted");
        assertThat(admitted + meters.value("ratelimiter.rejected") - rejectedAfterLimit.sum())
                .isEqualTo(throughBreaker);
        double slots = meters.value("bulkhead.admitted", "name", "slots");
        double throughLimiter = slots + meters.value("bulkhead.rejected", "name", "slots") - rejectedBySlots.sum();
        assertThat(admitted - throughLimiter)
                .as("lost between limiter and slots")
                .isBetween(0.0, (double) givenUp + rejectedAfterLimit.sum());
    }

    @Override
    public void close() {
        pool.close();
    }

    @Override
    public String toString() {
        return pipeline.name() + ": " + meters;
    }
}
