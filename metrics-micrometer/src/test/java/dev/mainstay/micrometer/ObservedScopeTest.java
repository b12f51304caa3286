package dev.mainstay.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Chain;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.retry.Retry;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.VirtualTime;
import io.micrometer.common.KeyValues;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies run in the scope of their call's observation, and no thread stays in it, whatever handlers do. */
class ObservedScopeTest {

    private final VirtualTime time = VirtualTime.create();
    private final ObservationRegistry registry = ObservationRegistry.create();
    private final Witness witness = new Witness();

    ObservedScopeTest() {
        registry.observationConfig().observationHandler(witness);
    }

    @AfterEach
    void theThreadIsInNoScope() {
        assertThat(registry.getCurrentObservationScope()).isNull();
    }

    private static String current(ObservationRegistry registry) {
        Observation current = registry.getCurrentObservation();
        if (current == null) {
            return "none";
        }
        return current.getContext() instanceof PipelineObservationContext call
                ? call.pipeline()
                : String.valueOf(current.getContext().getName());
    }

    @Test
    void aBodyRunsInTheScopeOfItsObservationAndTheCallerDoesNot() {
        ObservedCalls.scenario(
                        "in scope",
                        time -> Pipeline.of(
                                "inventory",
                                Retry.of(
                                        "again",
                                        c -> c.backoff(Backoff.fixed(Duration.ofMillis(5)))
                                                .timeSource(time))))
                .inEveryMode(run -> {
                    ObservationRegistry registry = run.policy().registry();
                    List<String> seen = new ArrayList<>();
                    run.call(Script.of()
                                    .doing(() -> seen.add(current(registry)))
                                    .fail(new IOException())
                                    .doing(() -> seen.add(current(registry)))
                                    .succeed("ok"))
                            .returned("ok");

                    assertThat(seen).containsExactly("inventory", "inventory");
                    assertThat(current(registry)).isEqualTo("none");
                });
    }

    @Test
    void anObservationThatTheBodyStartsIsAChildAndTheOneAroundTheCallIsTheParent() {
        ObservedCalls.scenario("family", time -> Pipeline.of("inventory"))
                .exceptIn(Mode.SUBMITTED)
                .inEveryMode(run -> {
                    ObservationRegistry registry = run.policy().registry();
                    List<Observation> children = new ArrayList<>();
                    Observation request = Observation.start("request", registry);
                    request.scoped(() -> run.call(Script.of()
                                    .doing(() -> children.add(Observation.start("query", registry)))
                                    .succeed("ok"))
                            .returned("ok"));

                    PipelineObservationContext call = run.policy().witness().only();
                    assertThat(call.getParentObservation()).isSameAs(request);
                    assertThat(children.get(0).getContext().getParentObservation())
                            .extracting(parent -> parent.getContextView())
                            .isSameAs(call);
                });
    }

    @Test
    void anAttemptOnAThreadWithoutTheScopeOpensItThere() {
        List<Runnable> elsewhere = new ArrayList<>();
        Retry retry = Retry.of(
                "again", c -> c.backoff(Backoff.fixed(Duration.ofSeconds(1))).timeSource(time));
        Observed observed = Observed.of(
                Pipeline.builder("inventory")
                        .policy(retry)
                        .executor(elsewhere::add)
                        .build(),
                registry);
        List<String> seen = new ArrayList<>();

        CompletableFuture<String> call = observed.callAsync(() -> {
            seen.add(current(registry));
            return seen.size() < 2
                    ? CompletableFuture.failedFuture(new IOException())
                    : CompletableFuture.completedFuture("ok");
        });
        time.advance(Duration.ofSeconds(1));
        assertThat(current(registry)).isEqualTo("none");
        Observation.createNotStarted("somebody else's", registry).observe(() -> {
            elsewhere.forEach(Runnable::run);
            assertThat(current(registry)).isEqualTo("somebody else's");
        });

        assertThat(call).isCompletedWithValue("ok");
        assertThat(seen).containsExactly("inventory", "inventory");
    }

    @Test
    void anObservationThatAPolicyOpensInBetweenIsTheOneThatTheBodyRunsIn() {
        Policy tracing = new Policy() {
            @Override
            public String name() {
                return "tracing";
            }

            @Override
            public <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body)
                    throws Exception {
                return Observation.createNotStarted("in between", registry)
                        .<T, Exception>observeChecked(() -> inner.<T>proceed(context, now, body));
            }

            @Override
            public <T> CompletableFuture<T> aroundAsync(
                    CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
                return inner.proceedAsync(context, now, body);
            }
        };
        Observed observed = Observed.of(Pipeline.of("inventory", tracing), registry);

        assertThat(observed.get(() -> current(registry))).isEqualTo("in between");
    }

    @Test
    void theBodyOfAnObservedPipelineWithinAnotherRunsInTheInnerScope() throws Exception {
        Observed inner = Observed.of(Pipeline.of("inner"), registry);
        Observed outer = Observed.of(Pipeline.of("outer", inner), registry);

        assertThat(outer.get(() -> current(registry))).isEqualTo("inner");
        assertThat(time.await(outer.callAsync(() -> CompletableFuture.completedFuture(current(registry)))))
                .isEqualTo("inner");
    }

    // ---- what handlers throw

    @ParameterizedTest
    @ValueSource(strings = {"start", "event", "opened", "closed", "error", "stop"})
    void whatAHandlerThrowsIsLoggedOnceAndChangesNothing(String what) {
        Bulkhead bulkhead = Bulkhead.of("gate", c -> c.maxConcurrentCalls(1).timeSource(time));
        Retry retry = Retry.of("again", c -> c.backoff(Backoff.none()).timeSource(time));
        Observed observed = Observed.of(Pipeline.of("inventory", retry, bulkhead), registry);
        witness.throwingAt(what);
        IOException failure = new IOException();
        List<Runnable> submitted = new ArrayList<>();
        CompletableFuture<String> stage = new CompletableFuture<>();

        try (LogOf log = new LogOf(CallbackFailures.class)) {
            assertThat(observed.get(() -> "ok")).isEqualTo("ok");
            assertThatThrownBy(() -> observed.call(() -> {
                        throw failure;
                    }))
                    .isSameAs(failure);
            assertThat(observed.callAsync(() -> CompletableFuture.completedFuture("ok")))
                    .isCompletedWithValue("ok");
            CompletableFuture<String> call = observed.callAsync(() -> stage);
            stage.complete("later");
            assertThat(call).isCompletedWithValue("later");
            CompletableFuture<String> cancelled = observed.callAsync(CompletableFuture::new);
            cancelled.cancel(true);
            CompletableFuture<String> work = observed.submit(submitted::add, () -> "ok");
            submitted.forEach(Runnable::run);
            assertThat(work).isCompletedWithValue("ok");

            assertThat(PolicyAccess.isIdle(bulkhead)).isTrue();
            assertThat(registry.getCurrentObservationScope()).isNull();
            assertThat(log.lines()).singleElement().asString().contains("callback=\"observation handler's ");
        }
    }

    @Test
    void aHandlerThatThrowsWhenAScopeIsOpenedLeavesTheThreadInTheOneAround() {
        Observed observed = Observed.of(Pipeline.of("inventory"), registry);
        witness.throwingAt("opened");

        Observation.createNotStarted("request", registry).observe(() -> {
            assertThat(observed.get(() -> current(registry))).isEqualTo("request");
            assertThat(current(registry)).isEqualTo("request");
        });
    }

    @Test
    void aConventionThatThrowsCostsTheObservationAndNoCall() {
        Observed observed = Observed.of(Pipeline.of("inventory"), registry, new PipelineObservationConvention() {
            @Override
            public KeyValues getLowCardinalityKeyValues(PipelineObservationContext context) {
                throw new IllegalStateException("no keys");
            }
        });

        try (LogOf log = new LogOf(CallbackFailures.class)) {
            assertThat(observed.get(() -> "ok")).isEqualTo("ok");
            assertThat(observed.get(() -> "ok")).isEqualTo("ok");
            assertThat(log.lines()).hasSize(1);
        }
    }

    @Test
    void aPredicateThatThrowsCostsTheObservationAndNoCall() {
        registry.observationConfig().observationPredicate((name, context) -> {
            throw new IllegalStateException("cannot say");
        });
        Observed observed = Observed.of(Pipeline.of("inventory"), registry);

        try (LogOf log = new LogOf(CallbackFailures.class)) {
            assertThat(observed.get(() -> "ok")).isEqualTo("ok");
            assertThat(observed.callAsync(() -> CompletableFuture.completedFuture("ok")))
                    .isCompletedWithValue("ok");
            assertThat(witness.notes()).isEmpty();
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("callback=\"observation convention or predicate\"");
        }
    }
}
