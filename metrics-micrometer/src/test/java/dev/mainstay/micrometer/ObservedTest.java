package dev.mainstay.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Chain;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.breaker.StateChanged;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.NotableEvent;
import dev.mainstay.event.Events;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.event.Subscription;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.RetriesExhaustedException;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryDenial;
import dev.mainstay.retry.RetryEvent;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.VirtualTime;
import io.micrometer.common.KeyValues;
import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.tck.ObservationContextAssert;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each call is one observation, with an event for all that turned its way. */
class ObservedTest {

    private static final Duration MS_100 = Duration.ofMillis(100);

    private final VirtualTime time = VirtualTime.create();

    private static Retry retry(VirtualTime time) {
        return Retry.of("again", c -> c.backoff(Backoff.fixed(MS_100)).timeSource(time));
    }

    /** Opens on the first failure. */
    private static CircuitBreaker breaker(VirtualTime time) {
        return CircuitBreaker.of(
                "fuse", c -> c.slidingWindowSize(1).minimumNumberOfCalls(1).timeSource(time));
    }

    private static TimeLimiter limiter(VirtualTime time) {
        return TimeLimiter.of("limit", c -> c.timeoutDuration(MS_100).timeSource(time));
    }

    // ---- one observation per call

    @Test
    void aCallIsOneObservationWithTheNameOfItsPipelineAndKeysOfFewValues() {
        ObservedCalls.scenario("succeeds", time -> Pipeline.of("inventory", retry(time)))
                .inEveryMode(run -> {
                    run.succeeding(1);

                    assertThat(run.policy().registry())
                            .hasNumberOfObservationsEqualTo(1)
                            .hasObservationWithNameEqualTo("mainstay.pipeline.calls")
                            .that()
                            .hasBeenStarted()
                            .hasBeenStopped()
                            .hasContextualNameEqualTo("inventory")
                            .hasOnlyKeys("name", "outcome", "exception")
                            .hasLowCardinalityKeyValue("name", "inventory")
                            .hasLowCardinalityKeyValue("outcome", "success")
                            .hasLowCardinalityKeyValue("exception", "none")
                            .doesNotHaveError();
                    assertThat(run.policy().witness().notes())
                            .containsExactly("start inventory", "attempt", "stop success");
                });
    }

    @Test
    void whatComesOutOfACallIsTheErrorOfItsObservation() {
        IOException failure = new IOException("rejected");
        ObservedCalls.scenario("fails", time -> Pipeline.of("inventory")).inEveryMode(run -> {
            run.failingWith(failure);

            ObservationContextAssert.assertThat(run.policy().witness().only())
                    .hasError(failure)
                    .hasLowCardinalityKeyValue("outcome", "error")
                    .hasLowCardinalityKeyValue("exception", "IOException");
            assertThat(run.policy().witness().notes())
                    .containsExactly("start inventory", "attempt", "error IOException", "stop error");
        });
    }

    @Test
    void anErrorStopsTheObservationToo() {
        StackOverflowError error = new StackOverflowError();
        ObservedCalls.scenario("breaks", time -> Pipeline.of("inventory")).inEveryMode(run -> {
            run.failingWith(error);

            ObservationContextAssert.assertThat(run.policy().witness().only())
                    .hasError(error)
                    .hasLowCardinalityKeyValue("outcome", "ignored");
        });
    }

    @Test
    void anExceptionWithoutASimpleNameIsCalledByItsWholeName() {
        ObservedCalls calls = ObservedCalls.of(Pipeline.of("inventory"));
        IOException anonymous = new IOException() {
            private static final long serialVersionUID = 1L;
        };

        assertThatThrownBy(() -> calls.observed().call(() -> {
                    throw anonymous;
                }))
                .isSameAs(anonymous);

        ObservationContextAssert.assertThat(calls.witness().only())
                .hasLowCardinalityKeyValue("exception", anonymous.getClass().getName());
    }

    @Test
    void theObservationHasStoppedWhenTheCallerHearsOfTheOutcome() {
        ObservedCalls calls = ObservedCalls.of(Pipeline.of("inventory"));
        CompletableFuture<String> stage = new CompletableFuture<>();
        List<List<String>> notes = new ArrayList<>();

        calls.observed()
                .callAsync(() -> stage)
                .thenAccept(ignored -> notes.add(calls.witness().notes()));
        assertThat(calls.witness().notes()).containsExactly("start inventory", "attempt");
        stage.complete("done");

        assertThat(notes).hasSize(1);
        assertThat(notes.get(0)).endsWith("stop success");
    }

    @Test
    void aRejectionThatIsReportedAsAValueIsAnOutcomeLikeAnother() {
        CircuitBreaker breaker = breaker(time);
        ObservedCalls calls = ObservedCalls.of(breaker);
        breaker.transitionToForcedOpenState();

        assertThat(calls.observed().tryCall(() -> "never").isRejected()).isTrue();

        ObservationContextAssert.assertThat(calls.witness().only())
                .hasLowCardinalityKeyValue("name", "fuse")
                .hasLowCardinalityKeyValue("outcome", "rejected")
                .hasLowCardinalityKeyValue("exception", "CircuitBreakerOpenException");
    }

    // ---- events

    @Test
    void aRetryShowsItsAttemptsAndWhyItMadeThem() {
        ObservedCalls.scenario("is retried", time -> Pipeline.of("inventory", retry(time)))
                .inEveryMode(run -> {
                    run.call(Script.of().fail(new IOException("secret")).succeed("ok"))
                            .returned("ok");

                    Witness witness = run.policy().witness();
                    assertThat(witness.notes())
                            .containsExactly("start inventory", "attempt", "retry", "attempt", "stop success");
                    assertThat(witness.texts())
                            .containsExactly(
                                    "attempt 1",
                                    "retry 'again': attempt 2 in 100ms after java.io.IOException",
                                    "attempt 2");
                });
    }

    @Test
    void aRetryThatGivesUpSaysSo() {
        ObservedCalls.scenario("is exhausted", time -> Pipeline.of("inventory", retry(time)))
                .inEveryMode(run -> {
                    run.call(Script.of().fail(IOException::new)).failedWith(IOException.class);

                    assertThat(run.policy().witness().texts())
                            .hasSize(6)
                            .endsWith("attempt 3", "retries.exhausted 'again': 3 attempts");
                });
    }

    @Test
    void aRetryThatMayNotGoOnSaysWhy() {
        ObservedCalls.scenario(
                        "has no time",
                        time -> Pipeline.of(
                                "inventory",
                                TimeLimiter.of(
                                        "limit",
                                        c -> c.timeoutDuration(Duration.ofMillis(50))
                                                .timeSource(time)),
                                retry(time)))
                .inEveryMode(run -> {
                    run.call(Script.of().fail(IOException::new)).failedWith(IOException.class);

                    assertThat(run.policy().witness().texts())
                            .containsExactly("attempt 1", "retry.denied 'again': for lack of time");
                });
    }

    @Test
    void aRetryOfAResultThatIsNotAcceptableSaysSo() {
        ObservedCalls calls = ObservedCalls.of(Retry.of(
                "again",
                c -> c.retryOnResult(result -> true)
                        .maxAttempts(2)
                        .backoff(Backoff.none())
                        .timeSource(time)));

        assertThatThrownBy(() -> calls.observed().call(() -> "bad")).isInstanceOf(RetriesExhaustedException.class);

        assertThat(calls.witness().texts())
                .contains("retry 'again': attempt 2 in 0ns after a result that is not acceptable");
    }

    @Test
    void aCallThatOpensTheCircuitSaysSoAndTheNextThatItIsRejected() {
        ObservedCalls.scenario("opens", time -> Pipeline.of("inventory", breaker(time)))
                .inEveryMode(run -> {
                    run.failing(1);
                    run.rejected();

                    Witness witness = run.policy().witness();
                    assertThat(witness.notes())
                            .containsExactly(
                                    "start inventory",
                                    "attempt",
                                    "state.changed",
                                    "error IOException",
                                    "stop error",
                                    "start inventory",
                                    "rejected",
                                    "error CircuitBreakerOpenException",
                                    "stop rejected");
                    assertThat(witness.texts())
                            .contains("state.changed 'fuse': CLOSED to OPEN, the failure rate reached its threshold")
                            .last()
                            .asString()
                            .startsWith("rejected 'fuse': the circuit is open, to be tried again in ");
                });
    }

    @Test
    void aCallThatIsGivenUpSaysAfterHowLong() {
        ObservedCalls.scenario("times out", time -> Pipeline.of("inventory", limiter(time)))
                .exceptIn(Mode.ASYNC_COMPLETED)
                .inEveryMode(run -> {
                    run.call(Script.of().hang(Duration.ofSeconds(1)).succeed("late"))
                            .failedWith(CallTimeoutException.class);

                    Witness witness = run.policy().witness();
                    assertThat(witness.notes())
                            .containsExactly(
                                    "start inventory",
                                    "attempt",
                                    "timeout",
                                    "error CallTimeoutException",
                                    "stop overload");
                    assertThat(witness.texts()).contains("timeout 'limit': after 100ms");
                });
    }

    @Test
    void aTurningPointOfAPolicyOfYourOwnShowsByItself() {
        ObservedCalls.scenario("own policy", time -> Pipeline.of("inventory", new Detour()))
                .inEveryMode(run -> {
                    run.succeeding(1);

                    assertThat(run.policy().witness().notes())
                            .containsExactly("start inventory", "hedge", "attempt", "stop success");
                    assertThat(run.policy().witness().texts()).startsWith("hedge 'detour'");
                });
    }

    @Test
    void theDocumentationNamesTheTurningPointsOfAllPoliciesOfOurs() {
        CallContext context = CallContext.plain();
        Stream<NotableEvent> ours = Stream.of(
                new PolicyEvent.CallRejected("p", 0, context, RejectionReason.FULL, -1),
                new PolicyEvent.TimedOut("p", 0, context, 1),
                new RetryEvent.RetryScheduled("p", 0, context, 2, 1, null, null),
                new RetryEvent.RetriesExhausted("p", 0, context, 3, null, null),
                new RetryEvent.RetryDenied("p", 0, context, RetryDenial.BUDGET, null, null),
                new StateChanged(
                        "p",
                        0,
                        State.CLOSED,
                        State.OPEN,
                        StateChanged.Why.BY_HAND,
                        breaker(time).tally(),
                        -1,
                        context,
                        null));

        assertThat(Stream.of(PipelineObservation.CALL.getEvents()).map(Observation.Event::getName))
                .containsExactlyInAnyOrderElementsOf(Stream.concat(Stream.of("attempt"), ours.map(NotableEvent::label))
                        .toList());
        assertThat(PipelineObservation.CALL.getLowCardinalityKeyNames())
                .extracting(KeyName::asString)
                .containsExactly("name", "outcome", "exception");
    }

    @Test
    void everyKindOfRejectionShows() {
        CallContext never = CallContext.plain().deadline(Deadline.after(Duration.ZERO, time));
        Bulkhead full = Bulkhead.of("full", c -> c.maxConcurrentCalls(1).timeSource(time));
        full.acquirePermit();
        RateLimiter used = RateLimiter.of(
                "used", c -> c.limit(RateLimit.smooth(1, Duration.ofHours(1))).timeSource(time));
        used.run(() -> {});
        ThreadPoolBulkhead closed =
                ThreadPoolBulkhead.of("closed", c -> c.executor(Runnable::run).timeSource(time));
        closed.close();
        for (Policy policy : List.of(full, used, closed)) {
            ObservedCalls calls = ObservedCalls.of(policy);

            assertThatThrownBy(() -> calls.observed().with(ctx -> never).run(() -> {}))
                    .isInstanceOf(CallRejectedException.class);

            assertThat(calls.witness().notes())
                    .as(policy.name())
                    .hasSize(4)
                    .contains("rejected")
                    .endsWith("stop rejected");
        }
    }

    // ---- whose event it is

    @Test
    void anEventOfASharedPolicyBelongsToTheCallThatItHappenedIn() {
        CircuitBreaker shared = breaker(time);
        ObservedCalls one = ObservedCalls.of(Pipeline.of("one", shared));
        ObservedCalls other = ObservedCalls.of(Pipeline.of("other", shared));
        shared.transitionToForcedOpenState();

        assertThat(one.observed().tryCall(() -> "never").isRejected()).isTrue();

        assertThat(one.witness().notes()).contains("rejected");
        assertThat(other.witness().notes()).isEmpty();
        assertThat(shared.tryCall(() -> "never").isRejected()).isTrue();
        assertThat(one.witness().texts()).hasSize(1);
    }

    @Test
    void anEventOfASharedPolicyInACallWithinAnotherBelongsToTheInnerOne() {
        CircuitBreaker shared = breaker(time);
        ObservedCalls outer = ObservedCalls.of(Pipeline.of("outer", shared));
        ObservedCalls inner = ObservedCalls.of(Pipeline.of("inner", shared));

        outer.observed().run(() -> {
            shared.transitionToForcedOpenState();
            assertThat(inner.observed().tryCall(() -> "never").isRejected()).isTrue();
        });

        assertThat(outer.witness().notes()).containsExactly("start outer", "attempt", "stop success");
        assertThat(inner.witness().notes()).contains("rejected");
    }

    @Test
    void anObservedPipelineWithinAnotherTellsItsOwnEventsAndAttempts() {
        ObservedCalls.scenario("nested", time -> Pipeline.of("inventory")).inEveryMode(run -> {
            ObservedCalls calls = run.policy();
            Observed inner = Observed.of(Pipeline.of("inner", breaker(run.time())), calls.registry());
            Observed outer = Observed.of(Pipeline.of("outer", retry(run.time()), inner), calls.registry());

            run.call(outer, Script.of().fail(new IOException()).succeed("ok")).failedWith(CallRejectedException.class);

            assertThat(calls.witness().notes())
                    .containsExactly(
                            "start outer",
                            "start inner",
                            "attempt",
                            "state.changed",
                            "error IOException",
                            "stop error",
                            "retry",
                            "start inner",
                            "rejected",
                            "error CircuitBreakerOpenException",
                            "stop rejected",
                            "error CircuitBreakerOpenException",
                            "stop rejected");
        });
    }

    @Test
    void aPolicyOfThePipelineThatIsAskedWithinABodyTellsTheCallAroundIt() {
        Bulkhead bulkhead = Bulkhead.of("gate", c -> c.maxConcurrentCalls(1).timeSource(time));
        ObservedCalls calls = ObservedCalls.of(Pipeline.of("inventory", bulkhead));

        calls.observed()
                .run(() -> assertThat(bulkhead.tryAcquirePermit().orElse(null)).isNull());
        assertThat(calls.witness().notes()).containsExactly("start inventory", "attempt", "rejected", "stop success");
        calls.witness().forget();

        calls.observed().callAsync(() -> CompletableFuture.completedFuture(bulkhead.tryAcquirePermit()));
        assertThat(calls.witness().notes()).containsExactly("start inventory", "attempt", "rejected", "stop success");

        bulkhead.acquirePermit();
        assertThat(bulkhead.tryAcquirePermit().orElse(null)).isNull();
        assertThat(calls.witness().texts()).hasSize(2);
    }

    @Test
    void anEventThatComesAfterTheCallHasEndedIsNotAdded() {
        ObservationRegistry registry = ObservationRegistry.create();
        Witness witness = new Witness();
        registry.observationConfig().observationHandler(witness);
        Detour policy = new Detour();
        CallContext context = Observed.of(policy, registry).callWithContext((CallContext ctx) -> ctx);
        List<String> notes = witness.notes();

        policy.events.publish(new Hedged("detour", 0, context));

        assertThat(notes).endsWith("stop success");
        assertThat(witness.notes()).isEqualTo(notes);
    }

    // ---- ended from outside

    @Test
    void aCallThatIsCancelledStopsItsObservationOnce() {
        ObservedCalls calls = ObservedCalls.of(Pipeline.of("inventory", retry(time)));
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> call = calls.observed().callAsync(() -> stage);

        assertThat(call.cancel(true)).isTrue();

        assertThat(stage).isCancelled();
        assertThat(calls.witness().notes())
                .containsExactly("start inventory", "attempt", "error CancellationException", "stop ignored");
        assertThat(calls.witness().only().getError()).isInstanceOf(CancellationException.class);
    }

    @Test
    void aCallThatSomebodyElseCompletesStopsItsObservationOnce() {
        ObservedCalls calls = ObservedCalls.of(Pipeline.of("inventory"));
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> call = calls.observed().callAsync(() -> stage);

        call.complete("from outside");

        assertThat(stage).isCancelled();
        assertThat(calls.witness().notes())
                .containsExactly("start inventory", "attempt", "error CancellationException", "stop ignored");
    }

    @Test
    void aCallWhoseStageDoesNotTakeTheCancelStopsItsObservationAllTheSame() {
        ObservedCalls calls = ObservedCalls.of(Pipeline.of("inventory"));
        CompletableFuture<String> stubborn = new CompletableFuture<>() {
            @Override
            public boolean cancel(boolean mayInterruptIfRunning) {
                return false;
            }
        };

        calls.observed().callAsync(() -> stubborn).cancel(true);

        List<String> notes = calls.witness().notes();
        assertThat(notes).endsWith("error CancellationException", "stop ignored");
        stubborn.complete("late");
        assertThat(calls.witness().notes()).isEqualTo(notes);
    }

    @Test
    void aPolicyThatBreaksItsPromiseNotToThrowFailsTheFuture() {
        ObservedCalls calls = ObservedCalls.of(new Detour() {
            @Override
            public <T> CompletableFuture<T> aroundAsync(
                    CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
                throw new IllegalStateException("broken");
            }
        });

        assertThat(calls.observed().callAsync(() -> CompletableFuture.completedFuture("never")))
                .isCompletedExceptionally();
        assertThat(calls.witness().notes()).endsWith("error IllegalStateException", "stop error");
    }

    // ---- a policy like others

    @Test
    void itIsAPolicyThatStandsForTheOneItObserves() {
        CircuitBreaker breaker = breaker(time);
        ObservedCalls calls = ObservedCalls.of(breaker);
        Observed observed = calls.observed();

        assertThat(observed.name()).isEqualTo("fuse");
        assertThat(observed.timeSource()).isSameAs(time);
        assertThat(observed.explain()).isEqualTo(breaker.explain());
        assertThat(observed.isIdle()).isEqualTo(PolicyAccess.isIdle(breaker));
        assertThat(observed.toString()).contains("fuse");
        List<String> meters = new ArrayList<>();
        observed.subscribe(MainstayEvent.class, event -> meters.add(event.policy()));
        breaker.transitionToForcedOpenState();
        assertThat(meters).containsExactly("fuse");
        Pipeline carrying = Pipeline.builder("p")
                .contextCarrier(ContextPropagation.carrier())
                .build();
        assertThat(ObservedCalls.of(carrying).observed().contextCarrier())
                .isSameAs(PolicyAccess.contextCarrier(carrying));
    }

    @Test
    void insideItACallSeesTheDeadlineThatWasSetOutside() {
        ObservedCalls calls = ObservedCalls.of(Pipeline.of("inventory"));

        Boolean seen = limiter(time)
                .call(() -> calls.observed().call(() -> CallContext.current().deadline() != null));

        assertThat(seen).isTrue();
    }

    // ---- not observed

    @Test
    void aNoopRegistryIsNotEvenSubscribedFor() {
        Detour policy = new Detour();
        Observed observed = Observed.of(policy, ObservationRegistry.NOOP);

        assertThat(observed.callWithContext((CallContext ctx) -> ctx)).isSameAs(CallContext.plain());
        assertThat(policy.events.wanted(Hedged.class)).isFalse();
    }

    @Test
    void aRegistryWithoutHandlersLetsCallsThroughUntilItHasOne() {
        ObservationRegistry registry = ObservationRegistry.create();
        Observed observed = Observed.of(Pipeline.of("inventory", breaker(time)), registry);
        assertThat(observed.callWithContext((CallContext ctx) -> ctx)).isSameAs(CallContext.plain());

        Witness witness = new Witness();
        registry.observationConfig().observationHandler(witness);
        observed.run(() -> {});

        assertThat(witness.notes()).containsExactly("start inventory", "attempt", "stop success");
    }

    @Test
    void aPredicateOfTheRegistryMaySayThatACallIsNotObserved() {
        ObservedCalls.scenario("unobserved", time -> Pipeline.of("inventory", retry(time)))
                .inEveryMode(run -> {
                    run.policy()
                            .registry()
                            .observationConfig()
                            .observationPredicate((name, context) -> !(context instanceof PipelineObservationContext));

                    run.call(Script.of().fail(new IOException()).succeed("ok")).returned("ok");

                    assertThat(run.policy().witness().notes()).isEmpty();
                    assertThat(run.policy().registry()).doesNotHaveAnyObservation();
                    assertThat(run.policy().observed().callWithContext((CallContext ctx) -> ctx))
                            .isSameAs(CallContext.plain());
                });
    }

    @Test
    void onceClosedItLetsCallsThroughUnobservedAndNoLongerListens() {
        ObservedCalls.scenario("closed", time -> Pipeline.of("inventory", breaker(time)))
                .inEveryMode(run -> {
                    run.policy().observed().close();
                    run.policy().observed().close();

                    run.failing(1);
                    run.rejected();

                    assertThat(run.policy().witness().notes()).isEmpty();
                });
    }

    @Test
    void onceClosedItIsNoLongerKnownToItsPolicy() {
        Detour policy = new Detour();
        ObservedCalls calls = ObservedCalls.of(policy);
        assertThat(policy.events.wanted(Hedged.class)).isTrue();

        calls.observed().close();

        assertThat(policy.events.wanted(Hedged.class)).isFalse();
    }

    @Test
    void aCallThatIsInProgressWhenItIsClosedIsObservedToItsEnd() {
        ObservedCalls calls = ObservedCalls.of(Pipeline.of("inventory", retry(time)));
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> call = calls.observed().callAsync(() -> stage);

        calls.observed().close();
        stage.complete("done");

        assertThat(call).isCompletedWithValue("done");
        assertThat(calls.witness().notes()).containsExactly("start inventory", "attempt", "stop success");
    }

    // ---- conventions

    /** Names observations otherwise, and adds a key. */
    private static PipelineObservationConvention named(String name) {
        return new PipelineObservationConvention() {
            @Override
            public String getName() {
                return name;
            }

            @Override
            public KeyValues getLowCardinalityKeyValues(PipelineObservationContext context) {
                return PipelineObservationConvention.super
                        .getLowCardinalityKeyValues(context)
                        .and("team", "stock");
            }
        };
    }

    @Test
    void aConventionOfYourOwnNamesTheObservationAndItsKeys() {
        ObservedCalls calls = ObservedCalls.of(Pipeline.of("inventory"));
        calls.registry().observationConfig().observationConvention(named("the.registry's"));

        Observed.of(Pipeline.of("orders"), calls.registry(), named("my.own")).run(() -> {});
        calls.observed().run(() -> {});

        assertThat(calls.registry())
                .hasObservationWithNameEqualTo("my.own")
                .that()
                .hasLowCardinalityKeyValue("team", "stock")
                .hasLowCardinalityKeyValue("outcome", "success");
        assertThat(calls.registry())
                .hasObservationWithNameEqualTo("the.registry's")
                .that()
                .hasLowCardinalityKeyValue("name", "inventory");
    }

    /** A policy as a user might write it: it goes another way with each call. */
    private static class Detour extends Policy {

        private final Events events = new Events();

        @Override
        public String name() {
            return "detour";
        }

        @Override
        public <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
            events.publish(new Hedged("detour", now, context));
            return inner.proceed(context, now, body);
        }

        @Override
        public <T> CompletableFuture<T> aroundAsync(
                CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
            events.publish(new Hedged("detour", now, context));
            return inner.proceedAsync(context, now, body);
        }

        @Override
        public <E extends MainstayEvent> Subscription subscribe(Class<E> type, Consumer<? super E> listener) {
            return events.subscribe(type, listener);
        }
    }

    private record Hedged(String policy, long nanoTime, CallContext context) implements NotableEvent {

        @Override
        public String label() {
            return "hedge";
        }
    }
}
