package dev.mainstay.breaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mainstay.backoff.Backoff;
import dev.mainstay.backoff.RandomSource;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.RetryAfterHint;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How long a breaker stays open. */
@ExtendWith(Quiet.class)
class OpenWaitTest {

    private final VirtualTime time = VirtualTime.create();

    private CircuitBreaker breaker(UnaryOperator<CircuitBreakerConfig.Builder> options) {
        return CircuitBreaker.of(
                "b",
                c -> options.apply(c.slidingWindowSize(4)
                        .permittedNumberOfCallsInHalfOpenState(1)
                        .timeSource(time)));
    }

    private static void fail(CircuitBreaker breaker, Exception failure) {
        breaker.acquirePermit().failure(failure);
    }

    private static void fail(CircuitBreaker breaker, int times) {
        for (int i = 0; i < times; i++) {
            fail(breaker, new IOException());
        }
    }

    private static void succeed(CircuitBreaker breaker, int times) {
        for (int i = 0; i < times; i++) {
            breaker.acquirePermit().success(null);
        }
    }

    private Duration waitOf(CircuitBreaker breaker) {
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        Duration wait = breaker.retryAfter();
        assertThat(wait).isNotNull();
        return wait;
    }

    private void waitUntilHalfOpen(CircuitBreaker breaker) {
        time.advance(waitOf(breaker).minusNanos(1));
        assertThat(breaker.tryAcquirePermit().orElse(null)).isNull();
        time.advanceNanos(1);
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
    }

    @Test
    void byDefaultItGrowsFromTwoSecondsToThirtyAndIsSpreadByHalfButNeverLonger() {
        List<Double> low = new ArrayList<>();
        List<Double> high = new ArrayList<>();
        for (double draw : new double[] {0, 0.999_999_999}) {
            CircuitBreaker breaker = breaker(c -> c.random(() -> draw));
            fail(breaker, 4);
            for (int i = 0; i < 6; i++) {
                (draw == 0 ? low : high).add(Math.rint(waitOf(breaker).toNanos() / 1e6) / 1e3);
                waitUntilHalfOpen(breaker);
                fail(breaker, 1);
            }
        }
        assertThat(low).containsExactly(1.0, 2.0, 4.0, 8.0, 15.0, 15.0);
        assertThat(high).containsExactly(3.0, 6.0, 12.0, 24.0, 30.0, 30.0);
    }

    @Test
    void theJitterIsDrawnAnewEachTime() {
        CircuitBreaker breaker = breaker(c -> c.random(RandomSource.seeded(1)));
        fail(breaker, 4);
        Duration first = waitOf(breaker);
        breaker.reset();
        fail(breaker, 4);

        assertThat(waitOf(breaker)).isNotEqualTo(first);
    }

    @Test
    void aDurationIsKeptExactly() {
        CircuitBreaker breaker = breaker(c -> c.waitDurationInOpenState(Duration.ofSeconds(7)));
        fail(breaker, 4);
        for (int i = 0; i < 5; i++) {
            assertThat(waitOf(breaker)).isEqualTo(Duration.ofSeconds(7));
            waitUntilHalfOpen(breaker);
            fail(breaker, 1);
        }
    }

    @Test
    void aBackoffIsToldHowLongTheTimeBeforeWas() {
        CircuitBreaker breaker = breaker(c -> c.waitDurationInOpenState(Backoff.decorrelated(Duration.ofSeconds(1)))
                .random(() -> 0.5));
        fail(breaker, 4);
        assertThat(waitOf(breaker)).isEqualTo(Duration.ofSeconds(2));
        waitUntilHalfOpen(breaker);
        fail(breaker, 1);
        assertThat(waitOf(breaker)).isEqualTo(Duration.ofMillis(3_500));
    }

    @Test
    void retryAfterCountsDown() {
        CircuitBreaker breaker = breaker(c -> c.waitDurationInOpenState(Duration.ofSeconds(4)));
        assertThat(breaker.retryAfter()).isEqualTo(Duration.ZERO);
        fail(breaker, 4);
        time.advance(Duration.ofSeconds(3));

        assertThat(breaker.retryAfter()).isEqualTo(Duration.ofSeconds(1));
        CircuitBreakerOpenException rejection =
                catchThrowableOfType(CircuitBreakerOpenException.class, () -> breaker.run(() -> {}));
        assertThat(rejection.retryAfter()).isEqualTo(Duration.ofSeconds(1));
        assertThat(rejection.since()).isEqualTo(Duration.ofSeconds(3));
        assertThat(rejection.state()).isEqualTo(State.OPEN);
        assertThat(rejection.policyName()).isEqualTo("b");
        assertThat(rejection.failureRate()).isEqualTo(100);
        assertThat(rejection.slowCallRate()).isZero();
        assertThat(rejection.openedBy()).isEqualTo(new Tally(4, 4, 0, 0));
        assertThat(rejection.getStackTrace()).isEmpty();
        assertThat(rejection)
                .hasMessage("'b' rejected the call: the circuit is open (for 3s, after 4 of 4 calls failed); retry"
                        + " after 1s");

        time.advance(Duration.ofSeconds(1));
        assertThat(breaker.retryAfter()).isEqualTo(Duration.ZERO);
        breaker.acquirePermit();
        assertThat(breaker.retryAfter()).isNull();
    }

    @Test
    void aRejectionHalfOpenAndForcedOpenCannotSayWhenToComeBack() {
        CircuitBreaker breaker = breaker(c -> c.waitDurationInOpenState(Duration.ofSeconds(4)));
        fail(breaker, 4);
        time.advance(Duration.ofSeconds(4));
        breaker.acquirePermit();
        time.advance(Duration.ofSeconds(1));
        CircuitBreakerOpenException halfOpen =
                catchThrowableOfType(CircuitBreakerOpenException.class, () -> breaker.run(() -> {}));
        assertThat(halfOpen.reason()).isEqualTo(RejectionReason.HALF_OPEN);
        assertThat(halfOpen.state()).isEqualTo(State.HALF_OPEN);
        assertThat(halfOpen.retryAfter()).isNull();
        assertThat(halfOpen.failureRate()).isEqualTo(100);
        assertThat(halfOpen.since()).isEqualTo(Duration.ofSeconds(1));

        breaker.transitionToForcedOpenState();
        CircuitBreakerOpenException forced =
                catchThrowableOfType(CircuitBreakerOpenException.class, () -> breaker.run(() -> {}));
        assertThat(forced.reason()).isEqualTo(RejectionReason.FORCED_OPEN);
        assertThat(forced.state()).isEqualTo(State.FORCED_OPEN);
        assertThat(forced.retryAfter()).isNull();
        assertThat(forced.failureRate()).isNaN();
    }

    // ---- starting over

    @Test
    void itHasBeenHalfOpenSinceTheWaitWasOverWhenTheFirstCallComesLater() {
        CircuitBreaker breaker = breaker(c -> c.waitDurationInOpenState(Duration.ofSeconds(4)));
        fail(breaker, 4);
        time.advance(Duration.ofSeconds(10));
        breaker.acquirePermit();
        time.advance(Duration.ofSeconds(1));

        CircuitBreakerOpenException rejection =
                catchThrowableOfType(CircuitBreakerOpenException.class, () -> breaker.run(() -> {}));

        assertThat(rejection.since()).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void itHasBeenRecoveringSinceTheProbesWereOverWhenNobodyLookedThen() {
        CircuitBreaker breaker = breaker(c -> c.waitDurationInOpenState(Duration.ofSeconds(4))
                .slidingWindow(SlidingWindow.ofTime(Duration.ofSeconds(10)))
                .minimumNumberOfCalls(4)
                .failureRateThreshold(75)
                .slowCallDurationThreshold(Duration.ofSeconds(20))
                .slowCallRateThreshold(50)
                .permittedNumberOfCallsInHalfOpenState(2)
                .maxWaitDurationInHalfOpenState(Duration.ofSeconds(1)));
        fail(breaker, 4);
        time.advance(Duration.ofSeconds(4));
        succeed(breaker, 1);
        // It fails when its time is up, but is not slow, which is all that could have opened it.
        breaker.acquirePermit();

        time.advance(Duration.ofSeconds(10));
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        assertThat(breaker.isIdle()).isFalse();
        time.advance(Duration.ofSeconds(1));
        assertThat(breaker.isIdle()).isTrue();
    }

    @Test
    void theCountGoesOnUntilTheBreakerHasStayedClosedForAWindowOfCalls() {
        CircuitBreaker breaker = breaker(
                c -> c.minimumNumberOfCalls(2).waitDurationInOpenState(Backoff.exponential(Duration.ofSeconds(1))));
        fail(breaker, 2);
        waitUntilHalfOpen(breaker);
        succeed(breaker, 1);
        succeed(breaker, 1);
        fail(breaker, 1);
        assertThat(waitOf(breaker)).isEqualTo(Duration.ofSeconds(2));

        waitUntilHalfOpen(breaker);
        succeed(breaker, 1);
        succeed(breaker, 4);
        fail(breaker, 2);
        assertThat(waitOf(breaker)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void theCountGoesOnUntilTheBreakerHasStayedClosedForAWindowOfTime() {
        CircuitBreaker breaker = breaker(c -> c.slidingWindow(SlidingWindow.ofTime(Duration.ofSeconds(10)))
                .minimumNumberOfCalls(2)
                .waitDurationInOpenState(Backoff.exponential(Duration.ofSeconds(1))));
        fail(breaker, 2);
        waitUntilHalfOpen(breaker);
        succeed(breaker, 1);
        time.advance(Duration.ofSeconds(10).minusNanos(1));
        fail(breaker, 2);
        assertThat(waitOf(breaker)).isEqualTo(Duration.ofSeconds(2));

        waitUntilHalfOpen(breaker);
        succeed(breaker, 1);
        time.advance(Duration.ofSeconds(10));
        fail(breaker, 2);
        assertThat(waitOf(breaker)).isEqualTo(Duration.ofSeconds(1));
    }

    // ---- what the other side asks for

    private static final class Busy extends Exception implements RetryAfterHint {

        private static final long serialVersionUID = 1L;
        private final Duration retryAfter;

        Busy(Duration retryAfter) {
            this.retryAfter = retryAfter;
        }

        @Override
        public Duration retryAfter() {
            return retryAfter;
        }
    }

    private CircuitBreaker asked() {
        return breaker(c -> c.waitDurationInOpenState(Duration.ofSeconds(2)));
    }

    @Test
    void itIsNeverShorterThanARetryAfterOfTheFailures() {
        CircuitBreaker breaker = asked();
        fail(breaker, new Busy(Duration.ofMinutes(1)));
        time.advance(Duration.ofSeconds(10));
        fail(breaker, new Busy(Duration.ofSeconds(5)));
        fail(breaker, 2);

        assertThat(waitOf(breaker)).isEqualTo(Duration.ofSeconds(50));
    }

    @Test
    void aFunctionMayReadTheRetryAfter() {
        CircuitBreaker breaker = breaker(c -> c.recordResult("busy"::equals)
                .retryAfter((result, failure) -> "busy".equals(result) ? Duration.ofSeconds(40) : null));
        for (int i = 0; i < 4; i++) {
            breaker.acquirePermit().success("busy");
        }

        assertThat(waitOf(breaker)).isEqualTo(Duration.ofSeconds(40));
    }

    @Test
    void aShorterRetryAfterDoesNotShortenIt() {
        CircuitBreaker breaker = asked();
        fail(breaker, 3);
        fail(breaker, new Busy(Duration.ofMillis(1)));

        assertThat(waitOf(breaker)).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void aRetryAfterOfAProbeCounts() {
        CircuitBreaker breaker = asked();
        fail(breaker, 4);
        waitUntilHalfOpen(breaker);
        fail(breaker, new Busy(Duration.ofSeconds(20)));

        assertThat(waitOf(breaker)).isEqualTo(Duration.ofSeconds(20));
        waitUntilHalfOpen(breaker);
        fail(breaker, 1);
        assertThat(waitOf(breaker)).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void aRetryAfterIsForgottenWithTheFailureThatSaidIt() {
        for (int size : new int[] {4, 100}) {
            CircuitBreaker breaker = breaker(c -> c.slidingWindowSize(size)
                    .minimumNumberOfCalls(1)
                    .failureRateThreshold(100)
                    .waitDurationInOpenState(Duration.ofSeconds(2)));
            succeed(breaker, 1);
            fail(breaker, new Busy(Duration.ofHours(1)));
            succeed(breaker, size + 16);
            fail(breaker, size);

            assertThat(waitOf(breaker)).as("size %d", size).isEqualTo(Duration.ofSeconds(2));
        }
    }

    @Test
    void aRetryAfterOfALateFailureIsIgnored() {
        CircuitBreaker breaker = asked();
        var late = breaker.acquirePermit();
        fail(breaker, 4);
        late.failure(new Busy(Duration.ofHours(1)));
        assertThat(waitOf(breaker)).isEqualTo(Duration.ofSeconds(2));
        waitUntilHalfOpen(breaker);
        fail(breaker, 1);

        assertThat(waitOf(breaker)).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void theEventTellsTheWait() {
        CircuitBreaker breaker = asked();
        try (RecordedEvents events = RecordedEvents.of(breaker, StateChanged.class)) {
            fail(breaker, 4);
            waitUntilHalfOpen(breaker);
            succeed(breaker, 1);

            assertThat(events.ofType(StateChanged.class))
                    .extracting(StateChanged::waitDuration)
                    .containsExactly(Duration.ofSeconds(2), Duration.ofSeconds(2), null);
            StateChanged opened = events.ofType(StateChanged.class).get(0);
            assertThat(opened.numbers()).isEqualTo(new Tally(4, 4, 0, 0));
            assertThat(opened.context()).isNotNull();
            assertThat(opened)
                    .hasToString("StateChanged[b: CLOSED to OPEN, the failure rate reached its threshold (4 of 4 calls"
                            + " failed) for 2s]");
        }
    }

    // ---- by itself

    @Test
    void itEndsByItselfOnlyIfThatIsWanted() {
        CircuitBreaker lazy = asked();
        CircuitBreaker automatic = breaker(
                c -> c.waitDurationInOpenState(Duration.ofSeconds(2)).automaticTransitionFromOpenToHalfOpen(true));
        try (RecordedEvents none = RecordedEvents.of(lazy, StateChanged.class);
                RecordedEvents some = RecordedEvents.of(automatic, StateChanged.class)) {
            fail(lazy, 4);
            assertThat(time.pendingEvents()).isZero();
            fail(automatic, 4);
            assertThat(time.pendingEvents()).isEqualTo(1);
            time.advance(Duration.ofSeconds(2));

            assertThat(none.all()).hasSize(1);
            assertThat(some.ofType(StateChanged.class))
                    .extracting(StateChanged::to)
                    .containsExactly(State.OPEN, State.HALF_OPEN);
            assertThat(lazy.state()).isEqualTo(automatic.state()).isEqualTo(State.HALF_OPEN);
            assertThat(none.all()).as("looking changes nothing").hasSize(1);
            assertThat(time.pendingEvents()).isZero();
        }
    }

    @Test
    void aProbeWhoseTimeIsUpReopensItByItselfOnlyIfThatIsWanted() {
        CircuitBreaker breaker = breaker(c -> c.waitDurationInOpenState(Duration.ofSeconds(2))
                .permittedNumberOfCallsInHalfOpenState(3)
                .maxWaitDurationInHalfOpenState(Duration.ofSeconds(5))
                .automaticTransitionFromOpenToHalfOpen(true));
        fail(breaker, 4);
        time.advance(Duration.ofSeconds(2));
        try (RecordedEvents events = RecordedEvents.of(breaker, StateChanged.class)) {
            breaker.acquirePermit();
            time.advance(Duration.ofSeconds(1));
            breaker.acquirePermit();
            time.advance(Duration.ofSeconds(4));
            assertThat(events.all()).as("one of three has failed").isEmpty();
            time.advance(Duration.ofSeconds(1));
            assertThat(events.ofType(StateChanged.class))
                    .extracting(StateChanged::to)
                    .containsExactly(State.OPEN);
            time.advance(Duration.ofSeconds(2));
            assertThat(events.ofType(StateChanged.class))
                    .extracting(StateChanged::to)
                    .containsExactly(State.OPEN, State.HALF_OPEN);
        }
    }

    @Test
    void theTimerIsCancelledByAnyOtherWayOutOfTheState() {
        CircuitBreaker breaker = breaker(c ->
                c.maxWaitDurationInHalfOpenState(Duration.ofSeconds(5)).automaticTransitionFromOpenToHalfOpen(true));
        List<Runnable> ways = List.of(
                breaker::reset,
                breaker::transitionToClosedState,
                breaker::transitionToForcedOpenState,
                breaker::transitionToDisabledState,
                breaker::transitionToMetricsOnlyState);
        for (Runnable way : ways) {
            breaker.reset();
            fail(breaker, 4);
            assertThat(time.pendingEvents()).isEqualTo(1);
            way.run();
            assertThat(time.pendingEvents()).isZero();

            breaker.reset();
            breaker.transitionToOpenState();
            time.advance(Duration.ofSeconds(3));
            breaker.acquirePermit();
            assertThat(time.pendingEvents()).isEqualTo(1);
            way.run();
            assertThat(time.pendingEvents()).isZero();
        }
        breaker.reset();
        breaker.transitionToOpenState();
        time.advance(Duration.ofSeconds(3));
        succeed(breaker, 1);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        assertThat(time.pendingEvents()).isZero();
    }

    @Test
    void aBreakerThatBeginsOpenBecomesHalfOpen() {
        CircuitBreaker breaker =
                breaker(c -> c.initialState(State.OPEN).waitDurationInOpenState(Duration.ofSeconds(3)));
        assertThat(breaker.tryAcquirePermit().orElse(null)).isNull();
        waitUntilHalfOpen(breaker);
        succeed(breaker, 1);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void aBreakerThatBeginsOpenBecomesHalfOpenByItselfIfThatIsWanted() {
        CircuitBreaker breaker = breaker(c -> c.initialState(State.OPEN)
                .waitDurationInOpenState(Duration.ofSeconds(3))
                .automaticTransitionFromOpenToHalfOpen(true));
        try (RecordedEvents events = RecordedEvents.of(breaker, StateChanged.class)) {
            time.advance(Duration.ofSeconds(3));
            assertThat(events.ofType(StateChanged.class))
                    .extracting(StateChanged::to)
                    .containsExactly(State.HALF_OPEN);
        }
    }

    @Test
    void aWaitWithoutEndNeedsNoTimer() {
        CircuitBreaker breaker = breaker(c -> c.waitDurationInOpenState(Duration.ofSeconds(Long.MAX_VALUE))
                .automaticTransitionFromOpenToHalfOpen(true));
        fail(breaker, 4);
        time.advance(Duration.ofDays(10_000));

        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThat(time.pendingEvents()).isZero();
    }

    private static final class InAYear extends Exception implements RetryAfterHint {

        private static final long serialVersionUID = 1L;

        @Override
        public Duration retryAfter() {
            return Duration.ofDays(365);
        }
    }

    @Test
    void nobodyElseOpensItForAYear() {
        CircuitBreaker breaker = breaker(c -> c);
        fail(breaker, new InAYear());
        fail(breaker, 3);
        assertThat(waitOf(breaker)).isEqualTo(Duration.ofMinutes(2));
        waitUntilHalfOpen(breaker);
        fail(breaker, new InAYear());
        assertThat(waitOf(breaker)).as("after a probe").isEqualTo(Duration.ofMinutes(2));
    }

    @Test
    void forHowLongOthersMayOpenItIsAnOption() {
        CircuitBreaker breaker = breaker(c -> c.maxRetryAfter(Duration.ofHours(3)));
        fail(breaker, new InAYear());
        fail(breaker, 3);
        assertThat(waitOf(breaker)).isEqualTo(Duration.ofHours(3));
        breaker.reconfigure(breaker.config().toBuilder()
                .maxRetryAfter(Duration.ofMinutes(1))
                .build());
        waitUntilHalfOpen(breaker);
        fail(breaker, new InAYear());
        assertThat(waitOf(breaker)).isEqualTo(Duration.ofMinutes(1));
    }
}
