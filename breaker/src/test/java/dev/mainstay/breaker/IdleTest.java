package dev.mainstay.breaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Permit;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A breaker that is not called any more becomes idle, whatever it remembers, so that a registry may let it go. */
@ExtendWith(Quiet.class)
class IdleTest {

    private static final Duration STALE = Duration.ofMinutes(5);
    private static final Duration WAIT = Duration.ofSeconds(2);
    private static final Duration INSTANT = Duration.ofNanos(1);

    private final VirtualTime time = VirtualTime.create();

    static Stream<SlidingWindow> windows() {
        return Stream.of(
                SlidingWindow.ofCalls(4), SlidingWindow.ofCalls(10_000), SlidingWindow.ofTime(Duration.ofHours(1)));
    }

    private CircuitBreaker breaker(SlidingWindow window, Duration wait) {
        return CircuitBreaker.of(
                "b",
                config -> config.slidingWindow(window)
                        .minimumNumberOfCalls(4)
                        .permittedNumberOfCallsInHalfOpenState(2)
                        .waitDurationInOpenState(wait)
                        .timeSource(time));
    }

    private static void fail(CircuitBreaker breaker, int times) {
        for (int i = 0; i < times; i++) {
            assertThatThrownBy(() -> breaker.run(() -> {
                        throw new IOException("down");
                    }))
                    .isInstanceOf(IOException.class);
        }
    }

    private void isIdleOnlyAfter(CircuitBreaker breaker, Duration duration) {
        time.advance(duration.minus(INSTANT));
        assertThat(breaker.isIdle()).as("just before").isFalse();
        time.advance(INSTANT);
        assertThat(breaker.isIdle()).as("from then on").isTrue();
    }

    @ParameterizedTest
    @MethodSource("windows")
    void afterItsLastFailure(SlidingWindow window) {
        CircuitBreaker breaker = breaker(window, WAIT);
        time.advance(Duration.ofDays(1));
        fail(breaker, 1);
        time.advance(Duration.ofMinutes(4));
        fail(breaker, 1);
        if (window instanceof SlidingWindow.Time) {
            time.advance(Duration.ofHours(1));
            assertThat(breaker.isIdle()).isTrue();
        } else {
            isIdleOnlyAfter(breaker, STALE);
        }
    }

    @ParameterizedTest
    @MethodSource("windows")
    void afterItHasOpened(SlidingWindow window) {
        CircuitBreaker breaker = breaker(window, WAIT);
        fail(breaker, 4);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        isIdleOnlyAfter(breaker, WAIT.plus(STALE));
    }

    @Test
    void afterItHasBeenOpenForLonger() {
        Duration wait = Duration.ofHours(1);
        CircuitBreaker breaker = breaker(SlidingWindow.ofCalls(4), wait);
        fail(breaker, 4);
        isIdleOnlyAfter(breaker, wait.plus(wait));
    }

    @ParameterizedTest
    @MethodSource("windows")
    void afterItHasClosedAgain(SlidingWindow window) {
        CircuitBreaker breaker = breaker(window, WAIT);
        fail(breaker, 4);
        time.advance(WAIT);
        breaker.run(() -> {});
        breaker.run(() -> {});
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        isIdleOnlyAfter(breaker, STALE);
    }

    @Test
    void afterAProbeWhoseTimeWasUp() {
        CircuitBreaker breaker = breaker(SlidingWindow.ofCalls(4), WAIT);
        fail(breaker, 4);
        time.advance(WAIT);
        Permit neverEnds = Objects.requireNonNull(breaker.tryAcquirePermit().orElse(null));
        time.advance(Duration.ofSeconds(1));
        assertThat(breaker.isIdle()).as("a probe is out").isFalse();
        time.advance(Duration.ofHours(1));
        assertThat(breaker.isIdle()).isTrue();
        neverEnds.release();
    }

    @Test
    void neverIfItWasSwitchedByHand() {
        for (State state : new State[] {State.DISABLED, State.FORCED_OPEN, State.METRICS_ONLY}) {
            CircuitBreaker breaker = breaker(SlidingWindow.ofCalls(4), WAIT);
            switch (state) {
                case DISABLED -> breaker.transitionToDisabledState();
                case FORCED_OPEN -> breaker.transitionToForcedOpenState();
                default -> breaker.transitionToMetricsOnlyState();
            }
            time.advance(Duration.ofDays(1));
            assertThat(breaker.isIdle()).as("%s", state).isFalse();
        }
    }
}
