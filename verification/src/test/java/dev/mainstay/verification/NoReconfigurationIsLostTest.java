package dev.mainstay.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Policy;
import dev.mainstay.Reconfigurable;
import dev.mainstay.TimeLimiter;
import dev.mainstay.TimeLimiterConfig;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreakerConfig;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.BulkheadConfig;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkheadConfig;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.ratelimit.RateLimiterConfig;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryConfig;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Several threads change a policy's options at once, each a part of them. */
class NoReconfigurationIsLostTest {

    private static final int THREADS = 4;
    private static final int CHANGES = 200;
    private static final Duration SECOND = Duration.ofSeconds(1);

    /** A policy, and one of its options that is a number. */
    private record Changed<C>(
            Reconfigurable<C> policy, ToIntFunction<C> number, UnaryOperator<C> more, C withAnotherClock) {

        @Override
        public String toString() {
            return ((Policy) policy).name();
        }
    }

    static Stream<Changed<?>> policies() {
        VirtualTime other = VirtualTime.create();
        return Stream.of(
                new Changed<>(
                        TimeLimiter.ofDefaults("time limiter"),
                        c -> (int) c.timeoutDuration().toMillis(),
                        c -> c.toBuilder()
                                .timeoutDuration(c.timeoutDuration().plusMillis(1))
                                .build(),
                        TimeLimiterConfig.builder().timeSource(other).build()),
                new Changed<>(
                        Retry.ofDefaults("retry"),
                        RetryConfig::maxAttempts,
                        c -> c.toBuilder().maxAttempts(c.maxAttempts() + 1).build(),
                        RetryConfig.builder().timeSource(other).build()),
                new Changed<>(
                        CircuitBreaker.ofDefaults("breaker"),
                        CircuitBreakerConfig::permittedNumberOfCallsInHalfOpenState,
                        c -> c.toBuilder()
                                .permittedNumberOfCallsInHalfOpenState(c.permittedNumberOfCallsInHalfOpenState() + 1)
                                .build(),
                        CircuitBreakerConfig.builder().timeSource(other).build()),
                new Changed<>(
                        Bulkhead.ofDefaults("bulkhead"),
                        BulkheadConfig::maxConcurrentCalls,
                        c -> c.toBuilder()
                                .maxConcurrentCalls(c.maxConcurrentCalls() + 1)
                                .build(),
                        BulkheadConfig.builder().timeSource(other).build()),
                new Changed<>(
                        ThreadPoolBulkhead.ofDefaults("thread pool bulkhead"),
                        ThreadPoolBulkheadConfig::queueCapacity,
                        c -> c.toBuilder().queueCapacity(c.queueCapacity() + 1).build(),
                        ThreadPoolBulkheadConfig.builder().timeSource(other).build()),
                limiter("smooth limiter", RateLimit.smooth(10, SECOND), other),
                limiter("exact limiter", RateLimit.atMost(10, SECOND), other));
    }

    private static Changed<RateLimiterConfig> limiter(String name, RateLimit limit, VirtualTime other) {
        RateLimiter limiter = RateLimiter.of(name, limit);
        return new Changed<>(
                limiter,
                c -> c.limits().get(0).limit(),
                c -> {
                    boolean ignored = limiter.tryAcquire();
                    return c.toBuilder().limits(more(c.limits().get(0))).build();
                },
                limiter.config().toBuilder().timeSource(other).build());
    }

    private static RateLimit more(RateLimit limit) {
        return limit instanceof RateLimit.Smooth
                ? RateLimit.smooth(limit.limit() + 1, limit.period())
                : RateLimit.atMost(limit.limit() + 1, limit.period());
    }

    @ParameterizedTest
    @MethodSource("policies")
    <C> void eachChangeIsMadeToWhatTheOthersHaveLeft(Changed<C> changed) throws Exception {
        int before = changed.number.applyAsInt(changed.policy.config());
        CyclicBarrier start = new CyclicBarrier(THREADS);
        List<FutureTask<Void>> changing = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            FutureTask<Void> task = new FutureTask<>(() -> {
                start.await();
                for (int k = 0; k < CHANGES; k++) {
                    changed.policy.reconfigure(changed.more);
                }
                return null;
            });
            changing.add(task);
            new Thread(task).start();
        }
        for (FutureTask<Void> task : changing) {
            task.get();
        }
        assertThat(changed.number.applyAsInt(changed.policy.config())).isEqualTo(before + THREADS * CHANGES);
    }

    /** Under no lock: the change may change the policy itself, and is then made once more. */
    @ParameterizedTest
    @MethodSource("policies")
    <C> void aChangeThatWasOvertakenIsMadeOnceMore(Changed<C> changed) {
        int before = changed.number.applyAsInt(changed.policy.config());
        List<C> seen = new ArrayList<>();
        changed.policy.reconfigure(config -> {
            seen.add(config);
            if (seen.size() == 1) {
                changed.policy.reconfigure(changed.more);
            }
            return changed.more.apply(config);
        });
        assertThat(seen).hasSize(2);
        assertThat(changed.number.applyAsInt(changed.policy.config())).isEqualTo(before + 2);
    }

    @ParameterizedTest
    @MethodSource("policies")
    <C> void aChangeThatFailsChangesNothing(Changed<C> changed) {
        C before = changed.policy.config();
        assertThatThrownBy(() -> changed.policy.reconfigure((UnaryOperator<C>) config -> {
                    throw new IllegalStateException("no");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> changed.policy.reconfigure((UnaryOperator<C>) config -> null))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("config");
        assertThatThrownBy(() -> changed.policy.reconfigure((UnaryOperator<C>) null))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("change");
        assertThatThrownBy(() -> changed.policy.reconfigure((UnaryOperator<C>) config -> changed.withAnotherClock))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("timeSource");
        assertThat(changed.policy.config()).isSameAs(before);
    }
}
