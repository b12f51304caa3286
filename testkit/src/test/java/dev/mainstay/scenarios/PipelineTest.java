package dev.mainstay.scenarios;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;

import dev.mainstay.Chain;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiter;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class PipelineTest {

    private final List<String> log = new ArrayList<>();

    private Noting noting(String name) {
        return new Noting(name, log);
    }

    private void assertOrder(Pipeline pipeline, String... expected) {
        Scenario.named("order").with(time -> pipeline).inEveryMode(run -> {
            log.clear();
            run.call(Script.<String>of().doing(() -> log.add("body")).succeed("ok"))
                    .returned("ok");
            assertThat(log).containsExactly(expected);
            log.clear();
            run.call(Script.<String>of().doing(() -> log.add("body")).fail(new IOException("no")))
                    .failedWith(IOException.class);
            assertThat(log).containsExactly(expected);
        });
    }

    @Test
    void theFirstNamedIsOutermost() {
        assertOrder(
                Pipeline.of("abc", noting("a"), noting("b"), noting("c")), "+a", "+b", "+c", "body", "-c", "-b", "-a");
    }

    @Test
    void aPipelineInAPipelineIsAsIfItsPoliciesStoodThere() {
        Pipeline inner = Pipeline.of("inner", noting("b"), noting("c"));
        Pipeline innermost = Pipeline.of("innermost", inner, noting("d"));
        Pipeline outer = Pipeline.of("outer", noting("a"), innermost, noting("e"));
        assertOrder(outer, "+a", "+b", "+c", "+d", "+e", "body", "-e", "-d", "-c", "-b", "-a");
        assertThat(outer.policies()).hasSize(3).contains(innermost);
        assertOrder(inner, "+b", "+c", "body", "-c", "-b");
    }

    @Test
    void aPipelineInsideAPolicyKeepsTheOuterTail() {
        Pipeline inner = Pipeline.of("inner", noting("b"));
        Policy dispatching = new Dispatching(inner);
        assertOrder(
                Pipeline.of("outer", noting("a"), dispatching, noting("c")),
                "+a",
                "+b",
                "+c",
                "body",
                "-c",
                "-b",
                "-a");
        assertOrder(Pipeline.of("outer", dispatching), "+b", "body", "-b");
    }

    /** Goes through another policy, as a keyed registry does. */
    private static final class Dispatching extends Policy {
        private final Policy target;

        Dispatching(Policy target) {
            this.target = target;
        }

        @Override
        public String name() {
            return "dispatching";
        }

        @Override
        public <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
            return PolicyAccess.around(target, context, now, inner, body);
        }

        @Override
        public <T> CompletableFuture<T> aroundAsync(
                CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
            return PolicyAccess.aroundAsync(target, context, now, inner, body);
        }
    }

    @Test
    void anEmptyPipelineMakesCallsAsTheyAre() {
        Scenario.named("empty").with(time -> Pipeline.of("empty")).inEveryMode(run -> {
            run.succeeding(1);
            run.failing(1);
            run.failingWith(new AssertionError("scripted"));
            run.call(Script.<String>succeeding(null)).returned(null);
        });
        assertThat(Pipeline.of("empty")).explains("'empty' has no policies").isIdle();
        assertThat(Pipeline.of("empty").toString()).isEqualTo("Pipeline['empty' has no policies]");
    }

    @Test
    void theSameGateTwiceIsWarnedOf() {
        try (LogOf warnings = new LogOf(Pipeline.class)) {
            WaitingRoom room = new WaitingRoom(VirtualTime.create(), 2);
            Noting harmless = noting("a");
            Pipeline.of("fine", room, harmless, harmless);
            assertThat(warnings.messages()).isEmpty();
            Pipeline.of("twins", room, Pipeline.of("inner", room));
            assertThat(warnings.messages())
                    .singleElement()
                    .asString()
                    .startsWith("Pipeline 'twins' has the gate 'room' twice: ");
            assertThat(warnings.values("pipeline")).containsExactly("twins");
            assertThat(warnings.values("policy")).containsExactly("room");
        }
    }

    @Test
    void anExecutorOfAnInnerPipelineIsWarnedOfSinceItIsNotUsed() {
        try (LogOf warnings = new LogOf(Pipeline.class)) {
            Pipeline plain = Pipeline.of("plain", noting("a"));
            Pipeline own = Pipeline.builder("own")
                    .policy(noting("b"))
                    .executor(Runnable::run)
                    .build();
            Pipeline.of("outer", plain);
            assertThat(warnings.messages()).isEmpty();
            Pipeline.of("outer", plain, own);
            assertThat(warnings.messages())
                    .singleElement()
                    .asString()
                    .startsWith(
                            "Pipeline 'outer' does not use the executor and the context carrier of 'own' inside it: ");
            assertThat(warnings.values("inner")).containsExactly("own");
        }
    }

    @Test
    void theSameGateMayStandInTwoPipelines() {
        WaitingRoom room = new WaitingRoom(VirtualTime.create(), 1);
        Pipeline first = Pipeline.of("first", room);
        Pipeline second = Pipeline.of("second", noting("a"), room);
        assertThat(first.call(() -> second.tryCall(() -> "in").isRejected())).isTrue();
        assertThat(second.call(() -> "in")).isEqualTo("in");
    }

    @Test
    void differentClocksAreRejected() {
        TimeLimiter one = TimeLimiter.of("one", c -> c.timeSource(VirtualTime.create()));
        TimeLimiter other = TimeLimiter.ofDefaults("other");
        assertThatThrownBy(() -> Pipeline.of("mixed", noting("a"), one, other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("timeSource of 'other' is ")
                .hasMessageContaining("must be the same as that of 'one'")
                .hasMessageEndingWith("in pipeline 'mixed'");
        assertThat(PolicyAccess.timeSource(Pipeline.of("fine", noting("a"), one)))
                .isSameAs(PolicyAccess.timeSource(one));
        assertThat(PolicyAccess.timeSource(Pipeline.of("none", noting("a")))).isNull();
    }

    @Test
    void aNullPolicyIsNamedByItsPosition() {
        assertThatThrownBy(() -> Pipeline.of("broken", noting("a"), null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("policy 2 of pipeline 'broken' must not be null");
        assertThatThrownBy(() -> Pipeline.of(" ")).hasMessage("name is ' ' but must be not blank");
        assertThatThrownBy(() -> Pipeline.of("broken", (Policy[]) null)).hasMessage("policies must not be null");
    }

    @Test
    void aPolicyThatGivesNoStageIsNamed() {
        Policy silent = new Policy() {
            @Override
            public String name() {
                return "silent";
            }

            @Override
            public <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body) {
                throw new AssertionError("asynchronous only");
            }

            @Override
            public <T> CompletableFuture<T> aroundAsync(
                    CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
                return null;
            }
        };
        WaitingRoom room = new WaitingRoom(VirtualTime.create(), 1);
        CompletableFuture<String> call =
                Pipeline.of("line", room, silent).callAsync(() -> CompletableFuture.completedFuture("never"));
        assertThatThrownBy(call::join)
                .hasCauseInstanceOf(NullPointerException.class)
                .hasMessageContaining("inside 'room', policy 'silent' returned null instead of a stage");
        assertThat(room.inside()).isZero();
    }

    @Test
    void aBodyThatGivesNoStageIsAFailureThatNamesTheInnermostPolicy() {
        Scenario.named("null stage")
                .with(time -> new WaitingRoom(time, 1), room -> Pipeline.of("line", noting("a"), room))
                .onlyIn(Mode.ASYNC, Mode.ASYNC_COMPLETED)
                .inEveryMode(run -> {
                    NullPointerException failure =
                            run.call(Script.<String>of().nullInsteadOfStage()).failure(NullPointerException.class);
                    assertThat(failure).hasMessage("inside 'room', the body returned null instead of a stage");
                    assertThat(run.policy().inside()).isZero();
                });
    }

    @Test
    void aBodyThatThrowsInsteadOfGivingAStageFailsTheFuture() {
        IOException thrown = new IOException("thrown");
        StackOverflowError error = new StackOverflowError("thrown");
        Scenario.named("throws").with(time -> new WaitingRoom(time, 1)).inEveryMode(run -> {
            run.call(Script.<String>of().throwInsteadOfStage(thrown)).failedWith(thrown);
            run.call(Script.<String>of().throwInsteadOfStage(error)).failedWith(error);
            assertThat(run.policy().inside()).isZero();
        });
    }

    @Test
    void subscribingListensToAllPolicies() {
        VirtualTime time = VirtualTime.create();
        Pipeline pipeline = Pipeline.of(
                "line",
                new WaitingRoom("outer", time, 1, Duration.ZERO),
                Pipeline.of("inner", new WaitingRoom("inner", time, 1, Duration.ZERO)));
        RecordedEvents events = RecordedEvents.of(pipeline, PolicyEvent.CallEnded.class);
        pipeline.run(() -> {});
        assertThat(events.all()).extracting("policy").containsExactly("inner", "outer");
        events.close();
        pipeline.run(() -> {});
        assertThat(events.all()).hasSize(2);
    }

    @Test
    void explainsAllPolicies() {
        VirtualTime time = VirtualTime.create();
        WaitingRoom room = new WaitingRoom(time, 2);
        TimeLimiter limiter = TimeLimiter.of("limit", c -> c.timeSource(time));
        Pipeline pipeline = Pipeline.of("line", limiter, room);
        assertThat(pipeline)
                .explains("'line': 'limit' gives a call 1s; 'room' has 2 of 2 places free")
                .hasMeter("timelimiter.calls", 0)
                .isIdle();
        pipeline.run(() -> assertThat(pipeline).isNotIdle());
    }

    @Test
    void aTimedPipelineMeasuresCallsByOutcome() {
        Scenario.named("timed")
                .with(time -> Pipeline.builder("timed")
                        .timed(true)
                        .policy(TimeLimiter.of("limit", c -> c.timeSource(time)))
                        .build())
                .inEveryMode(run -> {
                    Map<String, List<Long>> durations = new TreeMap<>();
                    PolicyAccess.describe(run.policy(), new Timers(durations));
                    run.call(Script.<String>of().hang(Duration.ofMillis(300)).succeed("ok"))
                            .returned("ok");
                    run.timingOut(1);
                    run.failing(1);
                    assertThat(durations)
                            .containsEntry("success", List.of(300_000_000L))
                            .containsEntry("overload", List.of(1_000_000_000L))
                            .containsEntry("error", List.of(0L));
                });
    }

    private record Timers(Map<String, List<Long>> durations) implements MeterSink {

        @Override
        public void counter(MeterId id, LongSupplier count) {}

        @Override
        public void gauge(MeterId id, DoubleSupplier value) {}

        @Override
        public void timer(MeterId id, Recorder recorder) {
            assertThat(id.name()).isEqualTo("pipeline.calls");
            List<Long> list = durations.computeIfAbsent(id.tags().get("outcome"), outcome -> new ArrayList<>());
            recorder.attach(list::add);
        }
    }
}
