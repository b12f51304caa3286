package dev.mainstay.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Chain;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.util.context.Context;

class GuardedFluxTest extends Hooked {

    private final AtomicInteger subscriptions = new AtomicInteger();
    private final CircuitBreaker breaker = CircuitBreaker.of("breaker", c -> c.timeSource(time));

    private Retry retry(int attempts, Backoff backoff) {
        return Retry.of(
                "retry",
                c -> c.maxAttempts(attempts)
                        .backoff(backoff)
                        .overloadBackoff(backoff)
                        .budget(RetryBudget.none())
                        .timeSource(time));
    }

    private TimeLimiter limiter() {
        return TimeLimiter.of(
                "limiter", c -> c.timeoutDuration(Duration.ofSeconds(1)).timeSource(time));
    }

    private Flux<Object> failingAfter(Object... items) {
        return Flux.just(items)
                .concatWith(Mono.error(new IOException("broken")))
                .doOnSubscribe(s -> subscriptions.incrementAndGet());
    }

    @Test
    void itsEndCountsAndNotItsItems() {
        StepVerifier.create(Flux.range(0, 100).transform(Guarded.by(breaker)))
                .expectNextCount(100)
                .verifyComplete();
        StepVerifier.create(failingAfter(1, 2).transform(Guarded.by(breaker)))
                .expectNext(1, 2)
                .verifyError(IOException.class);

        assertThat(breaker.tally().calls()).isEqualTo(2);
        assertThat(breaker.tally().failures()).isEqualTo(1);
    }

    @Test
    void aPredicateForResultsSeesNull() {
        List<Object> seen = new ArrayList<>();
        CircuitBreaker counting = CircuitBreaker.of("breaker", c -> c.recordResult(result -> !seen.add(result)));

        StepVerifier.create(Flux.just(1, 2).transform(Guarded.by(counting)))
                .expectNext(1, 2)
                .verifyComplete();

        assertThat(seen).containsExactly((Object) null);
    }

    @Test
    void itIsRetriedBeforeItsFirstItem() {
        Flux<Integer> source = Flux.defer(
                () -> subscriptions.incrementAndGet() < 3 ? Flux.error(new IOException("broken")) : Flux.just(1, 2));

        StepVerifier.create(source.transform(Guarded.by(retry(3, Backoff.none()))), 1)
                .expectNext(1)
                .thenRequest(1)
                .expectNext(2)
                .verifyComplete();
    }

    @Test
    void itIsNotRetriedAfterItsFirstItemAndNoTimeIsLost() {
        Retry retry = retry(3, Backoff.fixed(Duration.ofSeconds(1)));
        Signals signals = new Signals();

        failingAfter("a").transform(Guarded.by(retry, breaker)).subscribe(signals);

        assertThat(signals.told).containsExactly("a", "IOException");
        assertThat(subscriptions).hasValue(1);
        assertThat(breaker.tally().failures()).isEqualTo(1);
    }

    @Test
    void itIsRetriedAfterItemsIfThatIsAskedFor() {
        StepVerifier.create(failingAfter("a", "b").transform(Guarded.repeatingItemsBy(retry(2, Backoff.none()))), 3)
                .expectNext("a", "b", "a")
                .thenRequest(1)
                .expectNext("b")
                .verifyError(IOException.class);

        assertThat(subscriptions).hasValue(2);
    }

    @Test
    void aNestedRetryIsNotKeptFromRetryingByTheItemsOutside() {
        Mono<Object> inner = Mono.defer(() -> subscriptions.incrementAndGet() == 1
                        ? Mono.error(new IOException("broken"))
                        : Mono.<Object>just("b"))
                .transform(Guarded.by(retry(2, Backoff.none())));
        Signals signals = new Signals();

        Flux.<Object>just("a")
                .concatWith(inner)
                .transform(Guarded.by(retry(2, Backoff.none())))
                .subscribe(signals);

        assertThat(signals.told).containsExactly("a", "b", "complete");
    }

    @Test
    void aPolicyThatKnowsNothingOfItemsDoesNotRepeatThem() {
        Signals signals = new Signals();

        failingAfter("a").transform(Guarded.by(new Twice())).subscribe(signals);

        assertThat(signals.told).containsExactly("a", "IOException");
        assertThat(subscriptions).hasValue(1);
    }

    @Test
    void itGivesWhatIsAskedForAndNoMore() {
        List<Long> asked = new ArrayList<>();
        Signals signals = new Signals(2, Context.empty());
        Flux.range(0, 10)
                .doOnRequest(asked::add)
                .<Object>cast(Object.class)
                .transform(Guarded.by(breaker))
                .subscribe(signals);

        assertThat(signals.told).containsExactly("0", "1");
        signals.request(1);
        assertThat(signals.told).containsExactly("0", "1", "2");
        signals.request(Long.MAX_VALUE);
        assertThat(signals.told).endsWith("9", "complete");
        assertThat(asked).containsExactly(2L, 1L, Long.MAX_VALUE);
    }

    @Test
    void aSubscriberThatAsksForOneItemAtATimeKeepsTheStackShort() {
        StepVerifier.create(Flux.range(0, 100_000)
                        .transform(Guarded.by(breaker))
                        .limitRate(1)
                        .count())
                .expectNext(100_000L)
                .verifyComplete();
    }

    @Test
    void anEndlessSourceEndsWithItsSubscriber() {
        StepVerifier.create(Flux.generate(sink -> sink.next("x"))
                        .transform(Guarded.by(breaker))
                        .take(5, false))
                .expectNextCount(5)
                .verifyComplete();

        assertThat(breaker.tally().successes()).isEqualTo(1);
    }

    @Test
    void fusedSourcesAndSubscribersWork() {
        StepVerifier.create(Flux.range(0, 1_000)
                        .publishOn(Schedulers.parallel())
                        .transform(Guarded.by(retry(2, Backoff.none()), breaker))
                        .map(i -> i + 1)
                        .publishOn(Schedulers.single())
                        .filter(i -> i > 0)
                        .count())
                .expectNext(1_000L)
                .expectComplete()
                .verify(Duration.ofSeconds(60));
    }

    @Test
    void aTimeOutEndsAStreamInItsMidst() {
        List<Object> discarded = new ArrayList<>();
        TestPublisher<Object> source = TestPublisher.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
        Signals signals = new Signals();
        source.flux()
                .transform(Guarded.by(limiter(), retry(3, Backoff.none()), breaker))
                .doOnDiscard(Object.class, discarded::add)
                .subscribe(signals);

        source.next("a");
        time.advance(Duration.ofSeconds(1));
        source.next("late").error(new IOException("late"));

        assertThat(signals.told).containsExactly("a", "CallTimeoutException");
        assertThat(discarded).containsExactly("late");
        assertThat(breaker.tally().failures()).isEqualTo(1);
        source.assertCancelled();
    }

    @Test
    void aTimeOutWhileAnItemIsHandedOnIsToldAfterwards() {
        Signals signals = new Signals();
        Sinks.Many<Object> source = Sinks.many().unicast().onBackpressureBuffer();
        source.asFlux()
                .transform(Guarded.by(limiter()))
                .doOnNext(item -> {
                    time.advance(Duration.ofSeconds(1));
                    assertThat(signals.told).isEmpty();
                })
                .subscribe(signals);

        source.tryEmitNext("a").orThrow();

        assertThat(signals.told).containsExactly("a", "CallTimeoutException");
    }

    @Test
    void anAttemptThatBeginsWhileAnItemIsHandedOnWaitsForThat() {
        Signals signals = new Signals();
        List<Sinks.Many<Object>> sources = new ArrayList<>();
        Flux.defer(() -> {
                    sources.add(Sinks.many().unicast().onBackpressureBuffer());
                    return sources.get(sources.size() - 1).asFlux();
                })
                .transform(Guarded.repeatingItemsBy(Pipeline.of("all", retry(2, Backoff.none()), limiter())))
                .doOnNext(item -> {
                    if (item.equals("a")) {
                        time.advance(Duration.ofSeconds(1));
                    }
                })
                .subscribe(signals);

        sources.get(0).tryEmitNext("a").orThrow();
        assertThat(sources).hasSize(2);
        sources.get(1).tryEmitNext("b").orThrow();
        sources.get(1).tryEmitComplete().orThrow();

        assertThat(signals.told).containsExactly("a", "b", "complete");
        assertThat(signals.overlaps).hasValue(0);
    }

    @Test
    void aFallbackAnswersOnlyBeforeTheFirstItem() {
        StepVerifier.create(failingAfter("a").transform(Guarded.by(breaker.<Object>withFallback("none"))))
                .expectNext("a")
                .verifyError(IOException.class);
        StepVerifier.create(failingAfter().transform(Guarded.by(breaker.<Object>withFallback("none"))), 0)
                .expectSubscription()
                .thenRequest(1)
                .expectNext("none")
                .verifyComplete();
    }

    @Test
    void manyRetriesWithoutADelayKeepTheStackShort() {
        Signals signals = new Signals();
        failingAfter().transform(Guarded.by(retry(100_000, Backoff.none()))).subscribe(signals);

        time.runUntilIdle();

        assertThat(subscriptions).hasValue(100_000);
        assertThat(signals.told).containsExactly("IOException");
    }

    @Test
    void itemsCancelsAndTimeOutsThatMeetLeaveNoPermitAndDoNotOverlap() throws Exception {
        Bulkhead bulkhead = Bulkhead.of("bulkhead", c -> c.maxConcurrentCalls(1).timeSource(time));
        Pipeline pipeline = Pipeline.of("all", limiter(), retry(2, Backoff.none()), bulkhead);
        for (int round = 0; round < 300; round++) {
            boolean cancels = round % 2 == 0;
            Signals signals = new Signals();
            Sinks.Many<Object> source = Sinks.many().unicast().onBackpressureBuffer();
            source.asFlux().transform(Guarded.by(pipeline)).subscribe(signals);
            CountDownLatch start = new CountDownLatch(1);
            Thread items = new Thread(() -> {
                start.countDown();
                for (int i = 0; i < 20; i++) {
                    source.tryEmitNext(i);
                }
                source.tryEmitComplete();
            });
            items.start();
            start.await();
            if (cancels) {
                signals.cancel();
            } else {
                time.advance(Duration.ofSeconds(1));
            }
            items.join();
            time.runUntilIdle();

            assertThat(signals.overlaps).hasValue(0);
            assertThat(bulkhead.inUse()).isZero();
            if (!cancels) {
                assertThat(signals.told.get(signals.told.size() - 1)).isIn("complete", "CallTimeoutException");
                assertThat(signals.failure)
                        .satisfiesAnyOf(
                                failure -> assertThat(failure).isNull(),
                                failure -> assertThat(failure).isInstanceOf(CallTimeoutException.class));
            }
        }
    }

    /** Somebody's retry, which asks nobody. */
    private static final class Twice extends Policy {

        @Override
        public String name() {
            return "twice";
        }

        @Override
        protected <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body) {
            throw new AssertionError("only asynchronously");
        }

        @Override
        protected <T> CompletableFuture<T> aroundAsync(
                CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
            CompletableFuture<T> first = inner.proceedAsync(context, now, body);
            return first.isCompletedExceptionally() ? inner.proceedAsync(context, now, body) : first;
        }
    }
}
