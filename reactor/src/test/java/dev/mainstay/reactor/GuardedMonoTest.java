package dev.mainstay.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreakerOpenException;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.RetriesExhaustedException;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import dev.mainstay.time.TimeSource;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.util.context.Context;

class GuardedMonoTest extends Hooked {

    private final AtomicInteger subscriptions = new AtomicInteger();
    private final Mono<String> failing =
            Mono.<String>error(new IOException("broken")).doOnSubscribe(s -> subscriptions.incrementAndGet());

    private Retry retry(int attempts, Backoff backoff) {
        return Retry.of(
                "retry",
                c -> c.maxAttempts(attempts)
                        .backoff(backoff)
                        .budget(RetryBudget.none())
                        .timeSource(time));
    }

    private Bulkhead bulkhead(int calls, Duration maxWait) {
        return Bulkhead.of(
                "bulkhead",
                c -> c.maxConcurrentCalls(calls).maxWaitDuration(maxWait).timeSource(time));
    }

    @Test
    void eachSubscriptionIsACall() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("breaker");
        Mono<String> guarded = Mono.just("value").transform(Guarded.by(breaker));

        assertThat(breaker.tally().calls()).isZero();
        StepVerifier.create(guarded).expectNext("value").verifyComplete();
        StepVerifier.create(guarded).expectNext("value").verifyComplete();

        assertThat(breaker.tally().calls()).isEqualTo(2);
    }

    @Test
    void anOpenBreakerRejectsWithoutASubscription() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("breaker");
        breaker.transitionToForcedOpenState();

        StepVerifier.create(failing.transform(Guarded.by(breaker))).verifyError(CircuitBreakerOpenException.class);

        assertThat(subscriptions).hasValue(0);
    }

    @Test
    void theValueWaitsUntilItIsAskedForAndTheCallDoesNot() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("breaker");
        Signals signals = new Signals(0, Context.empty());

        Mono.<Object>just("value").transform(Guarded.by(breaker)).subscribe(signals);

        assertThat(breaker.tally().calls()).isEqualTo(1);
        assertThat(signals.told).isEmpty();
        signals.request(1);
        assertThat(signals.told).containsExactly("value", "complete");
    }

    @Test
    void aValueThatNobodyAskedForIsDiscardedByACancel() {
        List<Object> discarded = new ArrayList<>();
        Mono<Object> guarded = Mono.<Object>just("value").transform(Guarded.by(CircuitBreaker.ofDefaults("breaker")));

        Signals signals = new Signals(0, Context.empty());
        guarded.doOnDiscard(Object.class, discarded::add).subscribe(signals);

        signals.cancel();

        assertThat(discarded).containsExactly("value");
    }

    @Test
    void aSubscriberThatCancelsAtOnceMakesNoCall() {
        Bulkhead bulkhead = bulkhead(1, Duration.ZERO);
        Signals signals = new Signals();
        signals.cancel();

        failing.<Object>cast(Object.class).transform(Guarded.by(bulkhead)).subscribe(signals);

        assertThat(subscriptions).hasValue(0);
        assertThat(bulkhead.inUse()).isZero();
    }

    @Test
    void aRetrySubscribesAgainAfterItsBackoff() {
        Signals signals = new Signals();
        failing.<Object>cast(Object.class)
                .transform(Guarded.by(retry(3, Backoff.fixed(Duration.ofSeconds(1)))))
                .subscribe(signals);

        assertThat(subscriptions).hasValue(1);
        time.advance(Duration.ofSeconds(1));
        assertThat(subscriptions).hasValue(2);
        time.advance(Duration.ofSeconds(1));
        assertThat(signals.told).containsExactly("IOException");
    }

    @Test
    void aCancelDuringTheBackoffEndsTheRetry() {
        Signals signals = new Signals();
        failing.<Object>cast(Object.class)
                .transform(Guarded.by(retry(3, Backoff.fixed(Duration.ofSeconds(1)))))
                .subscribe(signals);

        signals.cancel();
        time.runUntilIdle();

        assertThat(subscriptions).hasValue(1);
        assertThat(signals.told).isEmpty();
        assertThat(time.elapsed()).isEqualTo(Duration.ZERO);
    }

    @Test
    void aPredicateSeesTheValue() {
        Retry unready = Retry.of(
                "retry",
                c -> c.maxAttempts(2)
                        .backoff(Backoff.none())
                        .retryOnResult(result -> "unready".equals(result))
                        .failAfterMaxAttempts(true)
                        .timeSource(time));
        Mono<String> source = Mono.fromSupplier(() -> subscriptions.incrementAndGet() == 1 ? "unready" : "ready");

        StepVerifier.create(source.transform(Guarded.by(unready)))
                .expectNext("ready")
                .verifyComplete();
        StepVerifier.create(Mono.just("unready").transform(Guarded.by(unready)))
                .verifyError(RetriesExhaustedException.class);
    }

    @Test
    void anEmptyMonoIsASuccessWithNull() {
        List<Object> seen = new ArrayList<>();
        CircuitBreaker breaker = CircuitBreaker.of(
                "breaker",
                c -> c.recordResult(result -> {
                    seen.add(result);
                    return result == null;
                }));

        StepVerifier.create(Mono.empty().transform(Guarded.by(breaker))).verifyComplete();

        assertThat(seen).containsExactly((Object) null);
        assertThat(breaker.tally().failures()).isEqualTo(1);
    }

    @Test
    void aCallInLineWaitsWithoutAThread() {
        Bulkhead bulkhead = bulkhead(1, Duration.ofSeconds(1));
        Sinks.One<String> first = Sinks.one();
        Signals signals = new Signals();
        first.asMono().transform(Guarded.by(bulkhead)).subscribe();

        Mono.<Object>just("second").transform(Guarded.by(bulkhead)).subscribe(signals);

        assertThat(bulkhead.queued()).isEqualTo(1);
        first.tryEmitValue("first").orThrow();
        time.runDue();
        assertThat(signals.told).containsExactly("second", "complete");
        assertThat(bulkhead.inUse()).isZero();
    }

    @Test
    void aCallThatIsCancelledInLineLeavesIt() {
        Bulkhead bulkhead = bulkhead(1, Duration.ofSeconds(1));
        Mono.never().transform(Guarded.by(bulkhead)).subscribe();
        Signals signals = new Signals();
        Mono.<Object>just("second").transform(Guarded.by(bulkhead)).subscribe(signals);

        signals.cancel();

        assertThat(bulkhead.queued()).isZero();
        assertThat(bulkhead.inUse()).isEqualTo(1);
    }

    @Test
    void aCallWaitsForItsPermitOfARateLimiter() {
        RateLimiter limiter = RateLimiter.of(
                "limiter",
                c -> c.limitForPeriod(1)
                        .limitRefreshPeriod(Duration.ofSeconds(1))
                        .timeoutDuration(Duration.ofSeconds(2))
                        .timeSource(time));
        Mono<Object> guarded = Mono.<Object>just("value").transform(Guarded.by(limiter));
        Signals second = new Signals();
        guarded.subscribe();

        guarded.subscribe(second);

        assertThat(second.told).isEmpty();
        time.advance(Duration.ofSeconds(1));
        assertThat(second.told).containsExactly("value", "complete");
    }

    @Test
    void aTimeOutCancelsTheSourceAndDiscardsWhatItStillGives() {
        List<Object> discarded = new ArrayList<>();
        Sinks.One<Object> late = Sinks.one();
        TimeLimiter limiter = TimeLimiter.of(
                "limiter", c -> c.timeoutDuration(Duration.ofSeconds(1)).timeSource(time));
        Signals signals = new Signals();
        late.asMono()
                .doOnCancel(() -> discarded.add("cancelled"))
                .transform(Guarded.by(limiter))
                .doOnDiscard(Object.class, discarded::add)
                .subscribe(signals);

        time.advance(Duration.ofSeconds(1));
        late.tryEmitValue("late");

        assertThat(signals.failure).isInstanceOf(CallTimeoutException.class);
        assertThat(discarded).containsExactly("cancelled");
    }

    @Test
    void theDeadlineIsVisibleInsideOnAnyThread() {
        TimeLimiter limiter = TimeLimiter.of(
                "limiter", c -> c.timeoutDuration(Duration.ofSeconds(7)).timeSource(time));
        Mono<Duration> remaining = Mono.just("x")
                .publishOn(Schedulers.fromExecutor(time.executor()))
                .flatMap(x -> Mono.deferContextual(
                        view -> Mono.just(ReactorContext.callContext(view).remaining())));
        Signals signals = new Signals();
        remaining.<Object>cast(Object.class).transform(Guarded.by(limiter)).subscribe(signals);

        time.advance(Duration.ofSeconds(2));

        assertThat(signals.told).containsExactly("PT7S", "complete");
    }

    @Test
    void aGuardedCallInsideSeesTheDeadlineOfTheOneAroundIt() {
        TimeLimiter outer = TimeLimiter.of(
                "outer", c -> c.timeoutDuration(Duration.ofSeconds(1)).timeSource(time));
        Mono<Object> inner = failing.<Object>cast(Object.class)
                .transform(Guarded.by(retry(5, Backoff.fixed(Duration.ofSeconds(3)))));
        Signals signals = new Signals();

        Mono.just("x")
                .publishOn(Schedulers.fromExecutor(time.executor()))
                .flatMap(x -> inner)
                .transform(Guarded.by(outer))
                .subscribe(signals);
        time.runDue();

        assertThat(signals.told).containsExactly("IOException");
        assertThat(subscriptions).hasValue(1);
    }

    @Test
    void whatIsSaidAboutTheCallsIsSeenByThePoliciesAndInside() {
        List<Object> keys = new ArrayList<>();
        Mono<String> source = Mono.deferContextual(view -> {
            keys.add(ReactorContext.callContext(view).key());
            keys.add(CallContext.current().key());
            return Mono.just("value");
        });

        StepVerifier.create(source.transform(
                        Guarded.by(CircuitBreaker.ofDefaults("breaker").with(ctx -> ctx.key("tenant")))))
                .expectNext("value")
                .verifyComplete();
        StepVerifier.create(source.transform(Guarded.by(CircuitBreaker.ofDefaults("breaker")))
                        .contextWrite(ReactorContext.with(ctx -> ctx.key("lost"))))
                .expectNext("value")
                .verifyComplete();

        assertThat(keys).containsExactly("tenant", "tenant", null, null);
        assertThat(CallContext.current()).isSameAs(CallContext.plain());
    }

    @Test
    void aFallbackAnswersForFailuresAndRejections() {
        Bulkhead full = bulkhead(1, Duration.ZERO);
        Mono.never().transform(Guarded.by(full)).subscribe();

        StepVerifier.create(
                        failing.transform(Guarded.by(retry(2, Backoff.none()).withFallback("none"))))
                .expectNext("none")
                .verifyComplete();
        StepVerifier.create(failing.transform(Guarded.by(full.withFallback(failure -> failure.getMessage()))))
                .expectNextMatches(message -> message.contains("bulkhead"))
                .verifyComplete();
        StepVerifier.create(failing.transform(Guarded.byFallback(Fallback.of("none"))))
                .expectNext("none")
                .verifyComplete();
        assertThat(subscriptions).hasValue(3);
    }

    @Test
    void aFallbackLooksAtResultsAndFailsAsItselfIfItThrows() {
        Fallback<String> fallback = Fallback.<String>builder()
                .onResult("bad"::equals, bad -> "good")
                .otherwise(failure -> {
                    throw new IllegalStateException("neither");
                })
                .build();

        StepVerifier.create(Mono.just("bad").transform(Guarded.byFallback(fallback)))
                .expectNext("good")
                .verifyComplete();
        StepVerifier.create(failing.transform(Guarded.byFallback(fallback))).verifyError(IllegalStateException.class);
    }

    @Test
    void aCancelReachesTheStageOfAFallback() {
        CompletableFuture<Object> answer = new CompletableFuture<>();
        Signals signals = new Signals();
        failing.<Object>cast(Object.class)
                .transform(Guarded.byFallback(Fallback.ofStage(failure -> answer)))
                .subscribe(signals);

        signals.cancel();

        assertThat(answer).isCancelled();
        assertThat(signals.told).isEmpty();
    }

    @Test
    void aContextThatCannotBeMadeFailsTheCall() {
        StepVerifier.create(failing.transform(
                        Guarded.by(CircuitBreaker.ofDefaults("breaker").with(ctx -> {
                            throw new IllegalStateException("no tenant");
                        }))))
                .verifyErrorMessage("no tenant");
    }

    @Test
    void severalPoliciesAreNamedOutermostFirst() {
        CircuitBreaker breaker = CircuitBreaker.of("breaker", c -> c.timeSource(time));

        StepVerifier.create(failing.transform(Guarded.by(retry(3, Backoff.none()), breaker)))
                .verifyError(IOException.class);

        assertThat(breaker.tally().failures()).isEqualTo(3);
    }

    @Test
    void manyRetriesWithoutADelayKeepTheStackShort() {
        Signals signals = new Signals();
        failing.<Object>cast(Object.class)
                .transform(Guarded.by(retry(100_000, Backoff.none())))
                .subscribe(signals);

        time.runUntilIdle();

        assertThat(subscriptions).hasValue(100_000);
        assertThat(signals.told).containsExactly("IOException");
    }

    @Test
    void manySubscriptionsInARowKeepTheStackShort() {
        Bulkhead bulkhead = bulkhead(1, Duration.ofSeconds(1));
        Mono<String> here = Mono.just("value").transform(Guarded.by(bulkhead));

        StepVerifier.create(here.repeat(100_000).count()).expectNext(100_001L).verifyComplete();
        StepVerifier.create(here.publishOn(Schedulers.parallel()).repeat(20_000).count())
                .expectNext(20_001L)
                .verifyComplete();
        assertThat(bulkhead.inUse()).isZero();
    }

    @Test
    void nothingBlocksAThreadThatMustNot() {
        TimeSource scheduler = ReactorTime.on(Schedulers.parallel());
        Duration milli = Duration.ofMillis(1);
        Pipeline pipeline = Pipeline.of(
                "all",
                TimeLimiter.of(
                        "limit", c -> c.timeoutDuration(Duration.ofSeconds(60)).timeSource(scheduler)),
                Retry.of(
                        "retry",
                        c -> c.maxAttempts(3).backoff(Backoff.fixed(milli)).timeSource(scheduler)),
                RateLimiter.of(
                        "rate",
                        c -> c.limitForPeriod(1)
                                .limitRefreshPeriod(milli)
                                .timeoutDuration(Duration.ofSeconds(60))
                                .timeSource(scheduler)),
                CircuitBreaker.of("breaker", c -> c.timeSource(scheduler)),
                Bulkhead.of(
                        "bulkhead",
                        c -> c.maxConcurrentCalls(1)
                                .maxWaitDuration(Duration.ofSeconds(60))
                                .timeSource(scheduler)));
        Mono<String> flaky = Mono.defer(() ->
                subscriptions.incrementAndGet() % 3 == 0 ? Mono.just("value") : Mono.error(new IOException("broken")));

        StepVerifier.create(Mono.just("x")
                        .publishOn(Schedulers.parallel())
                        .flatMapMany(x -> Flux.range(0, 5)
                                .flatMap(i -> flaky.publishOn(Schedulers.parallel())
                                        .transform(Guarded.by(pipeline))
                                        .onErrorReturn("failed")))
                        .count())
                .expectNext(5L)
                .expectComplete()
                .verify(Duration.ofSeconds(60));
    }
}
