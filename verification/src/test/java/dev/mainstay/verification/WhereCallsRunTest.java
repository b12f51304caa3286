package dev.mainstay.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A synchronous call stays on its caller's thread, waits and attempts included; an asynchronous one returns at once,
 * whatever it has to wait for.
 */
class WhereCallsRunTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    /** Policies that each have something to wait for: a slot, a permit, the next attempt; and some that have not. */
    static Stream<Named<Policy>> policies() {
        VirtualTime time = VirtualTime.create();
        Policy breaker = CircuitBreaker.of("breaker", c -> c.timeSource(time));
        Policy bulkhead = Bulkhead.of(
                "bulkhead",
                c -> c.maxConcurrentCalls(1)
                        .maxQueuedCalls(5)
                        .maxWaitDuration(SECOND)
                        .timeSource(time));
        Policy limiter = RateLimiter.of(
                "limiter",
                c -> c.limitForPeriod(1)
                        .burst(1)
                        .limitRefreshPeriod(Duration.ofMillis(100))
                        .timeoutDuration(SECOND)
                        .timeSource(time));
        Policy retry = Retry.of(
                "retry", c -> c.maxAttempts(3).backoff(Backoff.fixed(SECOND)).timeSource(time));
        Policy timeLimiter = TimeLimiter.of("limit", c -> c.timeSource(time));
        Policy all = Pipeline.of("all of them", retry, breaker, limiter, bulkhead, timeLimiter);
        return Stream.of(breaker, bulkhead, limiter, retry, timeLimiter, all)
                .map(policy -> Named.of(policy.name(), policy));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    void aSynchronousCallStaysOnItsCallersThread(Policy policy) throws Exception {
        List<Thread> threads = new ArrayList<>();

        for (int i = 0; i < 2; i++) {
            policy.tryCall(() -> {
                threads.add(Thread.currentThread());
                return threads.size();
            });
        }

        assertThat(threads).hasSize(2).containsOnly(Thread.currentThread());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    void anAsynchronousCallReturnsAtOnce(Policy policy) {
        VirtualTime time = (VirtualTime) PolicyAccess.timeSource(policy);
        Duration before = time.elapsed();

        CompletableFuture<String> first = policy.callAsync(CompletableFuture::new);
        CompletableFuture<String> second =
                policy.callAsync(() -> CompletableFuture.failedFuture(new IOException("try again")));
        CompletableFuture<String> third = policy.callAsync(CompletableFuture::new);

        assertThat(time.elapsed())
                .as("a thread that waited would have let time pass")
                .isEqualTo(before);
        assertThat(first).isNotDone();
        assertThat(third).isNotDone();
        assertThat(second.isDone()).isEqualTo(List.of("breaker", "limit").contains(policy.name()));
    }
}
