package dev.mainstay.breaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Permit;
import dev.mainstay.StandingPermit;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.testkit.Meters;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A breaker that has been healthy for so long that it does not hear of successes any more. */
@ExtendWith(Quiet.class)
class QuietWindowTest {

    private static final int SIZE = 100;

    private final VirtualTime time = VirtualTime.create();
    private final CircuitBreaker breaker = CircuitBreaker.of(
            "b", c -> c.slidingWindowSize(SIZE).minimumNumberOfCalls(2).timeSource(time));

    QuietWindowTest() {
        succeed(2 * SIZE);
    }

    private void succeed(int calls) {
        for (int i = 0; i < calls; i++) {
            breaker.run(() -> {});
        }
    }

    private void fail(int calls) {
        for (int i = 0; i < calls; i++) {
            assertThatThrownBy(() -> breaker.run(() -> {
                        throw new IllegalStateException("down");
                    }))
                    .hasMessage("down");
        }
    }

    @Test
    void itStillOpensAfterSoManyFailures() {
        fail(SIZE / 2 - 1);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        fail(1);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThatThrownBy(() -> succeed(1)).isInstanceOf(CircuitBreakerOpenException.class);
    }

    @Test
    void afterAFailureSuccessesCountAgain() {
        fail(1);
        succeed(SIZE - 1);
        assertThat(breaker.tally().failures()).isEqualTo(1);
        succeed(1);
        assertThat(breaker.tally()).isEqualTo(new Tally(SIZE, 0, 0, 0));
    }

    @Test
    void aStateSetByHandHoldsForTheNextCall() {
        breaker.transitionToOpenState();
        assertThatThrownBy(() -> succeed(1)).isInstanceOf(CircuitBreakerOpenException.class);
        breaker.transitionToClosedState();
        succeed(1);
        assertThat(breaker.tally()).isEqualTo(new Tally(1, 0, 0, 0));
    }

    @Test
    void aCallThatBeganInItSaysNothingOfTheNextState() {
        Permit inFlight = breaker.acquirePermit();
        breaker.reset();
        inFlight.success("late");
        assertThat(breaker.tally().calls()).isZero();
    }

    @Test
    void metersCountFromWhenTheyAreBound() {
        Meters meters = Meters.start(breaker);
        succeed(3);
        assertThat(meters.value("breaker.calls", "outcome", "success")).isEqualTo(3);
    }

    @Test
    void slowCallsCountFromWhenTheyAreLookedFor() {
        breaker.reconfigure(breaker.config().toBuilder()
                .slowCallDurationThreshold(Duration.ofSeconds(1))
                .build());
        breaker.run(() -> time.advance(Duration.ofSeconds(2)));
        assertThat(breaker.tally()).isEqualTo(new Tally(SIZE, 0, 1, 0));
    }

    @Test
    void resultsCountFromWhenTheyAreJudged() {
        breaker.reconfigure(
                breaker.config().toBuilder().recordResult("bad"::equals).build());
        breaker.get(() -> "bad");
        assertThat(breaker.tally().failures()).isEqualTo(1);
    }

    @Test
    void afterAFailureTheNextCallLooksUnderOtherOptions() {
        fail(30);
        succeed(1);
        breaker.reconfigure(
                breaker.config().toBuilder().failureRateThreshold(30).build());
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        succeed(1);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    void aSuccessEndsARowOfFailures() {
        breaker.reconfigure(breaker.config().toBuilder().consecutiveFailures(2).build());
        fail(1);
        succeed(1);
        fail(1);
        succeed(1);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        fail(2);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    void successesAreInTheTallyFromTheFirstOn() {
        breaker.reset();
        succeed(10);
        assertThat(breaker.tally()).isEqualTo(new Tally(10, 0, 0, 0));
        fail(1);
        succeed(10);
        assertThat(breaker.tally()).isEqualTo(new Tally(21, 1, 0, 0));
    }

    private boolean isQuiet() {
        StandingPermit standing = breaker.standingPermit();
        return standing != null && standing.quiet().isQuiet();
    }

    @Test
    void whoLooksAtItChangesNothing() {
        assertThat(isQuiet()).isTrue();
        Meters.of(breaker);
        assertThat(breaker.toString()).contains("CLOSED");
        assertThat(breaker.explain()).contains("CLOSED");
        assertThat(isQuiet()).isTrue();
    }

    @Test
    void itHearsOfSuccessesOnceSomebodyCountsThem() {
        breaker.describe(new MeterSink() {
            @Override
            public void counter(MeterId id, LongSupplier count) {
                if (id.tags().containsValue("failure") && count instanceof CallCounter counter) {
                    counter.start();
                }
            }

            @Override
            public void gauge(MeterId id, DoubleSupplier value) {}

            @Override
            public void timer(MeterId id, Recorder recorder) {}
        });
        assertThat(isQuiet()).as("of failures it hears anyway").isTrue();
        Meters.start(breaker);
        assertThat(isQuiet()).isFalse();
    }
}
