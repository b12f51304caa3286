package dev.mainstay.ratelimit;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatIllegalArgumentException;

import dev.mainstay.call.CallContext;
import dev.mainstay.testkit.Meters;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Permits without a call, taken within a time of the caller's own; and all permits taken away. */
class TryAcquireTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();

    /** Limits under which two permits are there at once, the third after a second and the fourth after two or less. */
    static Stream<List<RateLimit>> limits() {
        RateLimit smooth = RateLimit.smooth(1, SECOND, 2);
        RateLimit window = RateLimit.atMost(2, SECOND);
        return Stream.of(List.of(smooth), List.of(window), List.of(smooth, window));
    }

    private RateLimiter limiter(List<RateLimit> limits) {
        return RateLimiter.of(
                "l", c -> c.limits(limits.toArray(RateLimit[]::new)).timeSource(time));
    }

    @ParameterizedTest
    @MethodSource("limits")
    void waitsUntilThePermitsAreThere(List<RateLimit> limits) {
        RateLimiter limiter = limiter(limits);
        Meters meters = Meters.start(limiter);
        assertThat(limiter.tryAcquire(2, SECOND)).isTrue();
        assertThat(time.elapsed()).isZero();
        assertThat(limiter.tryAcquire(SECOND)).isTrue();
        assertThat(time.elapsed()).isEqualTo(SECOND);
        assertThat(meters.value("ratelimiter.admitted")).isEqualTo(2);
        assertThat(meters.value("ratelimiter.waiting")).isZero();
    }

    @ParameterizedTest
    @MethodSource("limits")
    void doesNotWaitAtAllIfTheyWillNotBeThereInTime(List<RateLimit> limits) {
        RateLimiter limiter = limiter(limits);
        assertThat(limiter.tryAcquire(2, Duration.ZERO)).isTrue();
        assertThat(limiter.tryAcquire(1, SECOND.minusNanos(1))).isFalse();
        assertThat(limiter.tryAcquire(1, Duration.ZERO)).isFalse();
        assertThat(limiter.tryAcquire(3, Duration.ofDays(1))).isFalse();
        assertThat(time.elapsed()).isZero();
        assertThat(limiter.tryAcquire(1, SECOND)).as("nothing was taken").isTrue();
        assertThat(time.elapsed()).isEqualTo(SECOND);
    }

    @ParameterizedTest
    @MethodSource("limits")
    void theWaitOfTheOptionsPlaysNoPart(List<RateLimit> limits) {
        RateLimiter limiter = limiter(limits);
        limiter.reconfigure(
                c -> c.toBuilder().timeoutDuration(Duration.ofHours(1)).build());
        assertThat(limiter.tryAcquire(2)).isTrue();
        assertThat(limiter.tryAcquire(1, Duration.ofMillis(999))).isFalse();
        assertThat(time.elapsed()).isZero();
    }

    @ParameterizedTest
    @MethodSource("limits")
    void doesNotWaitBeyondTheDeadlineOfTheCurrentCall(List<RateLimit> limits) {
        RateLimiter limiter = limiter(limits);
        limiter.acquire(2);
        CallContext before = CallContext.plain()
                .deadline(Deadline.after(Duration.ofMillis(500), time))
                .bind();
        try {
            assertThat(limiter.tryAcquire(1, SECOND)).isFalse();
        } finally {
            CallContext.restore(before);
        }
        assertThat(time.elapsed()).isZero();
    }

    @ParameterizedTest
    @MethodSource("limits")
    void anInterruptEndsTheWaitAndStays(List<RateLimit> limits) {
        RateLimiter limiter = limiter(limits);
        limiter.acquire(2);
        Thread.currentThread().interrupt();
        assertThat(limiter.tryAcquire(1, SECOND)).isFalse();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(limiter.tryAcquire(1, SECOND)).as("nothing was taken").isTrue();
        assertThat(time.elapsed()).isEqualTo(SECOND);
    }

    @ParameterizedTest
    @MethodSource("limits")
    void standsBehindThoseWhoWait(List<RateLimit> limits) {
        RateLimiter limiter = limiter(limits);
        limiter.acquire(2);
        CompletableFuture<String> first =
                limiter.with(ctx -> ctx.maxWait(SECOND)).callAsync(() -> CompletableFuture.completedFuture("first"));
        CompletableFuture<String> second = limiter.with(ctx -> ctx.maxWait(Duration.ofSeconds(2)))
                .callAsync(() -> CompletableFuture.completedFuture("second"));
        assertThat(limiter.tryAcquire(1, SECOND)).isFalse();
        assertThat(limiter.tryAcquire(1, Duration.ofSeconds(3))).isTrue();
        assertThat(first).isCompletedWithValue("first");
        assertThat(second).isCompletedWithValue("second");
    }

    @ParameterizedTest
    @MethodSource("limits")
    void negativeWaitsAreRejectedAndSoAreTooFewPermits(List<RateLimit> limits) {
        RateLimiter limiter = limiter(limits);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.tryAcquire(1, Duration.ofNanos(-1)))
                .withMessageContaining("maxWait");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.tryAcquire(0, SECOND))
                .withMessageContaining("permits");
    }

    // ---- draining

    @ParameterizedTest
    @MethodSource("limits")
    void drainingTakesAllThatIsThereAndNoMore(List<RateLimit> limits) {
        RateLimiter limiter = limiter(limits);
        Meters meters = Meters.start(limiter);
        assertThat(limiter.drainPermits()).isEqualTo(2);
        assertThat(limiter.drainPermits()).isZero();
        assertThat(limiter.remaining()).isZero();
        assertThat(limiter.retryAfter()).isEqualTo(SECOND);
        time.advance(SECOND);
        assertThat(limiter.tryAcquire()).isTrue();
        time.advance(Duration.ofSeconds(5));
        assertThat(limiter.tryAcquire()).isTrue();
        assertThat(limiter.drainPermits()).as("what is left").isEqualTo(1);
        assertThat(meters.value("ratelimiter.admitted")).isEqualTo(2);
    }

    @ParameterizedTest
    @MethodSource("limits")
    void drainingTakesNothingFromThoseWhoWait(List<RateLimit> limits) {
        RateLimiter limiter = limiter(limits);
        limiter.acquire(2);
        CompletableFuture<String> waiting =
                limiter.with(ctx -> ctx.maxWait(SECOND)).callAsync(() -> CompletableFuture.completedFuture("in"));
        assertThat(limiter.drainPermits()).isZero();
        time.advance(SECOND);
        assertThat(waiting).isCompletedWithValue("in");
    }

    @ParameterizedTest
    @MethodSource("limits")
    void drainingGoesOnAfterOtherOptions(List<RateLimit> limits) {
        RateLimiter limiter = limiter(limits);
        limiter.reconfigure(c -> c.toBuilder()
                .limits(RateLimit.smooth(10, SECOND), RateLimit.atMost(7, SECOND))
                .build());
        assertThat(limiter.drainPermits()).isEqualTo(7);
        limiter.reconfigure(
                c -> c.toBuilder().limits(RateLimit.smooth(10, SECOND)).build());
        assertThat(limiter.drainPermits()).isEqualTo(3);
    }

    /** A fraction of a permit that has come back stays. */
    @Test
    void drainingTakesWholePermits() {
        RateLimiter limiter = limiter(List.of(RateLimit.smooth(10, SECOND, 4)));
        assertThat(limiter.drainPermits()).isEqualTo(4);
        time.advance(Duration.ofMillis(150));
        assertThat(limiter.drainPermits()).isEqualTo(1);
        assertThat(limiter.retryAfter()).isEqualTo(Duration.ofMillis(50));
    }

    @ParameterizedTest
    @MethodSource("limits")
    void aKeyHasItsOwnPermits(List<RateLimit> limits) {
        KeyedRateLimiter keyed = KeyedRateLimiter.of(
                "k", c -> c.limits(limits.toArray(RateLimit[]::new)).timeSource(time));
        assertThat(keyed.drainPermits("a")).isEqualTo(2);
        assertThat(keyed.tryAcquire("a", 1, Duration.ofMillis(999))).isFalse();
        assertThat(keyed.tryAcquire("b", 2, Duration.ZERO)).isTrue();
        assertThat(keyed.tryAcquire("a", 1, SECOND)).isTrue();
        assertThat(time.elapsed()).isEqualTo(SECOND);
    }
}
