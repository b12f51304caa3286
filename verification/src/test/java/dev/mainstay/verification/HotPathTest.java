package dev.mainstay.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Policy;
import dev.mainstay.StageWarning;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.SlidingWindow;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What calls write to the memory that they share: as little as their policy needs to remember. */
class HotPathTest {

    @ParameterizedTest
    @ValueSource(ints = {10, 63, 64, 100, 10_000})
    void aHealthyBreakerRemembersNothingOfASuccess(int calls) {
        CircuitBreaker breaker = CircuitBreaker.of("breaker", c -> c.slidingWindow(SlidingWindow.ofCalls(calls)));
        succeed(breaker, 3 * calls);

        assertThat(writtenBy(breaker)).isEmpty();
    }

    @Test
    void aBreakerThatHasSeenAFailureRemembersItsCalls() {
        CircuitBreaker breaker = CircuitBreaker.of("breaker", c -> c.slidingWindow(SlidingWindow.ofCalls(50)));
        succeed(breaker, 150);
        assertThatThrownBy(() -> breaker.run(() -> {
                    throw new IllegalStateException();
                }))
                .isInstanceOf(IllegalStateException.class);

        assertThat(writtenBy(breaker)).isNotEmpty();
    }

    @Test
    void anOpenBreakerRemembersNothingOfARejection() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("breaker");
        breaker.transitionToForcedOpenState();
        reject(breaker);

        Memory before = Memory.of(breaker);
        reject(breaker);
        assertThat(Memory.writtenSince(before, breaker)).isEmpty();
    }

    @Test
    void aFullBudgetRemembersNothingOfASuccess() {
        Retry retry = Retry.ofDefaults("retry");
        succeed(retry, StageWarning.FIRST_RESULTS);

        assertThat(writtenBy(retry)).isEmpty();
    }

    @Test
    void aRateLimiterRemembersOneNumber() {
        RateLimiter limiter =
                RateLimiter.of("limiter", c -> c.limit(RateLimit.smooth(1_000_000, Duration.ofSeconds(1))));
        succeed(limiter, StageWarning.FIRST_RESULTS);

        assertThat(writtenBy(limiter)).hasSize(1);
    }

    @Test
    void aBulkheadRemembersOneNumberAsLongAsTheCallGoesOn() {
        Bulkhead bulkhead = Bulkhead.ofDefaults("bulkhead");
        succeed(bulkhead, StageWarning.FIRST_RESULTS);

        Memory before = Memory.of(bulkhead);
        assertThat(bulkhead.get(() -> Memory.writtenSince(before, bulkhead))).hasSize(1);
        assertThat(Memory.writtenSince(before, bulkhead)).isEmpty();
    }

    private static Set<String> writtenBy(Policy policy) {
        Memory before = Memory.of(policy);
        succeed(policy, 1);
        return Memory.writtenSince(before, policy);
    }

    private static void succeed(Policy policy, int times) {
        for (int i = 0; i < times; i++) {
            policy.run(() -> {});
        }
    }

    private static void reject(Policy policy) {
        assertThatThrownBy(() -> succeed(policy, 1)).isInstanceOf(CallRejectedException.class);
    }
}
