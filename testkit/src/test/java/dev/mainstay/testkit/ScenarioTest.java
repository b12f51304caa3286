package dev.mainstay.testkit;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;

import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScenarioTest {

    private static TimeLimiter limiter(VirtualTime time) {
        return TimeLimiter.of("limit", c -> c.timeSource(time));
    }

    private final Scenario<TimeLimiter> scenario =
            Scenario.named("a second's time").with(ScenarioTest::limiter);

    @Test
    void makesCallsThatEndAsTheirScriptSays() {
        scenario.inEveryMode(run -> {
            run.succeeding(2);
            run.failing(3);
            run.timingOut(1);
            run.call(Script.<String>of().hang(Duration.ofMillis(999)).succeed("late"))
                    .returned("late")
                    .afterExecutions(1)
                    .afterAttempts(1)
                    .afterTime(Duration.ofMillis(999));
            assertThat(run.executions()).isEqualTo(7);
            assertThat(run.policy())
                    .hasMeter("timelimiter.calls", 3, "outcome", "success")
                    .hasMeter("timelimiter.calls", 3, "outcome", "failure")
                    .hasMeter("timelimiter.calls", 1, "outcome", "timeout")
                    .hasMeter("timelimiter.calls", 7);
        });
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void hasCallsInFlightWhileTheStoryGoesOn(Mode mode) {
        scenario.inMode(
                mode,
                run -> run.whileInFlight(3, () -> {
                    assertThat(run.executions()).isEqualTo(3);
                    run.succeeding(1);
                    assertThat(run.policy()).hasMeter("timelimiter.calls", 1, "outcome", "success");
                }));
    }

    @Test
    void aFailureNamesScenarioAndModes() {
        assertThatThrownBy(() -> scenario.inEveryMode(run -> {
                    run.after(Duration.ofSeconds(2));
                    if (run.mode() == Mode.ASYNC) {
                        run.rejected();
                    }
                }))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(
                        "scenario 'a second's time', mode ASYNC, PT2S in: rejection 1: expected the call to have been"
                                + " rejected")
                .hasMessageContaining("a success with not rejected")
                .hasMessageContaining("it fails in [ASYNC] of [SYNC, DECORATED, ASYNC, ASYNC_COMPLETED, SUBMITTED]");
    }

    @Test
    void aScriptThatIsOversteppedFailsTheTest() {
        Scenario<Pipeline> swallowing = Scenario.named("once").with(time -> Pipeline.of("none"));
        assertThatThrownBy(() -> swallowing.inEveryMode(run -> {
                    ScriptedCall<String> body = run.call(
                                    Script.<String>of().succeed("once").thenFailTheTest())
                            .body();
                    try {
                        run.guard().callWithContext(body.sync());
                    } catch (AssertionError swallowed) {
                        // as a fallback might
                    }
                }))
                .hasMessageContaining("the script has 1 steps, but the body was executed 2 times");
    }

    @Test
    void aCallThatNeverEndsIsToldFromOneThatFails() {
        assertThatThrownBy(() -> Scenario.named("for ever")
                        .with(time -> Pipeline.of("none"))
                        .inEveryMode(run -> run.call(Script.hanging()).failedWith(IllegalStateException.class)))
                .hasMessageContaining("the call never ends");
    }

    @Test
    void failsTwiceHangsAndSucceeds() throws Exception {
        VirtualTime time = VirtualTime.create();
        ScriptedCall<String> call = Script.<String>of()
                .fail(() -> new IOException("no"))
                .times(2)
                .hang(Duration.ofSeconds(3))
                .succeed("ok")
                .on(time);
        TimeLimiter limiter = TimeLimiter.of("limit", c -> c.timeSource(time).timeoutDuration(Duration.ofSeconds(4)));
        assertThatThrownBy(() -> limiter.callWithContext(call.sync())).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> limiter.callWithContext(call.sync())).isInstanceOf(IOException.class);
        assertThat(limiter.callWithContext(call.sync())).isEqualTo("ok");
        assertThat(time.elapsed()).isEqualTo(Duration.ofSeconds(3));
        time.advance(Duration.ofSeconds(1));
        limiter.reconfigure(limiter.config().toBuilder()
                .timeoutDuration(Duration.ofSeconds(2))
                .build());
        assertThatThrownBy(() -> limiter.callWithContext(call.sync())).isInstanceOf(CallTimeoutException.class);
        assertThat(call.executions()).isEqualTo(4);
        assertThat(call.interrupts()).isEqualTo(1);
        assertThat(call.startTimes())
                .containsExactly(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ofSeconds(4));
    }
}
