package dev.mainstay.breaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Permit;
import dev.mainstay.PolicyEvent;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Other options for a breaker that is in use. */
class ReconfigureTest {

    private static final Duration WAIT = Duration.ofSeconds(2);

    @RegisterExtension
    final Quiet log = new Quiet();

    private final VirtualTime time = VirtualTime.create();
    private final CircuitBreaker breaker = CircuitBreaker.of(
            "b", c -> c.slidingWindowSize(4).waitDurationInOpenState(WAIT).timeSource(time));

    private void change(UnaryOperator<CircuitBreakerConfig.Builder> options) {
        breaker.reconfigure(options.apply(breaker.config().toBuilder()).build());
    }

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            breaker.acquirePermit().failure(new IOException());
        }
    }

    private void succeed(int times) {
        for (int i = 0; i < times; i++) {
            breaker.acquirePermit().success(null);
        }
    }

    @Test
    void aCountWindowKeepsItsNewestCalls() {
        succeed(1);
        fail(1);
        succeed(1);
        change(c -> c.slidingWindowSize(2));
        assertThat(breaker.tally()).isEqualTo(new Tally(2, 1, 0, 0));
        change(c -> c.slidingWindowSize(100));
        assertThat(breaker.tally()).isEqualTo(new Tally(2, 1, 0, 0));
        succeed(99);
        assertThat(breaker.tally()).isEqualTo(new Tally(100, 0, 0, 0));
        change(c -> c.slidingWindowSize(3));
        assertThat(breaker.tally()).isEqualTo(new Tally(3, 0, 0, 0));
    }

    @Test
    void aTimeWindowKeepsItsBucketsIfTheyAreAsLong() {
        change(c -> c.slidingWindow(SlidingWindow.ofTime(Duration.ofSeconds(10))));
        assertThat(breaker.tally().calls()).isZero();
        fail(3);
        time.advance(Duration.ofSeconds(9));
        succeed(2);

        change(c -> c.slidingWindow(SlidingWindow.ofTime(Duration.ofSeconds(20), 20)));
        assertThat(breaker.tally()).isEqualTo(new Tally(5, 3, 0, 0));
        time.advance(Duration.ofSeconds(10));
        assertThat(breaker.tally()).isEqualTo(new Tally(5, 3, 0, 0));
        change(c -> c.slidingWindow(SlidingWindow.ofTime(Duration.ofSeconds(15), 15)));
        assertThat(breaker.tally()).isEqualTo(new Tally(2, 0, 0, 0));
        change(c -> c.slidingWindow(SlidingWindow.ofTime(Duration.ofSeconds(15), 5)));
        assertThat(breaker.tally()).isEqualTo(new Tally(0, 0, 0, 0));
    }

    @Test
    void anotherKindOfWindowStartsOver() {
        fail(3);
        change(c -> c.slidingWindow(SlidingWindow.ofTime(Duration.ofSeconds(10))));
        assertThat(breaker.tally().calls()).isZero();
        fail(3);
        change(c -> c.slidingWindowSize(4));
        assertThat(breaker.tally().calls()).isZero();
    }

    @Test
    void otherThresholdsApplyToWhatIsInTheWindow() {
        change(c -> c.failureRateThreshold(100));
        succeed(1);
        fail(3);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);

        change(c -> c.failureRateThreshold(50));
        assertThat(breaker.state()).as("changing options rejects no call").isEqualTo(State.CLOSED);
        succeed(1);
        assertThat(breaker.state()).as("the next call that ends looks").isEqualTo(State.OPEN);
    }

    @Test
    void aCallInFlightEndsUnderTheThresholdsThatAdmittedIt() {
        succeed(2);
        fail(1);
        Permit before = breaker.acquirePermit();
        change(c -> c.failureRateThreshold(100));
        Permit after = breaker.acquirePermit();

        after.failure(new IOException());
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        before.failure(new IOException());
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    void aSuccessInFlightOpensOnlyByTheMinimumThatAdmittedIt() {
        CircuitBreakerConfig strict = breaker.config().toBuilder()
                .slidingWindowSize(9)
                .minimumNumberOfCalls(3)
                .failureRateThreshold(1)
                .build();
        CircuitBreakerConfig lenient =
                strict.toBuilder().minimumNumberOfCalls(7).build();
        breaker.reconfigure(strict);
        Permit before = breaker.acquirePermit();
        breaker.reconfigure(lenient);
        fail(1);
        succeed(2);
        before.success(null);
        assertThat(breaker.state()).as("the third call was another").isEqualTo(State.CLOSED);

        breaker.reset();
        breaker.reconfigure(strict);
        Permit third = breaker.acquirePermit();
        breaker.reconfigure(lenient);
        fail(1);
        succeed(1);
        third.success(null);
        assertThat(breaker.state()).as("it was the third call").isEqualTo(State.OPEN);
    }

    @Test
    void aCallInFlightEndsUnderTheClassifierThatAdmittedIt() {
        Permit before = breaker.acquirePermit();
        change(c -> c.ignoreExceptions(IOException.class));
        Permit after = breaker.acquirePermit();
        before.failure(new IOException());
        after.failure(new IOException());

        assertThat(breaker.tally()).isEqualTo(new Tally(1, 1, 0, 0));
    }

    @Test
    void aCallInFlightEndsUnderTheSlowThresholdThatAdmittedIt() {
        change(c -> c.slowCallDurationThreshold(Duration.ofSeconds(1)));
        Permit strict = breaker.acquirePermit();
        change(c -> c.slowCallDurationThreshold(Duration.ofSeconds(10)));
        Permit lenient = breaker.acquirePermit();
        change(c -> c.noSlowCalls());
        Permit careless = breaker.acquirePermit();
        time.advance(Duration.ofSeconds(5));
        change(c -> c.slowCallDurationThreshold(Duration.ofSeconds(2)));

        strict.success(null);
        lenient.success(null);
        careless.success(null);

        assertThat(breaker.tally()).isEqualTo(new Tally(3, 0, 1, 0));
    }

    @Test
    void aCallFromManyChangesBackStillCounts() {
        change(c -> c.slidingWindowSize(100).minimumNumberOfCalls(100));
        List<Permit> calls = new ArrayList<>();
        for (int i = 1; i <= 20; i++) {
            int seconds = i;
            change(c -> c.slowCallDurationThreshold(Duration.ofSeconds(seconds)));
            calls.add(breaker.acquirePermit());
        }
        time.advance(Duration.ofSeconds(30));
        calls.forEach(call -> call.success(null));

        assertThat(breaker.tally()).isEqualTo(new Tally(20, 0, 20, 0));
    }

    @Test
    void aCallFromBeforeAResetCountsNowhereHoweverOftenTheOptionsChangeAfterwards() {
        List<Permit> before = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            before.add(breaker.acquirePermit());
        }
        breaker.transitionToOpenState();
        breaker.transitionToClosedState();
        for (Permit call : before) {
            call.failure(new IOException());
            assertThat(breaker.tally()).isEqualTo(Tally.NOTHING);
            change(c -> c.failureRateThreshold(60));
        }
    }

    @Test
    void theStateStaysAndSoDoesTheWait() {
        fail(4);
        change(c -> c.waitDurationInOpenState(Duration.ofHours(1)));
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThat(breaker.retryAfter()).isEqualTo(WAIT);
        time.advance(WAIT);
        fail(2);
        assertThat(breaker.retryAfter()).isEqualTo(Duration.ofHours(1));
    }

    @Test
    void aNumberOfFailuresAppliesToWhatIsInTheWindow() {
        change(c -> c.slidingWindowSize(10));
        fail(3);
        succeed(4);
        change(c -> c.failureThreshold(3, 10));
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        succeed(1);
        assertThat(breaker.state()).as("the next call that ends looks").isEqualTo(State.OPEN);
    }

    @Test
    void theRateDecidesAgainWithoutANumberOfFailures() {
        change(c -> c.failureThreshold(1, 4));
        Permit byNumber = breaker.acquirePermit();
        change(c -> c.noFailureThreshold());
        fail(1);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        byNumber.failure(new IOException());
        assertThat(breaker.state())
                .as("it ends under the options that admitted it")
                .isEqualTo(State.OPEN);
    }

    @Test
    void probesThatHaveSucceededCloseAtOnceIfTheyAreEnough() {
        change(c -> c.permittedNumberOfCallsInHalfOpenState(5));
        fail(4);
        time.advance(WAIT);
        succeed(2);
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);

        change(c -> c.requiredSuccessesInHalfOpenState(2));

        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void probesThatHaveFailedOpenAtOnceIfTheOthersCannotBeEnough() {
        change(c -> c.permittedNumberOfCallsInHalfOpenState(5));
        fail(4);
        time.advance(WAIT);
        fail(1);
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);

        change(c -> c.requiredSuccessesInHalfOpenState(5));

        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    void probesDecideByTheOptionsInForce() {
        fail(4);
        time.advance(WAIT);
        Permit first = breaker.acquirePermit();
        change(c -> c.permittedNumberOfCallsInHalfOpenState(1));
        assertThat(breaker.tryAcquirePermit().orElse(null)).isNull();
        first.success(null);

        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void aProbeWhoseTimeWasUpBeforeHasFailed() {
        change(c -> c.permittedNumberOfCallsInHalfOpenState(1).maxWaitDurationInHalfOpenState(Duration.ofSeconds(1)));
        fail(4);
        time.advance(WAIT);
        Permit probe = breaker.acquirePermit();
        time.advance(Duration.ofSeconds(1));

        change(c -> c.maxWaitDurationInHalfOpenState(Duration.ofSeconds(10)));
        probe.success(null);

        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    void aProbeWhoseTimeIsUpUnderTheNewOptionsFailsNowAndNotBefore() {
        change(c -> c.permittedNumberOfCallsInHalfOpenState(1).maxWaitDurationInHalfOpenState(Duration.ofSeconds(10)));
        fail(4);
        time.advance(WAIT);
        Permit probe = breaker.acquirePermit();
        time.advance(Duration.ofSeconds(5));
        RecordedEvents changes = RecordedEvents.of(breaker, StateChanged.class);

        change(c -> c.maxWaitDurationInHalfOpenState(Duration.ofSeconds(1)));

        assertThat(changes.ofType(StateChanged.class))
                .extracting(StateChanged::to)
                .containsExactly(State.OPEN);
        assertThat(breaker.retryAfter()).isEqualTo(WAIT);
        probe.success(null);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    void probesThatHaveEndedDecideAtOnceIfFewerAreEnough() {
        change(c -> c.permittedNumberOfCallsInHalfOpenState(3).failureRateThreshold(50));
        fail(4);
        time.advance(WAIT);
        succeed(1);
        time.advance(Duration.ofSeconds(5));
        RecordedEvents changes = RecordedEvents.of(breaker, StateChanged.class);

        change(c -> c.permittedNumberOfCallsInHalfOpenState(1));

        assertThat(changes.ofType(StateChanged.class))
                .extracting(StateChanged::to)
                .containsExactly(State.CLOSED);
    }

    @Test
    void aTimerIsArmedOrCancelledWithTheOption() {
        fail(4);
        assertThat(time.pendingEvents()).isZero();
        change(c -> c.automaticTransitionFromOpenToHalfOpen(true));
        assertThat(time.pendingEvents()).isEqualTo(1);
        change(c -> c.automaticTransitionFromOpenToHalfOpen(false));
        assertThat(time.pendingEvents()).isZero();
        change(c -> c.automaticTransitionFromOpenToHalfOpen(true));
        try (RecordedEvents events = RecordedEvents.of(breaker, StateChanged.class)) {
            time.advance(WAIT);
            assertThat(events.all()).hasSize(1);
        }
    }

    @Test
    void aBreakerThatHasRecoveredStaysSoInALargerWindow() {
        CircuitBreaker growing = CircuitBreaker.of(
                "b",
                c -> c.slidingWindowSize(4)
                        .permittedNumberOfCallsInHalfOpenState(1)
                        .waitDurationInOpenState(Backoff.exponential(Duration.ofSeconds(1)))
                        .timeSource(time));
        growing.transitionToOpenState();
        growing.transitionToClosedState();
        for (int i = 0; i < 4; i++) {
            growing.acquirePermit().success(null);
        }
        growing.reconfigure(growing.config().toBuilder().slidingWindowSize(50).build());
        growing.transitionToOpenState();

        assertThat(growing.retryAfter()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void itIsToldAndLoggedOnce() {
        CircuitBreakerConfig before = breaker.config();
        try (RecordedEvents events = RecordedEvents.of(breaker)) {
            change(c -> c.failureRateThreshold(70));

            assertThat(events.ofType(PolicyEvent.Reconfigured.class))
                    .containsExactly(new PolicyEvent.Reconfigured("b", time.nanoTime(), before, breaker.config()));
        }
        assertThat(breaker.config().failureRateThreshold()).isEqualTo(70);
        assertThat(log.lines())
                .hasSize(1)
                .first()
                .asString()
                .startsWith("INFO Circuit breaker 'b' reconfigured: from ");
    }

    @Test
    void anotherTimeSourceIsRejected() {
        assertThatThrownBy(() -> change(c -> c.timeSource(TimeSource.system())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("timeSource")
                .hasMessageContaining("the one it was made with");
        assertThatThrownBy(() -> breaker.reconfigure((CircuitBreakerConfig) null))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("config");
    }
}
