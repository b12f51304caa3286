package dev.mainstay.breaker;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.testkit.CallInFlight;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.ScenarioRun;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How a breaker behaves, in every way to call. */
@ExtendWith(Quiet.class)
class ScenarioTest {

    private static final Duration WAIT = Duration.ofSeconds(2);
    private final IOException failure = new IOException("down");

    /** A breaker with a window of four calls that are also its minimum, and a fixed wait. */
    private static CircuitBreaker four(VirtualTime time, UnaryOperator<CircuitBreakerConfig.Builder> options) {
        return CircuitBreaker.of(
                "b",
                c -> options.apply(
                        c.slidingWindowSize(4).waitDurationInOpenState(WAIT).timeSource(time)));
    }

    private static Scenario<CircuitBreaker> scenario(String name, UnaryOperator<CircuitBreakerConfig.Builder> options) {
        return Scenario.named(name).with(time -> four(time, options));
    }

    private static UnaryOperator<CircuitBreakerConfig.Builder> rate(double percent, int probes) {
        return c -> c.failureRateThreshold(percent)
                .permittedNumberOfCallsInHalfOpenState(probes)
                .singleFailedProbeReopens(true);
    }

    // ---- f failures of the last c calls

    @Test
    void opensAtTheFifthFailureOfTheLastTenCallsAndNotBefore() {
        scenario("5 of 10", c -> c.failureThreshold(5, 10)).inEveryMode(run -> {
            run.failing(4);
            run.succeeding(6);
            assertThat(run.policy()).hasState("CLOSED").hasMeter("breaker.failure.rate", 40);
            run.failing(4);
            assertThat(run.policy()).as("the first four have left the window").hasState("CLOSED");
            run.failing(1);
            assertThat(run.policy()).hasState("OPEN");
            run.rejected();
        });
    }

    @Test
    void opensByNumberBeforeTheWindowIsFull() {
        scenario("5 of 10, at once", c -> c.failureThreshold(5, 10)).inEveryMode(run -> {
            RecordedEvents events = RecordedEvents.of(run.policy(), StateChanged.class);
            run.failing(4);
            assertThat(run.policy()).as("all of four, but not five").hasState("CLOSED");
            run.failing(1);
            run.rejected();
            assertThat(events.ofType(StateChanged.class))
                    .extracting(StateChanged::why)
                    .containsExactly(StateChanged.Why.FAILURE_COUNT);
        });
    }

    @Test
    void opensAtANumberOfFailuresInATime() {
        scenario("3 in 10 s", c -> c.failureThreshold(3, Duration.ofSeconds(10)).failureRateThreshold(100))
                .inEveryMode(run -> {
                    run.failing(2);
                    run.after(Duration.ofSeconds(10));
                    run.failing(2);
                    run.succeeding(50);
                    assertThat(run.policy()).hasState("CLOSED");
                    run.failing(1);
                    assertThat(run.policy()).hasState("OPEN");
                    run.after(WAIT);
                    run.failing(2);
                    run.succeeding(1);
                    assertThat(run.policy()).as("not all probes failed").hasState("CLOSED");
                });
    }

    @Test
    void probesKeepToTheShareOfTheNumberExactly() {
        // A share of 1/3 in percent is above a third.
        scenario("1 of 3", c -> c.failureThreshold(1, 3).permittedNumberOfCallsInHalfOpenState(21))
                .inEveryMode(run -> {
                    run.failing(1);
                    run.after(WAIT);
                    run.failing(6);
                    run.succeeding(14);
                    assertThat(run.policy()).hasState("HALF_OPEN");
                    run.failing(1);
                    assertThat(run.policy()).hasState("OPEN");
                });
    }

    @Test
    void slowCallsOpenBesidesANumberOfFailures() {
        // A stage that is complete at once is not slow.
        scenario(
                        "5 of 10, slow",
                        c -> c.failureThreshold(5, 10)
                                .minimumNumberOfCalls(2)
                                .slowCallDurationThreshold(Duration.ofSeconds(1)))
                .exceptIn(Mode.ASYNC_COMPLETED)
                .inEveryMode(run -> {
                    slowSuccess(run);
                    assertThat(run.policy()).hasState("CLOSED");
                    slowSuccess(run);
                    assertThat(run.policy()).hasState("OPEN");
                });
    }

    // ---- successes that probes must have

    @Test
    void closesAsSoonAsEnoughProbesSucceed() {
        scenario("3 of 5", c -> required(3, 5, c)).inEveryMode(run -> {
            run.failing(4);
            run.after(WAIT);
            run.failing(2);
            run.succeeding(2);
            assertThat(run.policy()).hasState("HALF_OPEN");
            run.succeeding(1);
            assertThat(run.policy()).hasState("CLOSED");
        });
    }

    @Test
    void opensAsSoonAsTooFewProbesCanSucceed() {
        scenario("3 of 5, fails", c -> required(3, 5, c)).inEveryMode(run -> {
            run.failing(4);
            run.after(WAIT);
            RecordedEvents events = RecordedEvents.of(run.policy(), StateChanged.class);
            run.succeeding(2);
            run.failing(2);
            assertThat(run.policy()).hasState("HALF_OPEN");
            run.failing(1);
            assertThat(run.policy()).hasState("OPEN");
            assertThat(events.ofType(StateChanged.class))
                    .extracting(StateChanged::why)
                    .containsExactly(StateChanged.Why.WAIT_OVER, StateChanged.Why.PROBES_FAILED);
        });
    }

    @Test
    void requiredSuccessesTakeThePlaceOfEveryThresholdForFailures() {
        scenario("1 of 5", c -> required(1, 5, c).failureRateThreshold(1).consecutiveFailures(2))
                .inEveryMode(run -> {
                    run.failing(2);
                    run.after(WAIT);
                    run.failing(4);
                    assertThat(run.policy()).hasState("HALF_OPEN");
                    run.succeeding(1);
                    assertThat(run.policy()).hasState("CLOSED");
                });
    }

    @Test
    void slowProbesStillOpenBesidesRequiredSuccesses() {
        scenario(
                        "2 of 4, slow",
                        c -> required(2, 4, c)
                                .slowCallDurationThreshold(Duration.ofSeconds(1))
                                .slowCallRateThreshold(50))
                .exceptIn(Mode.ASYNC_COMPLETED)
                .inEveryMode(run -> {
                    run.failing(4);
                    run.after(WAIT);
                    slowSuccess(run);
                    run.succeeding(1);
                    assertThat(run.policy()).as("the others may be slow").hasState("HALF_OPEN");
                    slowSuccess(run);
                    assertThat(run.policy()).hasState("OPEN");
                });
    }

    private static void slowSuccess(ScenarioRun<CircuitBreaker> run) {
        run.call(Script.<String>of().hang(Duration.ofSeconds(2)).succeed("late"))
                .returned("late");
    }

    private static CircuitBreakerConfig.Builder required(
            int successes, int probes, CircuitBreakerConfig.Builder options) {
        return options.permittedNumberOfCallsInHalfOpenState(probes).requiredSuccessesInHalfOpenState(successes);
    }

    // ---- by hand

    @Test
    void opensForATimeByHandAndThenLetsProbesIn() {
        scenario("open for a time", rate(75, 2)).inEveryMode(run -> {
            run.policy().transitionToOpenStateFor(Duration.ofMinutes(1));
            run.rejected();
            run.after(Duration.ofMinutes(1).minusNanos(1));
            run.rejected();
            run.after(Duration.ofNanos(1));
            run.succeeding(2);
            assertThat(run.policy()).hasState("CLOSED");
        });
    }

    @Test
    void isMadeHalfOpenByHandWithoutWaiting() {
        scenario("half-open by hand", rate(75, 2)).inEveryMode(run -> {
            run.failing(4);
            run.rejected();
            run.policy().transitionToHalfOpenState();
            run.succeeding(2);
            assertThat(run.policy()).hasState("CLOSED");
            run.policy().transitionToHalfOpenState();
            run.failing(1);
            assertThat(run.policy()).hasState("OPEN");
            run.rejected();
        });
    }

    // ---- the window

    @Test
    void opensWhenAllOfTheMinimumFailed() {
        scenario("V4 R75", rate(75, 2)).inEveryMode(run -> {
            run.failing(4);
            run.rejected(3);
            assertThat(run.executions()).isEqualTo(4);
            assertThat(run.policy())
                    .hasState("OPEN")
                    .hasMeter("breaker.calls", 4, "outcome", "failure")
                    .hasMeter("breaker.rejected", 3, "state", "open")
                    .hasMeter("breaker.transitions", 1, "to", "open")
                    .hasMeter("breaker.failure.rate", 100);
        });
    }

    @Test
    void closesWhenTheProbesSucceed() {
        scenario("V4 R75 S2", rate(75, 2)).inEveryMode(run -> {
            run.failing(4);
            run.after(WAIT);
            run.succeeding(2);
            assertThat(run.policy()).hasState("CLOSED").hasMeter("breaker.transitions", 1, "to", "closed");
            run.succeeding(1);
            assertThat(run.executions()).isEqualTo(7);
        });
    }

    @Test
    void beginsWithAnEmptyWindowAfterClosing() {
        scenario("V4 R75 S1", rate(75, 1)).inEveryMode(run -> {
            run.failing(4);
            run.rejected();
            run.after(WAIT);
            run.succeeding(1);
            assertThat(run.policy()).hasState("CLOSED");
            run.failing(4);
            run.rejected();
            assertThat(run.executions()).isEqualTo(9);
        });
    }

    @Test
    void aFailedProbeReopensIt() {
        scenario("V4 R75 S3", rate(75, 3)).inEveryMode(run -> {
            run.failing(4);
            run.rejected();
            run.after(WAIT);
            run.succeeding(2);
            assertThat(run.policy()).hasState("HALF_OPEN");
            run.failing(1);
            assertThat(run.policy()).hasState("OPEN");
            run.rejected();
        });
    }

    @Test
    void aSuccessThatCompletesTheVolumeMayOpenIt() {
        scenario("V4 R50, success completes", rate(50, 1)).inEveryMode(run -> {
            run.succeeding(1);
            run.failing(2);
            run.succeeding(1);
            run.rejected();
        });
        scenario("V4 R75, success completes", rate(75, 1)).inEveryMode(run -> {
            run.failing(3);
            run.succeeding(1);
            run.rejected();
        });
    }

    @Test
    void theWindowRolls() {
        scenario("V4 R50, rolls", rate(50, 1)).inEveryMode(run -> {
            run.succeeding(1);
            run.failing(1);
            run.succeeding(2);
            run.failing(1);
            run.rejected();
        });
    }

    @Test
    void aFailureThatCompletesTheVolumeOpensIt() {
        scenario("V4 R75, failure completes", rate(75, 1)).inEveryMode(run -> {
            run.succeeding(1);
            run.failing(3);
            run.rejected();
        });
    }

    @Test
    void staysClosedBelowTheThresholdAndBelowTheMinimum() {
        scenario("below", rate(75, 1)).inEveryMode(run -> {
            run.failing(3);
            assertThat(run.policy()).hasState("CLOSED").hasMeter("breaker.failure.rate", 100);
        });
        scenario("below", rate(75, 1)).inEveryMode(run -> {
            for (int i = 0; i < 20; i++) {
                run.failing(1);
                run.succeeding(1);
            }
            assertThat(run.policy()).hasState("CLOSED").hasMeter("breaker.failure.rate", 50);
        });
    }

    @Test
    void aTimeWindowForgetsWhileIdle() {
        UnaryOperator<CircuitBreakerConfig.Builder> ten = c ->
                c.slidingWindow(SlidingWindow.ofTime(Duration.ofSeconds(10))).failureRateThreshold(50);
        for (long start : new long[] {0, Long.MAX_VALUE - 5_000_000_000L}) {
            scenario("10 failures in 110", ten).startingAt(start).inEveryMode(run -> {
                run.succeeding(90);
                run.after(Duration.ofSeconds(1));
                run.succeeding(10);
                run.failing(10);
                assertThat(run.policy().failureRate()).isBetween(9.0, 9.1);
                run.after(Duration.ofSeconds(9));
                assertThat(run.policy().failureRate()).isEqualTo(50);
                assertThat(run.policy()).hasState("CLOSED");
                run.succeeding(1);
                assertThat(run.policy()).hasState("CLOSED");
                run.failing(1);
                assertThat(run.policy()).hasState("OPEN");
            });
        }
    }

    @Test
    void aSuccessThatRegainsTheVolumeOfATimeWindowMayOpenIt() {
        UnaryOperator<CircuitBreakerConfig.Builder> ten =
                c -> c.slidingWindow(SlidingWindow.ofTime(Duration.ofSeconds(10)))
                        .minimumNumberOfCalls(5)
                        .failureRateThreshold(50);
        scenario("regained", ten).inEveryMode(run -> {
            run.succeeding(10);
            run.after(Duration.ofSeconds(1));
            run.failing(3);
            run.after(Duration.ofSeconds(9));
            run.succeeding(1);
            assertThat(run.policy()).hasState("CLOSED").hasMeter("breaker.failure.rate", 75);
            run.succeeding(1);
            assertThat(run.policy()).hasState("OPEN");
        });
    }

    @Test
    void failuresInARowOpenItWhateverTheWindowSays() {
        scenario("consecutive", c -> c.slidingWindowSize(100).consecutiveFailures(3))
                .inEveryMode(run -> {
                    run.succeeding(2);
                    run.failing(2);
                    run.succeeding(1);
                    run.failing(2);
                    assertThat(run.policy()).hasState("CLOSED");
                    run.failing(1);
                    assertThat(run.policy()).hasState("OPEN");
                    run.rejected();
                });
    }

    @Test
    void aSuccessInBetweenBeginsTheRowAnewInAWindowOfTimeToo() {
        scenario(
                        "consecutive in time",
                        c -> c.slidingWindow(SlidingWindow.ofTime(Duration.ofSeconds(10)))
                                .minimumNumberOfCalls(2)
                                .failureRateThreshold(100)
                                .consecutiveFailures(3))
                .inEveryMode(run -> {
                    run.succeeding(2);
                    run.failing(2);
                    run.succeeding(1);
                    run.failing(2);
                    assertThat(run.policy()).hasState("CLOSED");
                    run.failing(1);
                    assertThat(run.policy()).hasState("OPEN");
                });
    }

    // ---- slow calls

    @Test
    void slowCallsOpenItWhetherTheyFailOrNot() {
        UnaryOperator<CircuitBreakerConfig.Builder> slow =
                c -> c.slowCallDurationThreshold(Duration.ofMillis(100)).slowCallRateThreshold(50);
        // A stage that is complete at once was not slow, and a call in the same thread takes what its body takes.
        scenario("slow", slow).exceptIn(Mode.ASYNC_COMPLETED).inEveryMode(run -> {
            run.succeeding(2);
            run.call(Script.<String>of().hang(Duration.ofMillis(101)).succeed("late"))
                    .returned("late");
            assertThat(run.policy()).hasState("CLOSED");
            run.call(Script.<String>of().hang(Duration.ofMillis(101)).fail(failure))
                    .failedWith(failure);
            assertThat(run.policy())
                    .hasState("OPEN")
                    .hasMeter("breaker.slow.rate", 50)
                    .hasMeter("breaker.failure.rate", 25)
                    .hasMeter("breaker.calls", 1, "outcome", "slow_success")
                    .hasMeter("breaker.calls", 1, "outcome", "slow_failure")
                    .hasMeter("breaker.calls", 2, "outcome", "success");
        });
    }

    @Test
    void slowSuccessesAndSlowFailuresOfTheWindowAreApart() {
        for (SlidingWindow window : List.of(SlidingWindow.ofCalls(4), SlidingWindow.ofTime(Duration.ofHours(1)))) {
            scenario(
                            "slow apart, " + window,
                            c -> c.slidingWindow(window)
                                    .initialState(CircuitBreaker.State.METRICS_ONLY)
                                    .slowCallDurationThreshold(Duration.ofSeconds(1)))
                    .exceptIn(Mode.ASYNC_COMPLETED)
                    .inEveryMode(run -> {
                        run.failing(1);
                        slowSuccess(run);
                        slowSuccess(run);
                        run.call(Script.<String>of().hang(Duration.ofSeconds(2)).fail(failure))
                                .failedWith(failure);

                        Tally tally = run.policy().tally();
                        assertThat(tally).isEqualTo(new Tally(4, 2, 3, 1));
                        assertThat(tally.successes()).isEqualTo(2);
                        assertThat(tally.slowSuccesses()).isEqualTo(2);
                        assertThat(run.policy())
                                .hasMeter("breaker.window.calls", 0, "outcome", "success")
                                .hasMeter("breaker.window.calls", 1, "outcome", "failure")
                                .hasMeter("breaker.window.calls", 2, "outcome", "slow_success")
                                .hasMeter("breaker.window.calls", 1, "outcome", "slow_failure");
                    });
        }
    }

    @Test
    void slowFailuresLeaveTheWindow() {
        scenario(
                        "slow failures leave",
                        c -> c.slidingWindowSize(2)
                                .initialState(CircuitBreaker.State.METRICS_ONLY)
                                .slowCallDurationThreshold(Duration.ofSeconds(1)))
                .exceptIn(Mode.ASYNC_COMPLETED)
                .inEveryMode(run -> {
                    run.call(Script.<String>of().hang(Duration.ofSeconds(2)).fail(failure))
                            .failedWith(failure);
                    run.succeeding(1);
                    assertThat(run.policy().tally().slowFailures()).isEqualTo(1);
                    slowSuccess(run);
                    assertThat(run.policy().tally()).isEqualTo(new Tally(2, 0, 1, 0));
                });
    }

    @Test
    void slowFailedProbesAreCountedAsBoth() {
        scenario("slow failed probe", c -> c.slowCallDurationThreshold(Duration.ofSeconds(1)))
                .exceptIn(Mode.ASYNC_COMPLETED)
                .inEveryMode(run -> {
                    run.policy().transitionToHalfOpenState();
                    run.call(Script.<String>of().hang(Duration.ofSeconds(2)).fail(failure))
                            .failedWith(failure);
                    assertThat(run.policy().tally()).isEqualTo(new Tally(1, 1, 1, 1));
                });
    }

    @Test
    void aCallThatTakesNoLongerThanTheThresholdIsNotSlow() {
        scenario("not slow", c -> c.slowCallDurationThreshold(Duration.ofMillis(100)))
                .exceptIn(Mode.ASYNC_COMPLETED)
                .inEveryMode(run -> {
                    for (int i = 0; i < 4; i++) {
                        run.call(Script.<String>of()
                                        .hang(Duration.ofMillis(100))
                                        .succeed("ok"))
                                .returned("ok");
                    }
                    assertThat(run.policy()).hasState("CLOSED").hasMeter("breaker.slow.rate", 0);
                });
    }

    @Test
    void slowProbesReopenIt() {
        scenario("slow probes", c -> c.slowCallDurationThreshold(Duration.ofMillis(100)))
                .exceptIn(Mode.ASYNC_COMPLETED)
                .inEveryMode(run -> {
                    run.failing(4);
                    run.after(WAIT);
                    for (int i = 0; i < 3; i++) {
                        run.call(Script.<String>of()
                                        .hang(Duration.ofMillis(200))
                                        .succeed("ok"))
                                .returned("ok");
                    }
                    assertThat(run.policy()).hasState("OPEN");
                });
    }

    // ---- what counts

    @Test
    void whatIsIgnoredOrRejectedFurtherInCountsNeitherWay() {
        scenario("ignored", c -> c).inEveryMode(run -> {
            run.failing(3);
            run.failingWith(new CancellationException());
            run.failingWith(new AssertionError("an Error"));
            run.failingWith(new CallRejectedException(new Rejection("inner", RejectionReason.FULL, -1)));
            assertThat(run.policy())
                    .hasState("CLOSED")
                    .hasMeter("breaker.calls", 3, "outcome", "ignored")
                    .hasMeter("breaker.calls", 3, "outcome", "failure");
            run.failing(1);
            assertThat(run.policy()).hasState("OPEN");
        });
    }

    @Test
    void theClassifierDecides() {
        scenario("recordExceptions", c -> c.recordExceptions(IllegalStateException.class))
                .inEveryMode(run -> {
                    run.failing(8);
                    assertThat(run.policy()).hasState("CLOSED").hasMeter("breaker.calls", 8, "outcome", "success");
                    for (int i = 0; i < 2; i++) {
                        run.failingWith(new IllegalStateException());
                    }
                    assertThat(run.policy()).hasState("OPEN");
                });
        scenario("ignoreExceptions", c -> c.ignoreExceptions(IOException.class)).inEveryMode(run -> {
            run.failing(8);
            assertThat(run.policy()).hasState("CLOSED").hasMeter("breaker.calls", 8, "outcome", "ignored");
        });
        scenario("recordResult", c -> c.recordResult("bad"::equals)).inEveryMode(run -> {
            for (int i = 0; i < 4; i++) {
                run.call(Script.succeeding("bad")).returned("bad");
            }
            assertThat(run.policy()).hasState("OPEN");
        });
        scenario(
                        "predicates",
                        c -> c.ignoreException(e -> e instanceof IOException)
                                .recordException(e -> e instanceof IllegalStateException))
                .inEveryMode(run -> {
                    run.failing(4);
                    assertThat(run.policy()).hasMeter("breaker.calls", 4, "outcome", "ignored");
                    for (int i = 0; i < 4; i++) {
                        run.failingWith(new IllegalStateException());
                    }
                    assertThat(run.policy()).hasState("OPEN");
                });
    }

    @Test
    void causesAreLookedAtAndOverloadsCountIfItIsToldTo() {
        scenario(
                        "overloadExceptions",
                        c -> c.overloadExceptions(IllegalStateException.class)
                                .ignoreExceptions(IOException.class)
                                .inspectCauses(true))
                .inEveryMode(run -> {
                    run.failing(4);
                    run.failingWith(new RuntimeException(new IOException()));
                    assertThat(run.policy()).hasMeter("breaker.calls", 5, "outcome", "ignored");
                    for (int i = 0; i < 4; i++) {
                        run.failingWith(new IllegalStateException());
                    }
                    assertThat(run.policy()).hasState("OPEN");
                });
    }

    @Test
    void rejectionsFurtherInCountIfItIsToldTo() {
        scenario("counted", c -> c.recordExceptions(CallRejectedException.class))
                .inEveryMode(run -> {
                    for (int i = 0; i < 4; i++) {
                        run.failingWith(new CallRejectedException(new Rejection("inner", RejectionReason.FULL, -1)));
                    }
                    assertThat(run.policy()).hasState("OPEN");
                });
    }

    @Test
    void timeoutsCountInBothOrders() {
        Scenario.named("limiter inside")
                .with(LimitedBreaker::inside, LimitedBreaker::pipeline)
                .exceptIn(Mode.ASYNC_COMPLETED)
                .inEveryMode(ScenarioTest::timesOutUntilOpen);
        Scenario.named("limiter outside")
                .with(LimitedBreaker::outside, LimitedBreaker::pipeline)
                .exceptIn(Mode.ASYNC_COMPLETED)
                .inEveryMode(ScenarioTest::timesOutUntilOpen);
    }

    private static void timesOutUntilOpen(ScenarioRun<LimitedBreaker> run) {
        run.timingOut(4);
        assertThat(run.policy().breaker()).hasState("OPEN");
        run.rejected();
    }

    private record LimitedBreaker(CircuitBreaker breaker, Pipeline pipeline) {

        static LimitedBreaker inside(VirtualTime time) {
            CircuitBreaker breaker = four(time, c -> c);
            return new LimitedBreaker(breaker, Pipeline.of("p", breaker, limiter(time)));
        }

        static LimitedBreaker outside(VirtualTime time) {
            CircuitBreaker breaker = four(time, c -> c);
            return new LimitedBreaker(breaker, Pipeline.of("p", limiter(time), breaker));
        }

        private static TimeLimiter limiter(VirtualTime time) {
            return TimeLimiter.of(
                    "l", c -> c.timeoutDuration(Duration.ofMillis(100)).timeSource(time));
        }
    }

    // ---- half-open

    @Test
    void halfOpenLetsExactlySoManyProbesIn() {
        scenario("probes", c -> c).inEveryMode(run -> {
            run.failing(4);
            run.after(WAIT);
            run.whileInFlight(3, () -> {
                assertThat(run.policy()).hasState("HALF_OPEN");
                run.rejected(5);
                assertThat(run.policy()).hasMeter("breaker.rejected", 5, "state", "half_open");
            });
            assertThat(run.policy()).hasState("CLOSED");
        });
    }

    @Test
    void aProbeThatSaysNothingGivesItsPlaceBack() {
        scenario("returned", c -> c.permittedNumberOfCallsInHalfOpenState(1)).inEveryMode(run -> {
            run.failing(4);
            run.after(WAIT);
            run.failingWith(new CancellationException());
            run.failingWith(new AssertionError("an Error"));
            run.failingWith(new CallRejectedException(new Rejection("inner", RejectionReason.FULL, -1)));
            assertThat(run.policy()).hasState("HALF_OPEN");
            run.succeeding(1);
            assertThat(run.policy()).hasState("CLOSED");
        });
    }

    @Test
    void aCancelledProbeGivesItsPlaceBack() {
        scenario("cancelled", c -> c.permittedNumberOfCallsInHalfOpenState(1))
                .onlyIn(Mode.ASYNC)
                .inEveryMode(run -> {
                    run.failing(4);
                    run.after(WAIT);
                    CallInFlight<String> probe = run.begin(Script.<String>hanging());
                    run.rejected();
                    probe.cancel();
                    run.succeeding(1);
                    assertThat(run.policy()).hasState("CLOSED");
                });
    }

    @Test
    void aProbeThatDoesNotEndCountsAsAnOverloadAndItsLateResultIsIgnored() {
        scenario(
                        "never ending",
                        c -> c.permittedNumberOfCallsInHalfOpenState(1)
                                .maxWaitDurationInHalfOpenState(Duration.ofSeconds(5)))
                .inEveryMode(run -> {
                    run.failing(4);
                    run.after(WAIT);
                    run.whileInFlight(() -> {
                        run.after(Duration.ofSeconds(5).minusNanos(1));
                        run.rejected();
                        assertThat(run.policy()).hasState("HALF_OPEN");
                        run.after(Duration.ofNanos(1));
                        run.rejected();
                        assertThat(run.policy()).hasState("OPEN");
                    });
                    assertThat(run.policy()).hasState("OPEN");
                    run.after(WAIT);
                    run.succeeding(1);
                    assertThat(run.policy()).hasState("CLOSED");
                });
    }

    @Test
    void aProbeThatEndsTooLateCountsAsAnOverloadEvenIfNobodyHasLooked() {
        scenario(
                        "late",
                        c -> c.permittedNumberOfCallsInHalfOpenState(1)
                                .maxWaitDurationInHalfOpenState(Duration.ofSeconds(5)))
                .inEveryMode(run -> {
                    run.failing(4);
                    run.after(WAIT);
                    run.whileInFlight(() -> run.after(Duration.ofSeconds(6)));
                    assertThat(run.policy()).hasState("OPEN");
                    assertThat(run.policy().retryAfter()).isEqualTo(WAIT.minusSeconds(1));
                });
    }

    @Test
    void halfOpenDecidesAsSoonAsTheOutcomeIsCertain() {
        UnaryOperator<CircuitBreakerConfig.Builder> ten = c -> c.permittedNumberOfCallsInHalfOpenState(10);
        scenario("six successes of ten", ten).inEveryMode(run -> {
            run.failing(4);
            run.after(WAIT);
            run.failing(2);
            run.succeeding(5);
            assertThat(run.policy()).hasState("HALF_OPEN");
            run.succeeding(1);
            assertThat(run.policy()).hasState("CLOSED");
        });
        scenario("five failures of ten", ten).inEveryMode(run -> {
            run.failing(4);
            run.after(WAIT);
            run.failing(4);
            assertThat(run.policy()).hasState("HALF_OPEN");
            run.failing(1);
            assertThat(run.policy()).hasState("OPEN");
        });
    }

    // ---- late results

    @Test
    void resultsOfCallsThatWereAdmittedBeforeItOpenedDecideNothing() {
        scenario("late successes", c -> c.permittedNumberOfCallsInHalfOpenState(2))
                .inEveryMode(run -> {
                    run.whileInFlight(3, () -> {
                        run.failing(4);
                        run.after(WAIT);
                        run.succeeding(1);
                        assertThat(run.policy()).hasState("HALF_OPEN");
                    });
                    assertThat(run.policy()).hasState("HALF_OPEN");
                    run.whileInFlight(run::rejected);
                    assertThat(run.policy()).hasState("CLOSED");
                });
        scenario("late failures", c -> c).inEveryMode(run -> {
            run.whileInFlight(5, Script.failing(failure), () -> {
                run.failing(4);
                run.after(WAIT);
                run.succeeding(2);
                assertThat(run.policy()).hasState("CLOSED");
            });
            assertThat(run.policy()).hasState("CLOSED");
            assertThat(run.policy().tally()).isEqualTo(new Tally(0, 0, 0, 0));
        });
        scenario("while open", c -> c).inEveryMode(run -> {
            run.whileInFlight(5, () -> run.failing(4));
            assertThat(run.policy()).hasState("OPEN").hasMeter("breaker.transitions", 1);
        });
    }

    // ---- one transition

    @Test
    void eachTransitionIsToldOnce() {
        scenario("events", c -> c).inEveryMode(run -> {
            try (RecordedEvents events = RecordedEvents.of(run.policy(), StateChanged.class)) {
                run.whileInFlight(9, Script.failing(failure), () -> run.succeeding(1));
                run.rejected(2);
                run.after(WAIT);
                run.succeeding(2);

                assertThat(events.ofType(StateChanged.class))
                        .extracting(StateChanged::from, StateChanged::to, StateChanged::why)
                        .containsExactly(
                                tuple(
                                        CircuitBreaker.State.CLOSED,
                                        CircuitBreaker.State.OPEN,
                                        StateChanged.Why.FAILURE_RATE),
                                tuple(
                                        CircuitBreaker.State.OPEN,
                                        CircuitBreaker.State.HALF_OPEN,
                                        StateChanged.Why.WAIT_OVER),
                                tuple(
                                        CircuitBreaker.State.HALF_OPEN,
                                        CircuitBreaker.State.CLOSED,
                                        StateChanged.Why.PROBES_PASSED));
            }
        });
    }

    @Test
    void aRejectionHasAStackTraceIfTheOptionsSaySo() {
        for (boolean asked : new boolean[] {true, false}) {
            Scenario.named("stack traces")
                    .with(time -> CircuitBreaker.of(
                            "b",
                            c -> c.initialState(CircuitBreaker.State.FORCED_OPEN)
                                    .stackTraces(asked)
                                    .timeSource(time)))
                    .inEveryMode(run -> {
                        CircuitBreakerOpenException rejection =
                                run.call(Script.succeeding("never")).failure(CircuitBreakerOpenException.class);
                        assertThat(rejection.getStackTrace().length > 0).isEqualTo(asked);
                    });
        }
    }
}
