package dev.mainstay.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Permit;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.testkit.Meters;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
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
        byHand.put(State.CLOSED, CircuitBreaker::close);
        byHand.put(State.OPEN, CircuitBreaker::open);
        byHand.put(State.DISABLED, CircuitBreaker::disable);
        byHand.put(State.FORCED_OPEN, CircuitBreaker::forceOpen);
        byHand.put(State.METRICS_ONLY, CircuitBreaker::metricsOnly);
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
            breaker.open();
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
        assertThat(breaker.tally()).isEqualTo(new Tally(0, 0, 0));
        assertThat(breaker.isIdle()).isTrue();
    }

    @Test
    void resetForgetsTheCallsAndTheOpeningsOfAClosedBreakerWithoutAnEvent() {
        CircuitBreaker growing = CircuitBreaker.of(
                "b",
                c -> c.slidingWindowSize(4)
                        .waitDurationInOpenState(dev.mainstay.Backoff.exponential(Duration.ofSeconds(1)))
                        .timeSource(time));
        growing.open();
        growing.close();
        growing.acquirePermit().failure(new IOException());
        assertThat(growing.isIdle()).isFalse();
        try (RecordedEvents events = RecordedEvents.of(growing, StateChanged.class)) {
            growing.reset();
            assertThat(events.all()).isEmpty();
        }
        assertThat(growing.tally()).isEqualTo(new Tally(0, 0, 0));
        growing.open();
        assertThat(growing.retryAfter()).isEqualTo(Duration.ofSeconds(1));
        growing.close();
        growing.open();
        assertThat(growing.retryAfter()).as("close forgets no opening").isEqualTo(Duration.ofSeconds(2));
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

    @Test
    void disabledLetsEverythingThroughAndCountsNothing() {
        Meters meters = Meters.start(breaker);
        breaker.disable();
        Permit late = breaker.acquirePermit();
        calls().forEach(call -> call.failure(new IOException()));

        assertThat(breaker.state()).isEqualTo(State.DISABLED);
        assertThat(meters.value("breaker.calls")).isZero();
        assertThat(breaker.failureRate()).isNaN();
        assertThat(breaker.slowCallRate()).isNaN();
        breaker.close();
        late.failure(new IOException());
        assertThat(meters.value("breaker.calls")).isZero();
        assertThat(breaker.tally().calls()).isZero();
    }

    @Test
    void forcedOpenRejectsEverythingForEver() {
        Meters meters = Meters.start(breaker);
        breaker.forceOpen();
        time.advance(Duration.ofDays(365));

        assertThat(calls()).isEmpty();
        assertThat(meters.value("breaker.rejected", "state", "forced_open")).isEqualTo(9);
        assertThat(breaker.retryAfter()).isNull();
    }

    @Test
    void metricsOnlyCountsAndNeverOpens() {
        Meters meters = Meters.start(breaker);
        breaker.acquirePermit().failure(new IOException());
        breaker.metricsOnly();
        assertThat(breaker.tally().calls()).as("begins anew").isZero();
        calls().forEach(call -> call.failure(new IOException()));

        assertThat(breaker.state()).isEqualTo(State.METRICS_ONLY);
        assertThat(breaker.failureRate()).isEqualTo(100);
        assertThat(meters.value("breaker.calls", "outcome", "failure")).isEqualTo(10);
        breaker.close();
        assertThat(breaker.tally().calls()).isZero();
    }

    @Test
    void openedAgainWhenItsWaitIsOverItWaitsAnew() {
        breaker.open();
        time.advance(WAIT);
        breaker.open();

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
