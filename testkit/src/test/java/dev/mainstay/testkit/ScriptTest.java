package dev.mainstay.testkit;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;
import static java.time.Duration.ofSeconds;

import dev.mainstay.PolicyEvent;
import dev.mainstay.call.CallContext;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ScriptTest {

    private static final CallContext PLAIN = CallContext.plain();

    private final VirtualTime time = VirtualTime.create();

    private static CompletableFuture<String> begin(ScriptedCall<String> call) throws Exception {
        return call.async().in(PLAIN).toCompletableFuture();
    }

    @Test
    void theLastStepIsRepeated() throws Exception {
        ScriptedCall<String> call =
                Script.<String>of().succeed("first").succeed("rest").on(time);
        assertThat(List.of(
                        call.sync().in(PLAIN),
                        call.sync().in(PLAIN),
                        call.sync().in(PLAIN)))
                .containsExactly("first", "rest", "rest");
        assertThat(call.executions()).isEqualTo(3);
    }

    @Test
    void aStageThatHangsCompletesWhenItsTimeHasCome() throws Exception {
        ScriptedCall<String> call =
                Script.<String>of().hang(ofSeconds(3)).succeed("ok").on(time);
        CompletableFuture<String> stage = begin(call);
        time.advance(ofSeconds(2));
        assertThat(stage).isNotDone();
        assertThat(call.running()).isEqualTo(1);
        time.advance(ofSeconds(1));
        assertThat(stage).isCompletedWithValue("ok");
        assertThat(call.running()).isZero();
    }

    @Test
    void aStageIsNotCompleteWhenItIsGivenOut() throws Exception {
        CompletableFuture<String> stage = begin(Script.succeeding("ok").on(time));
        assertThat(stage).isNotDone();
        time.runDue();
        assertThat(stage).isCompletedWithValue("ok");
    }

    @Test
    void aCancelledStageIsCountedAndItsTimerGone() throws Exception {
        ScriptedCall<String> call =
                Script.<String>of().hang(ofSeconds(3)).succeed("ok").on(time);
        begin(call).cancel(true);
        assertThat(call.cancels()).isEqualTo(1);
        assertThat(call.running()).isZero();
        assertThat(time.pendingEvents()).isZero();
    }

    @Test
    void aStubbornStageCannotBeCancelled() throws Exception {
        ScriptedCall<String> call = Script.<String>of()
                .ignoringInterrupts()
                .hang(ofSeconds(3))
                .succeed("ok")
                .on(time);
        CompletableFuture<String> stage = begin(call);
        assertThat(stage.cancel(true)).isFalse();
        time.advance(ofSeconds(3));
        assertThat(stage).isCompletedWithValue("ok");
        assertThat(call.cancels()).isEqualTo(1);
    }

    @Test
    void executionsAtTheSameTimeAreCounted() throws Exception {
        ScriptedCall<String> call =
                Script.<String>of().hang(ofSeconds(1)).succeed("ok").on(time);
        begin(call);
        begin(call);
        time.runUntilIdle();
        begin(call);
        assertThat(call.mostAtOnce()).isEqualTo(2);
        assertThat(call.executions()).isEqualTo(3);
    }

    @Test
    void aCompletedStageIsCompleteWhenItIsGivenOut() throws Exception {
        IOException failure = new IOException("scripted");
        ScriptedCall<String> call =
                Script.<String>of().hang(ofSeconds(2)).fail(failure).on(time);
        assertThat(call.asyncCompleted().in(PLAIN).toCompletableFuture()).isCompletedExceptionally();
        assertThat(time.elapsed()).isEqualTo(ofSeconds(2));
    }

    @Test
    void aScriptMayBreakTheRulesOfStages() throws Exception {
        ScriptedCall<String> call = Script.<String>of()
                .nullInsteadOfStage()
                .throwInsteadOfStage(new IOException("thrown"))
                .on(time);
        assertThat(call.async().in(PLAIN)).isNull();
        assertThatThrownBy(() -> call.async().in(PLAIN)).hasMessage("thrown");
        assertThat(call.running()).isZero();
    }

    @Test
    void whatItDoesHappensBeforeItEnds() throws Exception {
        List<String> log = new ArrayList<>();
        ScriptedCall<String> call = Script.<String>of()
                .doing(() -> log.add("once"))
                .succeed("first")
                .succeed("second")
                .on(time);
        call.sync().in(PLAIN);
        call.sync().in(PLAIN);
        assertThat(log).containsExactly("once");
    }

    @Test
    void rememberedAttemptsAreThoseOfTheContexts() throws Exception {
        ScriptedCall<String> call = Script.succeeding("ok").on(time);
        call.sync().in(PLAIN);
        call.sync().in(PLAIN.attempt(2, null));
        assertThat(call.attempts()).containsExactly(1, 2);
    }

    @Test
    void aScriptThatSaysTooLittleIsRejected() {
        assertThatThrownBy(() -> Script.of().on(time)).hasMessage("script is empty but must be at least one step long");
        assertThatThrownBy(() -> Script.succeeding("ok").hang(ofSeconds(1)).on(time))
                .hasMessage("script is unfinished but must be ended by what the body does after it hung");
        assertThatThrownBy(() -> Script.of().times(2)).hasMessage("times is 2 but must be said after a step");
    }

    @Test
    void reportsCheckWhatTheySay() {
        Scenario<Door> scenario = Scenario.named("report").with(unused -> new Door("front"));
        scenario.inEveryMode(run -> {
            CallReport<String> report = run.call(Script.succeeding("in"));
            assertThatThrownBy(() -> report.returned("out")).hasMessageContaining("to have returned out");
            assertThatThrownBy(report::wasRejected).hasMessageContaining("to have been rejected");
            assertThatThrownBy(report::timedOut).hasMessageContaining("to have timed out");
            assertThatThrownBy(report::leftInterrupt).hasMessageContaining("interrupt flag set");
            assertThatThrownBy(() -> report.afterExecutions(2)).hasMessageContaining("2 times");
            assertThatThrownBy(() -> report.afterAttempts(1, 2)).hasMessageContaining("[1, 2]");
            assertThatThrownBy(() -> report.afterTime(ofSeconds(1))).hasMessageContaining("PT1S");
            assertThatThrownBy(() -> report.failedWith(IOException.class))
                    .hasMessageContaining("to have failed with IOException, but it was a success with in after PT0S");
        });
    }

    @Test
    void aRunChecksWhatItsSentencesSay() {
        Scenario<Door> scenario = Scenario.named("sentences").with(unused -> new Door("front"));
        scenario.inEveryMode(run -> {
            assertThatThrownBy(() -> run.rejected()).hasMessageContaining("rejection 1");
            run.policy().shut();
            run.rejected(2);
            assertThatThrownBy(() -> run.succeeding(1)).hasMessageContaining("success 1");
            assertThatThrownBy(() -> run.failing(1)).hasMessageContaining("failure 1");
            assertThatThrownBy(() -> run.timingOut(1)).hasMessageContaining("time-out 1");
            assertThatThrownBy(() -> run.whileInFlight(() -> {})).hasMessageContaining("to be in flight");
        });
    }

    @Test
    void eventsAreRecordedUntilItIsClosed() {
        Door door = new Door("front");
        RecordedEvents events = RecordedEvents.of(door);
        door.run(() -> {});
        door.shut();
        door.tryCall(() -> "never");
        assertThat(events.types()).containsExactly("CallEnded", "CallRejected");
        assertThat(events.ofType(PolicyEvent.CallRejected.class)).hasSize(1);
        events.clear();
        assertThat(events.all()).isEmpty();
        events.close();
        door.tryCall(() -> "never");
        assertThat(events.all()).isEmpty();
    }
}
