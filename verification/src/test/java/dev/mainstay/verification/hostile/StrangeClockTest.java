package dev.mainstay.verification.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Policy;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.SlidingWindow;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.VirtualTime;
import dev.mainstay.verification.SearchSize;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A clock that stands still, jumps ahead and jumps back, as it does on broken hardware and in virtual machines that are
 * moved or suspended: it may make a policy too strict or too lenient for a while, but costs no permit and no call, and
 * once it is past all that it has shown, everything is as before. A failure names the seed; {@code
 * -Dmainstay.fuzz.seed} repeats it.
 */
class StrangeClockTest {

    private static final long SEED = Long.getLong("mainstay.fuzz.seed", System.nanoTime());
    private static final int CASES = SearchSize.of("mainstay.fuzz.cases", 10, 40);
    private static final int STEPS = 200;
    private static final Duration SECOND = Duration.ofSeconds(1);

    static Stream<Named<Function<StrangeClock, Policy>>> policies() {
        return Stream.of(
                policy(
                        "breaker over calls",
                        clock -> CircuitBreaker.of(
                                "fuzzed",
                                c -> c.slidingWindowSize(8)
                                        .slowCallDurationThreshold(SECOND)
                                        .automaticTransitionFromOpenToHalfOpen(true)
                                        .timeSource(clock))),
                policy(
                        "breaker over time",
                        clock -> CircuitBreaker.of(
                                "fuzzed",
                                c -> c.slidingWindow(SlidingWindow.ofTime(SECOND))
                                        .minimumNumberOfCalls(4)
                                        .timeSource(clock))),
                policy(
                        "bulkhead",
                        clock -> Bulkhead.of(
                                "fuzzed",
                                c -> c.maxConcurrentCalls(2)
                                        .maxWaitDuration(SECOND)
                                        .timeSource(clock))),
                policy(
                        "thread pool",
                        clock -> ThreadPoolBulkhead.of(
                                "fuzzed",
                                c -> c.maxThreads(2)
                                        .queueCapacity(3)
                                        .executor(clock.executor())
                                        .timeSource(clock))),
                policy("smooth limit", clock -> limiter(clock, RateLimit.smooth(5, SECOND))),
                policy("exact limit", clock -> limiter(clock, RateLimit.atMost(5, SECOND))),
                policy(
                        "two limits",
                        clock -> limiter(
                                clock, RateLimit.smooth(5, SECOND), RateLimit.atMost(20, Duration.ofMinutes(1)))),
                policy(
                        "retry",
                        clock -> Retry.of(
                                "fuzzed",
                                c -> c.backoff(Backoff.fixed(SECOND))
                                        .maxDuration(Duration.ofSeconds(10))
                                        .timeSource(clock))),
                policy("time limiter", clock -> TimeLimiter.of("fuzzed", c -> c.timeSource(clock))),
                policy(
                        "time limiter on an executor",
                        clock -> TimeLimiter.of(
                                "fuzzed", c -> c.onExecutor(clock.executor()).timeSource(clock))));
    }

    private static RateLimiter limiter(StrangeClock clock, RateLimit... limits) {
        return RateLimiter.of(
                "fuzzed", c -> c.limits(limits).timeoutDuration(SECOND).timeSource(clock));
    }

    private static Named<Function<StrangeClock, Policy>> policy(String name, Function<StrangeClock, Policy> policy) {
        return Named.of(name, policy);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    void aClockThatStandsStillAndJumpsCostsNothingThatStays(Function<StrangeClock, Policy> made) {
        for (int i = 0; i < CASES; i++) {
            SplittableRandom random = new SplittableRandom(SEED + i);
            VirtualTime time = VirtualTime.startingAt(random.nextBoolean() ? 0 : Long.MAX_VALUE - 1_000_000_000L);
            StrangeClock clock = new StrangeClock(time);
            Policy policy = made.apply(clock);
            try {
                Exercise exercise = new Exercise(policy, time, random);
                exercise.take(STEPS, () -> misbehave(clock, random));
                exercise.end();
                if (policy instanceof CircuitBreaker breaker && breaker.state() == CircuitBreaker.State.FORCED_OPEN) {
                    breaker.transitionToClosedState();
                }
                time.advanceNanos(clock.recover() + Duration.ofHours(1).toNanos());
                assertThat(policy.tryCall(() -> "as before").get()).isEqualTo("as before");
            } catch (Throwable broken) {
                throw new AssertionError("case " + i + " of seed " + SEED, broken);
            }
        }
        System.out.println("Strange clock: " + CASES + " runs, seed " + SEED);
    }

    private static void misbehave(StrangeClock clock, SplittableRandom random) {
        long jump = random.nextLong(1L << (1 + random.nextInt(50)));
        switch (random.nextInt(12)) {
            case 0 -> clock.standStillFor(random.nextInt(100));
            case 1 -> clock.jump(jump);
            case 2 -> clock.jump(-jump);
            default -> {}
        }
    }
}
