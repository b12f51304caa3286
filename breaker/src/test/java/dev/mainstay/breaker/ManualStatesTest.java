package dev.mainstay.breaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Permit;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.testkit.Meters;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The states that somebody sets by hand, from every other, while calls are in flight. */
@ExtendWith(Quiet.class)
class ManualStatesTest {

    private static final Duration WAIT = Duration.ofSeconds(2);
    private static final Map<State, Consumer<CircuitBreaker>> BY_HAND = byHand();

    private static Map<State, Consumer<CircuitBreaker>> byHand() {
        Map<State, Consumer<CircuitBreaker>> byHand = new EnumMap<>(State.class);
        byHand.put(State.CLOSED, CircuitBreaker::transitionToClosedState);
        byHand.put(State.OPEN, CircuitBreaker::transitionToOpenState);
        byHand.put(State.HALF_OPEN, CircuitBreaker::transitionToHalfOpenState);
        byHand.put(State.DISABLED, CircuitBreaker::transitionToDisabledState);
        byHand.put(State.FORCED_OPEN, CircuitBreaker::transitionToForcedOpenState);
        byHand.put(State.METRICS_ONLY, CircuitBreaker::transitionToMetricsOnlyState);
        return byHand;
    }

    static Stream<Arguments> pairs() {
        return Stream.of(State.values())
                .flatMap(from ->
                        BY_HAND.keySet().stream().filter(to -> to != from).map(to -> Arguments.of(from, to)));
    }

    private final VirtualTime time = VirtualTime.create();
    private final CircuitBreaker breaker = CircuitBreaker.of(
            "b", c -> c.slidingWindowSize(4).waitDurationInOpenState(WAIT).timeSource(time));

    private void bring(State state) {
        if (state == State.HALF_OPEN) {
            breaker.transitionToOpenState();
            time.advance(WAIT);
        } else {
            BY_HAND.getOrDefault(state, b -> {}).accept(breaker);
        }
        assertThat(breaker.state()).isEqualTo(state);
    }

    private List<Permit> calls() {
        List<Permit> calls = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            Permit permit = breaker.tryAcquirePermit().orElse(null);
            if (permit != null) {
                calls.add(permit);
            }
        }
        return calls;
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void aCallFromTheStateBeforeChangesNothing(State from, State to) {
        bring(from);
        List<Permit> calls = calls();
        BY_HAND.get(to).accept(breaker);
        assertThat(breaker.state()).isEqualTo(to);
        Tally before = breaker.tally();

        calls.forEach(call -> call.failure(new IOException()));

        assertThat(breaker.state()).isEqualTo(to);
        assertThat(breaker.tally()).isEqualTo(before);
        if (to == State.OPEN) {
            time.advance(WAIT);
            List<Permit> probes = calls();
            assertThat(probes).as("late results mint no probes").hasSize(3);
        }
    }

    @ParameterizedTest
    @EnumSource(State.class)
    void resetClosesFromEveryStateAndForgetsEverything(State from) {
        bring(from);
        List<Permit> calls = calls();

        breaker.reset();

        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        calls.forEach(call -> call.failure(new IOException()));
        assertThat(breaker.tally()).isEqualTo(new Tally(0, 0, 0, 0));
        assertThat(breaker.isIdle()).isTrue();
    }

    @Test
    void resetForgetsTheCallsAndTheOpeningsOfAClosedBreakerWithoutAnEvent() {
        CircuitBreaker growing = growing();
        growing.transitionToOpenState();
        growing.transitionToClosedState();
        growing.acquirePermit().failure(new IOException());
        assertThat(growing.isIdle()).isFalse();
        try (RecordedEvents events = RecordedEvents.of(growing, StateChanged.class)) {
            growing.reset();
            assertThat(events.all()).isEmpty();
        }
        assertThat(growing.tally()).isEqualTo(new Tally(0, 0, 0, 0));
        growing.transitionToOpenState();
        assertThat(growing.retryAfter()).isEqualTo(Duration.ofSeconds(1));
        growing.transitionToClosedState();
        growing.transitionToOpenState();
        assertThat(growing.retryAfter()).as("to close forgets no opening").isEqualTo(Duration.ofSeconds(2));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void eachIsToldOnceWithItsReason(State from, State to) {
        bring(from);
        try (RecordedEvents events = RecordedEvents.of(breaker, StateChanged.class)) {
            BY_HAND.get(to).accept(breaker);
            BY_HAND.get(to).accept(breaker);

            List<StateChanged> changes = new ArrayList<>(events.ofType(StateChanged.class));
            if (from == State.HALF_OPEN) {
                assertThat(changes.remove(0).why()).isEqualTo(StateChanged.Why.WAIT_OVER);
            }
            assertThat(changes).hasSize(1);
            assertThat(changes.get(0).from()).isEqualTo(from);
            assertThat(changes.get(0).to()).isEqualTo(to);
            assertThat(changes.get(0).why()).isEqualTo(StateChanged.Why.BY_HAND);
            assertThat(changes.get(0).context()).isNull();
        }
    }

    // ---- half-open by hand

    @Test
    void halfOpenByHandItsProbesDecide() {
        breaker.transitionToHalfOpenState();
        List<Permit> probes = calls();
        assertThat(probes).hasSize(3);
        assertThat(breaker.retryAfter()).isNull();
        probes.forEach(probe -> probe.success(null));
        assertThat(breaker.state()).isEqualTo(State.CLOSED);

        breaker.transitionToHalfOpenState();
        calls().forEach(probe -> probe.failure(new IOException()));
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    void anOpenBreakerThatIsMadeHalfOpenTellsWhatOpenedIt() {
        for (int i = 0; i < 4; i++) {
            breaker.acquirePermit().failure(new IOException());
        }
        breaker.transitionToHalfOpenState();
        assertThat(calls()).hasSize(3);

        assertThatThrownBy(breaker::acquirePermit)
                .isInstanceOfSatisfying(CircuitBreakerOpenException.class, rejection -> {
                    assertThat(rejection.reason()).isEqualTo(RejectionReason.HALF_OPEN);
                    assertThat(rejection.openedBy().failures()).isEqualTo(4);
                });
    }

    @Test
    void aRecoveredBreakerThatIsMadeHalfOpenForgetsItsOpenings() {
        CircuitBreaker growing = growing();
        growing.transitionToOpenState();
        growing.transitionToClosedState();
        for (int i = 0; i < 4; i++) {
            growing.acquirePermit().success(null);
        }
        growing.transitionToHalfOpenState();
        growing.transitionToOpenState();
        assertThat(growing.retryAfter()).isEqualTo(Duration.ofSeconds(1));
    }

    // ---- open for a time

    private CircuitBreaker growing() {
        return CircuitBreaker.of(
                "b",
                c -> c.slidingWindowSize(4)
                        .waitDurationInOpenState(Backoff.exponential(Duration.ofSeconds(1)))
                        .timeSource(time));
    }

    @ParameterizedTest
    @EnumSource(State.class)
    void opensFromEveryStateForExactlySoLong(State from) {
        bring(from);
        List<Permit> calls = calls();
        breaker.transitionToOpenStateFor(Duration.ofMinutes(7));

        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThat(breaker.retryAfter()).isEqualTo(Duration.ofMinutes(7));
        calls.forEach(call -> call.failure(new IOException()));
        time.advance(Duration.ofMinutes(7).minusNanos(1));
        assertThat(calls()).isEmpty();
        time.advanceNanos(1);
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
        assertThat(calls()).hasSize(3);
    }

    @Test
    void openForATimeIsToldWithThatTimeAndAnOpenBreakerTellsNobody() {
        try (RecordedEvents events = RecordedEvents.of(breaker, StateChanged.class)) {
            breaker.transitionToOpenStateFor(Duration.ofMinutes(7));
            time.advance(Duration.ofMinutes(1));
            breaker.transitionToOpenStateFor(Duration.ofSeconds(3));

            assertThat(events.ofType(StateChanged.class)).singleElement().satisfies(change -> {
                assertThat(change.to()).isEqualTo(State.OPEN);
                assertThat(change.why()).isEqualTo(StateChanged.Why.BY_HAND);
                assertThat(change.waitDuration()).isEqualTo(Duration.ofMinutes(7));
            });
        }
        assertThat(breaker.retryAfter()).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void anOpenBreakerThatOpensForATimeKeepsTheNumbersThatOpenedIt() {
        for (int i = 0; i < 4; i++) {
            breaker.acquirePermit().failure(new IOException());
        }
        breaker.transitionToOpenStateFor(Duration.ofMinutes(7));
        assertThat(breaker.tally().failures()).isEqualTo(4);
    }

    @Test
    void openForATimeLengthensNoLaterWait() {
        CircuitBreaker growing = growing();
        growing.transitionToOpenState();
        growing.transitionToOpenStateFor(Duration.ofHours(1));
        growing.transitionToClosedState();
        growing.transitionToOpenStateFor(Duration.ofHours(1));
        growing.transitionToClosedState();
        growing.transitionToOpenState();
        assertThat(growing.retryAfter()).as("the second opening").isEqualTo(Duration.ofSeconds(2));

        growing.reset();
        growing.transitionToOpenStateFor(Duration.ofHours(1));
        growing.transitionToClosedState();
        assertThat(growing.isIdle()).as("no opening is remembered").isTrue();
    }

    @Test
    void aRetryAfterDoesNotChangeTheTimeThatWasSetByHand() {
        CircuitBreaker told = CircuitBreaker.of(
                "b",
                c -> c.retryAfter((result, failure) -> Duration.ofMinutes(1)).timeSource(time));
        told.acquirePermit().failure(new IOException());
        told.transitionToOpenStateFor(Duration.ofSeconds(1));
        assertThat(told.retryAfter()).isEqualTo(Duration.ofSeconds(1));
        told.transitionToClosedState();
        told.acquirePermit().failure(new IOException());
        told.transitionToOpenState();
        assertThat(told.retryAfter()).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void theTimerEndsATimeThatWasSetByHand() {
        CircuitBreaker timed = CircuitBreaker.of(
                "b",
                c -> c.automaticTransitionFromOpenToHalfOpen(true)
                        .waitDurationInOpenState(WAIT)
                        .timeSource(time));
        timed.transitionToOpenState();
        timed.transitionToOpenStateFor(Duration.ofMinutes(1));
        try (RecordedEvents events = RecordedEvents.of(timed, StateChanged.class)) {
            time.advance(WAIT);
            assertThat(events.all()).isEmpty();
            time.advance(Duration.ofMinutes(1).minus(WAIT));
            assertThat(events.ofType(StateChanged.class))
                    .extracting(StateChanged::to)
                    .containsExactly(State.HALF_OPEN);
        }
        assertThat(time.pendingEvents()).isZero();
    }

    @Test
    void aTimeBeyondAllMeasureIsForEver() {
        breaker.transitionToOpenStateFor(Duration.ofSeconds(Long.MAX_VALUE));
        time.advance(Duration.ofDays(10_000));
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    void aTimeOfNothingIsRejected() {
        assertThatThrownBy(() -> breaker.transitionToOpenStateFor(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("circuit breaker 'b': waitDuration is PT0S but must be a duration above zero");
        assertThatThrownBy(() -> breaker.transitionToOpenStateFor(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("circuit breaker 'b': waitDuration must not be null");
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    // ---- other options

    @ParameterizedTest
    @EnumSource(State.class)
    void aStateThatWasSetByHandSurvivesOtherOptions(State state) {
        bring(state);
        breaker.reconfigure(breaker.config().toBuilder()
                .initialState(state == State.CLOSED ? State.DISABLED : State.CLOSED)
                .failureRateThreshold(80)
                .waitDurationInOpenState(Duration.ofHours(1))
                .build());
        assertThat(breaker.state()).isEqualTo(state);
    }

    @Test
    void aTimeThatWasSetByHandSurvivesOtherOptions() {
        breaker.transitionToOpenStateFor(Duration.ofMinutes(7));
        time.advance(Duration.ofMinutes(1));
        breaker.reconfigure(breaker.config().toBuilder()
                .waitDurationInOpenState(Duration.ofHours(1))
                .build());
        assertThat(breaker.retryAfter()).isEqualTo(Duration.ofMinutes(6));
    }

    // ---- what the other states do

    @Test
    void noMethodHasANameThatFrameworksCallWhenTheApplicationEnds() {
        assertThat(CircuitBreaker.class.getMethods())
                .extracting(Method::getName)
                .contains("transitionToClosedState")
                .doesNotContain("close", "shutdown", "destroy");
    }

    @Test
    void disabledLetsEverythingThroughAndCountsNothing() {
        Meters meters = Meters.start(breaker);
        breaker.transitionToDisabledState();
        Permit late = breaker.acquirePermit();
        calls().forEach(call -> call.failure(new IOException()));

        assertThat(breaker.state()).isEqualTo(State.DISABLED);
        assertThat(meters.value("breaker.calls")).isZero();
        assertThat(breaker.failureRate()).isNaN();
        assertThat(breaker.slowCallRate()).isNaN();
        breaker.transitionToClosedState();
        late.failure(new IOException());
        assertThat(meters.value("breaker.calls")).isZero();
        assertThat(breaker.tally().calls()).isZero();
    }

    @Test
    void forcedOpenRejectsEverythingForEver() {
        Meters meters = Meters.start(breaker);
        breaker.transitionToForcedOpenState();
        time.advance(Duration.ofDays(365));

        assertThat(calls()).isEmpty();
        assertThat(meters.value("breaker.rejected", "state", "forced_open")).isEqualTo(9);
        assertThat(breaker.retryAfter()).isNull();
    }

    @Test
    void metricsOnlyCountsAndNeverOpens() {
        Meters meters = Meters.start(breaker);
        breaker.acquirePermit().failure(new IOException());
        breaker.transitionToMetricsOnlyState();
        assertThat(breaker.tally().calls()).as("begins anew").isZero();
        calls().forEach(call -> call.failure(new IOException()));

        assertThat(breaker.state()).isEqualTo(State.METRICS_ONLY);
        assertThat(breaker.failureRate()).isEqualTo(100);
        assertThat(meters.value("breaker.calls", "outcome", "failure")).isEqualTo(10);
        breaker.transitionToClosedState();
        assertThat(breaker.tally().calls()).isZero();
    }

    @Test
    void openedAgainWhenItsWaitIsOverItWaitsAnew() {
        breaker.transitionToOpenState();
        time.advance(WAIT);
        breaker.transitionToOpenState();

        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThat(breaker.retryAfter()).isEqualTo(WAIT);
    }

    @ParameterizedTest
    @EnumSource(State.class)
    void mayBeginInAnyState(State state) {
        CircuitBreaker begun = CircuitBreaker.of("b", c -> c.initialState(state).timeSource(time));

        assertThat(begun.state()).isEqualTo(state);
        assertThat(begun.isIdle())
                .isEqualTo(state == State.CLOSED || state == State.DISABLED || state == State.METRICS_ONLY);
    }
}
