package dev.mainstay.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RateLimiterConfigTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private static RateLimiterConfig.Builder tenPerSecond() {
        return RateLimiterConfig.builder().limitForPeriod(10).limitRefreshPeriod(SECOND);
    }

    private static void rejected(UnaryOperator<RateLimiterConfig.Builder> options, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.apply(RateLimiterConfig.builder()).build())
                .withMessageContaining(message);
    }

    @Test
    void whatIsNotSaidIsSafe() {
        RateLimiterConfig config = tenPerSecond().build();
        assertThat(config.limits()).containsExactly(RateLimit.smooth(10, SECOND, 10));
        assertThat(config.timeoutDuration()).isZero();
        assertThat(config.timeSource()).isSameAs(TimeSource.system());
    }

    @Test
    void allThatIsSaidHolds() {
        VirtualTime time = VirtualTime.create();
        RateLimiterConfig config =
                tenPerSecond().burst(3).timeoutDuration(SECOND).timeSource(time).build();
        assertThat(config)
                .isEqualTo(new RateLimiterConfig(List.of(RateLimit.smooth(10, SECOND, 3)), SECOND, false, time));
    }

    @Test
    void theLimitMustBeGiven() {
        rejected(c -> c, "limitForPeriod is not given but must be at least 1");
        rejected(c -> c.limitRefreshPeriod(SECOND), "limitForPeriod is not given");
        rejected(c -> c.limitForPeriod(1), "limitRefreshPeriod is not given but must be a duration above zero");
    }

    @Test
    void eachOptionIsChecked() {
        rejected(c -> c.limitForPeriod(0).limitRefreshPeriod(SECOND), "limitForPeriod is 0 but must be at least 1");
        rejected(c -> c.limitForPeriod(1).limitRefreshPeriod(Duration.ZERO), "limitRefreshPeriod is PT0S but must be");
        rejected(
                c -> c.limitForPeriod(1).limitRefreshPeriod(Duration.ofDays(100_000)),
                "limitRefreshPeriod is PT2400000H but must be at most 26687 days");
        rejected(c -> c.limitForPeriod(1).limitRefreshPeriod(SECOND).burst(0), "burst is 0 but must be at least 1");
        rejected(
                c -> c.limitForPeriod(1)
                        .limitRefreshPeriod(Duration.ofDays(365))
                        .burst(74),
                "burst is 74 but must be refilled within 26687 days");
        rejected(
                c -> c.limitForPeriod(1).limitRefreshPeriod(SECOND).timeoutDuration(Duration.ofNanos(-1)),
                "timeoutDuration is PT-0.000000001S but must be zero or more");
        rejected(c -> c.limits(), "limits is empty but must be at least one");
        rejected(c -> c.limit(RateLimit.atMost(0, SECOND)), "limit is 0 but must be between 1 and 1000000");
        rejected(c -> c.limit(RateLimit.atMost(1_000_001, SECOND)), "limit is 1000001 but must be between 1 and");
        rejected(c -> c.limit(RateLimit.atMost(1, Duration.ZERO)), "period is PT0S but must be");
        rejected(c -> c.limit(RateLimit.atMost(1, Duration.ofDays(26_688))), "period is PT640512H but must be at most");
    }

    @Test
    void theWidestLimitsAreAllowed() {
        Duration longest = Duration.ofNanos(1L << 61);
        assertThat(RateLimit.smooth(1, longest).period()).isEqualTo(longest);
        assertThat(RateLimit.atMost(1_000_000, longest).period()).isEqualTo(longest);
        rejected(c -> c.limit(RateLimit.atMost(1, longest.plusNanos(1))), "period is");
        rejected(c -> c.limit(RateLimit.smooth(1, longest.plusNanos(1))), "limitRefreshPeriod is");
    }

    @Test
    void aConfigHasALimitHoweverItIsMade() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RateLimiterConfig(List.of(), SECOND, false, TimeSource.system()))
                .withMessage("limits is empty but must be at least one");
    }

    @Test
    void aLimiterCanBeMadeFromItsLimitsAlone() {
        RateLimiterConfig config = RateLimiter.of("l", RateLimit.smooth(1, SECOND), RateLimit.atMost(5, SECOND))
                .config();
        assertThat(config.limits()).containsExactly(RateLimit.smooth(1, SECOND), RateLimit.atMost(5, SECOND));
        assertThat(config.timeoutDuration()).isZero();
    }

    @Test
    void nothingMayBeNull() {
        assertThatNullPointerException()
                .isThrownBy(() -> tenPerSecond().timeoutDuration(null).build())
                .withMessage("rate limiter: timeoutDuration must not be null");
        assertThatNullPointerException()
                .isThrownBy(() -> tenPerSecond().timeSource(null).build())
                .withMessage("rate limiter: timeSource must not be null");
        assertThatNullPointerException()
                .isThrownBy(() -> tenPerSecond().limits((RateLimit) null))
                .withMessage("limit must not be null");
        assertThatNullPointerException()
                .isThrownBy(() -> RateLimit.smooth(1, null))
                .withMessage("limitRefreshPeriod must not be null");
        assertThatNullPointerException()
                .isThrownBy(() -> RateLimiter.of("l", (RateLimiterConfig) null))
                .withMessage("config must not be null");
    }

    @Test
    void theLastWordOnLimitsCounts() {
        RateLimit window = RateLimit.atMost(5, SECOND);
        assertThat(tenPerSecond().burst(2).limit(window).build().limits()).containsExactly(window);
        assertThat(RateLimiterConfig.builder()
                        .limit(window)
                        .limitForPeriod(7)
                        .limitRefreshPeriod(SECOND)
                        .build()
                        .limits())
                .containsExactly(RateLimit.smooth(7, SECOND));
        rejected(c -> c.limit(window).burst(2), "limitForPeriod is not given");
        rejected(c -> c.limit(window).limitRefreshPeriod(SECOND), "limitForPeriod is not given");
        rejected(c -> c.limit(window).limitForPeriod(2), "limitRefreshPeriod is not given");
    }

    @Test
    void aConfigCanBeVaried() {
        VirtualTime time = VirtualTime.create();
        RateLimiterConfig smooth =
                tenPerSecond().burst(4).timeoutDuration(SECOND).timeSource(time).build();
        assertThat(smooth.toBuilder().build()).isEqualTo(smooth);
        assertThat(smooth.toBuilder().limitForPeriod(20).build().limits())
                .containsExactly(RateLimit.smooth(20, SECOND, 4));
        RateLimiterConfig several = RateLimiterConfig.builder()
                .limits(RateLimit.smooth(1, SECOND), RateLimit.atMost(2, SECOND))
                .build();
        assertThat(several.toBuilder().build()).isEqualTo(several);
    }

    @Test
    void aBurstThatWasNotGivenFollowsTheLimit() {
        assertThat(tenPerSecond().build().toBuilder().limitForPeriod(20).build().limits())
                .containsExactly(RateLimit.smooth(20, SECOND, 20));
    }

    @Test
    void theListOfLimitsIsACopy() {
        List<RateLimit> limits = new java.util.ArrayList<>(List.of(RateLimit.smooth(1, SECOND)));
        RateLimiterConfig config = new RateLimiterConfig(limits, SECOND, false, TimeSource.system());
        limits.clear();
        assertThat(config.limits()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " "})
    void aLimiterHasAName(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RateLimiter.of(name, RateLimit.smooth(1, SECOND)))
                .withMessageContaining("name is");
    }

    @Test
    void limitsReadAsPeopleSayThem() {
        assertThat(RateLimit.smooth(10, SECOND, 3)).hasToString("10 per 1s, burst 3");
        assertThat(RateLimit.atMost(100, Duration.ofMinutes(1))).hasToString("at most 100 in any 60s");
    }
}
