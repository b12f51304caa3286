package dev.mainstay.breaker;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import ch.qos.logback.classic.Level;
import dev.mainstay.PolicyEvent;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.testkit.Meters;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a breaker says about itself: meters, events, the log, and a line of text. */
class DescriptionTest {

    private static final Duration WAIT = Duration.ofSeconds(2);

    @RegisterExtension
    final Quiet log = new Quiet();

    private final VirtualTime time = VirtualTime.create();
    private final CircuitBreaker breaker = CircuitBreaker.of(
            "b",
            c -> c.slidingWindowSize(4)
                    .slowCallDurationThreshold(Duration.ofSeconds(1))
                    .waitDurationInOpenState(WAIT)
                    .timeSource(time));

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            breaker.acquirePermit().failure(new IOException());
        }
    }

    @Test
    void hasTheMetersOfTheReference() {
        Meters meters = Meters.of(breaker);
        assertThat(meters.readings().keySet().stream()
                        .map(Object::toString)
                        .sorted()
                        .toList())
                .containsExactly(
                        "breaker.calls{name=b, outcome=failure}",
                        "breaker.calls{name=b, outcome=ignored}",
                        "breaker.calls{name=b, outcome=slow_failure}",
                        "breaker.calls{name=b, outcome=slow_success}",
                        "breaker.calls{name=b, outcome=success}",
                        "breaker.failure.rate{name=b}",
                        "breaker.rejected{name=b, state=forced_open}",
                        "breaker.rejected{name=b, state=half_open}",
                        "breaker.rejected{name=b, state=open}",
                        "breaker.slow.rate{name=b}",
                        "breaker.state{name=b, state=closed}",
                        "breaker.state{name=b, state=disabled}",
                        "breaker.state{name=b, state=forced_open}",
                        "breaker.state{name=b, state=half_open}",
                        "breaker.state{name=b, state=metrics_only}",
                        "breaker.state{name=b, state=open}",
                        "breaker.transitions{name=b, to=closed}",
                        "breaker.transitions{name=b, to=disabled}",
                        "breaker.transitions{name=b, to=forced_open}",
                        "breaker.transitions{name=b, to=half_open}",
                        "breaker.transitions{name=b, to=metrics_only}",
                        "breaker.transitions{name=b, to=open}",
                        "breaker.window.calls{name=b, outcome=failure}",
                        "breaker.window.calls{name=b, outcome=slow_failure}",
                        "breaker.window.calls{name=b, outcome=slow_success}",
                        "breaker.window.calls{name=b, outcome=success}");
        assertThat(meters.readings().keySet())
                .allSatisfy(id -> assertThat(id.description()).isNotBlank());
    }

    @Test
    void exactlyOneStateGaugeIsOneAndItKnowsThatTheWaitIsOver() {
        for (int i = 0; i < 3; i++) {
            double sum = 0;
            for (State state : State.values()) {
                sum += Meters.of(breaker)
                        .value("breaker.state", "state", state.name().toLowerCase(Locale.ROOT));
            }
            assertThat(sum).isEqualTo(1);
            assertThat(breaker).hasState(breaker.state());
            if (i == 0) {
                fail(4);
            } else {
                time.advance(WAIT);
            }
        }
        assertThat(breaker).hasState(State.HALF_OPEN);
    }

    @Test
    void theGaugesKnowThatAProbesTimeIsUp() {
        fail(4);
        time.advance(WAIT);
        for (int i = 0; i < 3; i++) {
            breaker.acquirePermit();
        }
        time.advance(Duration.ofSeconds(10));

        assertThat(breaker).hasState(State.OPEN).hasMeter("breaker.failure.rate", 100);
        time.advance(WAIT);
        assertThat(breaker).hasState(State.HALF_OPEN);
    }

    @Test
    void whoLooksLateSeesWhatWasDueBefore() {
        fail(4);
        time.advance(WAIT);
        breaker.acquirePermit();
        breaker.acquirePermit();
        time.advance(Duration.ofSeconds(11));

        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThat(breaker.retryAfter()).as("open for a second").isEqualTo(WAIT.minusSeconds(1));
    }

    @Test
    void theRatesAreOfTheWindowOrTheProbesOrWhatOpenedIt() {
        assertThat(breaker.failureRate()).isNaN();
        assertThat(breaker.slowCallRate()).isNaN();
        breaker.acquirePermit().success(null);
        assertThat(breaker.failureRate()).isZero();
        fail(3);
        assertThat(breaker.failureRate()).as("open").isEqualTo(75);
        time.advance(WAIT);
        assertThat(breaker.failureRate()).as("half-open").isNaN();
        fail(1);
        assertThat(breaker.failureRate()).isEqualTo(100);
        breaker.acquirePermit().success(null);
        assertThat(breaker.failureRate()).isEqualTo(50);
    }

    @Test
    void explainsItselfInALine() {
        assertThat(breaker)
                .explains("'b' is CLOSED: 0 of 0 calls failed; opens at 50.0 % failures or 100.0 % slow calls of at"
                        + " least 4 calls, last 4 calls");
        fail(4);
        assertThat(breaker).explains("'b' is OPEN: 4 of 4 calls failed; probes in 2s");
        time.advance(WAIT);
        breaker.acquirePermit();
        assertThat(breaker).explains("'b' is HALF_OPEN: 0 of 0 calls failed of 3 probes, 1 are out");
        breaker.transitionToDisabledState();
        assertThat(breaker).explains("'b' is DISABLED: all calls are let through, and none is counted");
        breaker.transitionToForcedOpenState();
        assertThat(breaker).explains("'b' is FORCED_OPEN: all calls are rejected");
        assertThat(breaker.toString()).startsWith("CircuitBreaker['b' is FORCED_OPEN");
    }

    @Test
    void explainsANumberOfFailures() {
        CircuitBreaker plain =
                CircuitBreaker.of("p", c -> c.failureThreshold(5, 10).timeSource(time));
        assertThat(plain.explain()).endsWith("; opens at 5 failures in the last 10 calls");
        CircuitBreaker timed = CircuitBreaker.of(
                "t",
                c -> c.failureThreshold(5, Duration.ofSeconds(10))
                        .consecutiveFailures(3)
                        .minimumNumberOfCalls(7)
                        .slowCallDurationThreshold(Duration.ofSeconds(1))
                        .slowCallRateThreshold(60)
                        .timeSource(time));
        assertThat(timed.explain())
                .endsWith(
                        "; opens at 5 failures in the last 10s in 10 buckets or 60.0 % slow calls of at least 7 calls,"
                                + " or 3 in a row");
    }

    @Test
    void explainsTheThresholdsThatThereAre() {
        CircuitBreaker plain = CircuitBreaker.of(
                "p",
                c -> c.slidingWindowSize(10)
                        .minimumNumberOfCalls(5)
                        .failureRateThreshold(30)
                        .timeSource(time));
        assertThat(plain.explain()).endsWith("; opens at 30.0 % failures of at least 5 calls, last 10 calls");
        CircuitBreaker counting = CircuitBreaker.of(
                "c", plain.config().toBuilder().consecutiveFailures(3).build());
        assertThat(counting.explain())
                .endsWith("; opens at 30.0 % failures of at least 5 calls, last 10 calls, or 3 in a row");
    }

    @Test
    void callsAreCountedByHowTheyEndedAndHowLongTheyTook() {
        CircuitBreaker patient = CircuitBreaker.of(
                "p", breaker.config().toBuilder().slidingWindowSize(100).build());
        Meters meters = Meters.start(patient);
        var slow = List.of(patient.acquirePermit(), patient.acquirePermit(), patient.acquirePermit());
        time.advance(Duration.ofSeconds(2));
        slow.get(0).failure(new IOException());
        slow.get(1).success(null);
        slow.get(2).success(null);
        patient.acquirePermit().failure(new IOException());
        assertThat(meters.value("breaker.calls", "outcome", "slow_failure")).isEqualTo(1);
        assertThat(meters.value("breaker.calls", "outcome", "slow_success")).isEqualTo(2);
        assertThat(meters.value("breaker.calls", "outcome", "failure")).isEqualTo(1);
        assertThat(meters.value("breaker.calls", "outcome", "success")).isZero();
    }

    @Test
    void aChangeTellsAWaitEvenIfItIsNone() {
        StateChanged opened = new StateChanged(
                "b", 0, State.CLOSED, State.OPEN, StateChanged.Why.BY_HAND, Tally.NOTHING, 0, null, null);
        assertThat(opened.waitDuration()).isZero();
        assertThat(opened.toString()).endsWith(" for 0ns]");
        StateChanged closed = new StateChanged(
                "b", 0, State.OPEN, State.CLOSED, StateChanged.Why.BY_HAND, Tally.NOTHING, -1, null, null);
        assertThat(closed.waitDuration()).isNull();
    }

    @Test
    void aRejectionTellsTheRatesThatOpenedIt() {
        var calls = List.of(breaker.acquirePermit(), breaker.acquirePermit(), breaker.acquirePermit());
        time.advance(Duration.ofSeconds(2));
        calls.get(0).success(null);
        breaker.acquirePermit().success(null);
        calls.get(1).failure(new IOException());
        calls.get(2).failure(new IOException());
        assertThatThrownBy(() -> breaker.run(() -> {}))
                .isInstanceOfSatisfying(CircuitBreakerOpenException.class, rejection -> {
                    assertThat(rejection.failureRate()).isEqualTo(50);
                    assertThat(rejection.slowCallRate()).isEqualTo(75);
                });
    }

    @Test
    void aCallThatEndsAfterTheBreakerHasOpenedIsStillCountedAsACall() {
        Meters meters = Meters.start(breaker);
        var late = breaker.acquirePermit();
        var alsoLate = breaker.acquirePermit();
        fail(4);
        late.failure(new IOException());
        alsoLate.success(null);
        assertThat(meters.value("breaker.calls", "outcome", "failure")).isEqualTo(5);
        assertThat(meters.value("breaker.calls", "outcome", "success")).isEqualTo(1);
    }

    @Test
    void aCallThatWasLetThroughWhileDisabledIsCountedNowhere() {
        Meters meters = Meters.start(breaker);
        breaker.transitionToDisabledState();
        var call = breaker.acquirePermit();
        var late = breaker.acquirePermit();
        call.failure(new IOException());
        breaker.transitionToClosedState();
        late.failure(new IOException());
        assertThat(meters.value("breaker.calls")).isZero();
        assertThat(breaker.tally().calls()).isZero();
    }

    @Test
    void theClockIsNotReadForCallsWhoseTimeDoesNotMatter() {
        AtomicInteger reads = new AtomicInteger();
        TimeSource counting = new CountedReads(time, reads);
        CircuitBreaker untimed =
                CircuitBreaker.of("u", c -> c.slidingWindowSize(10).timeSource(counting));
        int before = reads.get();
        untimed.run(() -> {});
        assertThat(reads).hasValue(before);
        assertThatThrownBy(() -> untimed.run(() -> {
                    throw new IOException();
                }))
                .isInstanceOf(IOException.class);
        assertThat(reads).as("a failure is forgotten after a time").hasValue(before + 1);
    }

    /** Counts how often somebody wants to know the time. */
    private record CountedReads(VirtualTime time, AtomicInteger reads) implements TimeSource {

        @Override
        public long nanoTime() {
            reads.incrementAndGet();
            return time.nanoTime();
        }

        @Override
        public void sleep(long nanos) throws InterruptedException {
            time.sleep(nanos);
        }

        @Override
        public void parkNanos(Object blocker, long nanos) {
            time.parkNanos(blocker, nanos);
        }

        @Override
        public void arm(TimedTask task, long delayNanos) {
            time.arm(task, delayNanos);
        }

        @Override
        public Executor executor() {
            return time.executor();
        }
    }

    @Test
    void isIdleAsLongAsItRemembersNothingBad() {
        assertThat(breaker).isIdle();
        breaker.acquirePermit().success(null);
        assertThat(breaker).isIdle();
        fail(1);
        assertThat(breaker).isNotIdle();
        for (int i = 0; i < 4; i++) {
            breaker.acquirePermit().success(null);
        }
        assertThat(breaker).isIdle();
        fail(2);
        assertThat(breaker).isNotIdle();
        time.advance(WAIT);
        assertThat(breaker).isNotIdle();
        breaker.acquirePermit().success(null);
        breaker.acquirePermit().success(null);
        assertThat(breaker).as("it has opened lately").isNotIdle();
        for (int i = 0; i < 4; i++) {
            breaker.acquirePermit().success(null);
        }
        assertThat(breaker).isIdle();
        breaker.transitionToForcedOpenState();
        assertThat(breaker).isNotIdle();
    }

    @Test
    void aFailureIsNotAskedForItsTextIfNobodyReadsTheLog() {
        AtomicInteger asked = new AtomicInteger();
        IOException failure = new IOException() {
            @Override
            public String getMessage() {
                asked.incrementAndGet();
                return "asked";
            }
        };
        log.readFrom(Level.ERROR);
        for (int i = 0; i < 4; i++) {
            breaker.acquirePermit().failure(failure);
        }
        assertThat(breaker).hasState(State.OPEN);
        assertThat(asked).hasValue(0);

        log.readFrom(Level.WARN);
        breaker.reset();
        for (int i = 0; i < 4; i++) {
            breaker.acquirePermit().failure(failure);
        }
        assertThat(asked).hasPositiveValue();
        assertThat(log.lines())
                .as("to close is no warning")
                .singleElement()
                .asString()
                .startsWith("WARN");
    }

    @Test
    void eachTransitionIsLoggedOnceWithItsNumbers() {
        fail(4);
        time.advance(WAIT);
        breaker.acquirePermit().success(null);
        breaker.acquirePermit().success(null);

        assertThat(log.lines())
                .containsExactly(
                        "WARN Circuit breaker 'b' CLOSED -> OPEN: the failure rate reached its threshold,"
                                + " 4 of 4 calls failed; probes in 2s; last failure: java.io.IOException"
                                + " [policy=\"b\", from=\"CLOSED\", to=\"OPEN\","
                                + " why=\"FAILURE_RATE\", numbers=\"4 of 4 calls failed\", wait=\"2s\","
                                + " failure=\"java.io.IOException\"]",
                        "INFO Circuit breaker 'b' OPEN -> HALF_OPEN: waited 2s"
                                + " [policy=\"b\", from=\"OPEN\", to=\"HALF_OPEN\","
                                + " why=\"WAIT_OVER\", numbers=\"4 of 4 calls failed\", wait=\"2s\"]",
                        "INFO Circuit breaker 'b' HALF_OPEN -> CLOSED: the probes passed, 0 of 2 calls failed"
                                + " [policy=\"b\", from=\"HALF_OPEN\", to=\"CLOSED\","
                                + " why=\"PROBES_PASSED\", numbers=\"0 of 2 calls failed\"]");
    }

    @Test
    void aTransitionTellsTheFailureThatBroughtItAbout() {
        try (RecordedEvents events = RecordedEvents.of(breaker, StateChanged.class)) {
            fail(3);
            IOException last = new IOException("rejected");
            breaker.acquirePermit().failure(last);
            time.advance(WAIT);
            breaker.acquirePermit().failure(new IOException("a probe"));
            breaker.acquirePermit().failure(new IOException("another probe"));
            breaker.reset();

            assertThat(events.ofType(StateChanged.class))
                    .extracting(StateChanged::to, event -> messageOf(event.failure()))
                    .containsExactly(
                            tuple(State.OPEN, "rejected"),
                            tuple(State.HALF_OPEN, null),
                            tuple(State.OPEN, "another probe"),
                            tuple(State.CLOSED, null));
            assertThat(log.lines().get(0)).contains("failure=\"java.io.IOException: rejected\"");
        }
    }

    private static String messageOf(Throwable failure) {
        return failure == null ? null : failure.getMessage();
    }

    @Test
    void aFailureThatCannotSayWhatItIsIsToldByItsType() {
        class Unspeakable extends RuntimeException {
            private static final long serialVersionUID = 1L;

            @Override
            public String getMessage() {
                throw new IllegalStateException("nothing to say");
            }
        }
        fail(3);
        breaker.acquirePermit().failure(new Unspeakable());

        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThat(log.lines().get(0)).contains("failure=\"" + Unspeakable.class.getName() + "\"");
    }

    @Test
    void tellsOfCallsThatEndAndOfThoseThatAreRejected() {
        try (RecordedEvents events = RecordedEvents.of(breaker, PolicyEvent.class)) {
            var call = breaker.acquirePermit();
            time.advance(Duration.ofSeconds(3));
            call.failure(new IOException());
            fail(3);
            assertThat(breaker.tryCall(() -> 1).isRejected()).isTrue();

            PolicyEvent.CallEnded ended =
                    events.ofType(PolicyEvent.CallEnded.class).get(0);
            assertThat(ended.verdict()).isEqualTo(Verdict.ERROR);
            assertThat(ended.durationNanos()).isEqualTo(3_000_000_000L);
            assertThat(events.ofType(PolicyEvent.CallRejected.class))
                    .singleElement()
                    .satisfies(rejected -> assertThat(rejected.retryAfter()).isEqualTo(WAIT));
        }
    }

    @Test
    void aListenerThatThrowsOrChangesTheStateDoesNoHarm() {
        breaker.subscribe(StateChanged.class, event -> {
            throw new IllegalStateException("listener");
        });
        breaker.subscribe(StateChanged.class, event -> breaker.reset());
        fail(4);

        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        assertThat(breaker).isIdle();
    }

    @Test
    void aRejectionIsAValueForThoseWhoTry() {
        fail(4);
        time.advance(Duration.ofSeconds(1));

        assertThat(breaker.tryCall(() -> 1)).isRejected();
        assertThat(breaker.tryCall(() -> 1).rejection().retryAfter()).isEqualTo(Duration.ofSeconds(1));
    }
}
