package dev.mainstay.verification;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;

import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import dev.mainstay.retry.RetryConfig;
import dev.mainstay.retry.RetryEvent;
import dev.mainstay.testkit.CallInFlight;
import dev.mainstay.testkit.CallReport;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Policies around policies, in every way to call. The first named is the outermost. Those with time limits are in
 * {@link TimeLimitCompositionTest}.
 */
class CompositionTest {

    private static final Duration MS_100 = Duration.ofMillis(100);

    private final IOException failure = new IOException("down");
    private final IllegalStateException other = new IllegalStateException("of another kind");

    private static Scenario<Composed> scenario(String name, Function<VirtualTime, Composed> setup) {
        return Scenario.named(name).with(setup, Composed::guard);
    }

    private static Retry retry(VirtualTime time, UnaryOperator<RetryConfig.Builder> options) {
        return Retry.of(
                "retry", c -> options.apply(c.backoff(Backoff.fixed(MS_100)).timeSource(time)));
    }

    /** Opens when three of the last four calls have failed, for a second. */
    private static CircuitBreaker breaker(VirtualTime time) {
        return CircuitBreaker.of(
                "breaker",
                c -> c.slidingWindowSize(4)
                        .failureRateThreshold(75)
                        .waitDurationInOpenState(Duration.ofSeconds(1))
                        .permittedNumberOfCallsInHalfOpenState(1)
                        .timeSource(time));
    }

    private static Bulkhead bulkhead(VirtualTime time) {
        return Bulkhead.of("bulkhead", c -> c.maxConcurrentCalls(1).timeSource(time));
    }

    // ---- retry and breaker

    @Test
    void retryAroundBreakerEndsWithTheRejectionWhenItOpensBetweenAttempts() {
        scenario("Retry→Breaker", time -> Composed.of(retry(time, c -> c.maxAttempts(7)), breaker(time)))
                .inEveryMode(run -> {
                    CallReport<Object> report = run.call(Script.failing(failure));
                    report.wasRejected(RejectionReason.OPEN).afterExecutions(4);
                    assertThat(report.failure()).hasSuppressedException(failure);
                    assertThat(run.policy().the(CircuitBreaker.class))
                            .hasState("OPEN")
                            .hasMeter("breaker.calls", 4, "outcome", "failure")
                            .hasMeter("breaker.rejected", 1, "state", "open");
                    // Three retries failed; the fourth was rejected further in, and its token came back.
                    assertThat(run.policy().the(Retry.class))
                            .hasMeter("retry.attempts", 5)
                            .hasMeter("retry.budget", 7)
                            .hasMeter("retry.calls", 1, "outcome", "not_retryable");
                });
    }

    @Test
    void retryAroundBreakerEndsWithTheFailureWhileItStaysClosed() {
        scenario("Retry→Breaker", time -> Composed.of(retry(time, c -> c.maxAttempts(2)), breaker(time)))
                .inEveryMode(run -> {
                    run.failingWith(failure);
                    assertThat(run.executions()).isEqualTo(2);
                    assertThat(run.policy().the(CircuitBreaker.class)).hasState("CLOSED");
                });
    }

    @Test
    void retryToldToRetryTheRejectionOutlastsTheOpenBreaker() {
        scenario(
                        "Retry→Breaker",
                        time -> Composed.of(
                                retry(
                                        time,
                                        c -> c.maxAttempts(20)
                                                .retryExceptions(Exception.class, CallRejectedException.class)
                                                .maxRetryAfter(Duration.ZERO)
                                                .budget(RetryBudget.none())),
                                breaker(time)))
                .inEveryMode(run -> {
                    run.call(Script.of().fail(failure).times(4).succeed("ok"))
                            .returned("ok")
                            .afterExecutions(5)
                            .afterTime(Duration.ofMillis(1_300));
                    assertThat(run.policy().the(CircuitBreaker.class)).hasState("CLOSED");
                });
    }

    @Test
    void orWaitsForItAsLongAsTheRejectionSays() {
        scenario(
                        "Retry→Breaker",
                        time -> Composed.of(
                                retry(
                                        time,
                                        c -> c.maxAttempts(6)
                                                .retryExceptions(Exception.class, CallRejectedException.class)
                                                .random(() -> 0)),
                                breaker(time)))
                .inEveryMode(run -> run.call(Script.of().fail(failure).times(4).succeed("ok"))
                        .returned("ok")
                        .afterAttempts(1, 2, 3, 4, 6)
                        .afterTime(Duration.ofMillis(1_300)));
    }

    @Test
    void orWaitsForItWithoutAnyBackoffToo() {
        scenario("Retry→Breaker", time -> Composed.of(impatient(time, Duration.ofSeconds(1)), breaker(time)))
                .inEveryMode(run -> run.call(Script.of().fail(failure).times(4).succeed("ok"))
                        .returned("ok")
                        .afterAttempts(1, 2, 3, 4, 6)
                        .afterTime(Duration.ofSeconds(1)));
    }

    @Test
    void andEndsAtOnceWithTheRejectionIfTheWaitIsAboveTheCap() {
        scenario("Retry→Breaker", time -> Composed.of(impatient(time, Duration.ofMillis(999)), breaker(time)))
                .inEveryMode(run -> {
                    run.call(Script.failing(failure))
                            .wasRejected(RejectionReason.OPEN)
                            .afterExecutions(4)
                            .afterTime(Duration.ZERO);
                    assertThat(run.policy().the(Retry.class))
                            .hasMeter("retry.denied", 1, "reason", "retry_after")
                            .hasMeter("retry.calls", 1, "outcome", "failure_after_retry");
                });
    }

    private static Retry impatient(VirtualTime time, Duration maxRetryAfter) {
        return retry(
                time,
                c -> c.maxAttempts(6)
                        .backoff(Backoff.none())
                        .retryExceptions(Exception.class, CallRejectedException.class)
                        .maxRetryAfter(maxRetryAfter)
                        .random(() -> 0));
    }

    @Test
    void breakerAroundRetryCountsCallsAndNotAttempts() {
        scenario("Breaker→Retry", time -> Composed.of(breaker(time), retry(time, c -> c.budget(RetryBudget.none()))))
                .inEveryMode(run -> {
                    run.call(Script.of().fail(failure).times(2).succeed("ok"))
                            .returned("ok")
                            .afterExecutions(3);
                    run.failing(3);
                    run.rejected(1);
                    assertThat(run.executions()).isEqualTo(3 + 3 * 3);
                    assertThat(run.policy().the(CircuitBreaker.class))
                            .hasMeter("breaker.calls", 1, "outcome", "success")
                            .hasMeter("breaker.calls", 3, "outcome", "failure");
                    assertThat(run.policy().the(Retry.class)).hasMeter("retry.calls", 4);
                });
    }

    // ---- fallbacks

    @Test
    void aFallbackOutsideSeesTheFailureAfterTheRetriesAndTheRejectionOfTheBreaker() {
        scenario(
                        "Fallback→Retry→Breaker",
                        time -> Composed.of(retry(time, c -> c), breaker(time)).inside(Fallback.of("instead")))
                .inEveryMode(run -> {
                    run.call(Script.failing(failure)).returned("instead").afterExecutions(3);
                    assertThat(run.policy().the(CircuitBreaker.class)).hasState("CLOSED");
                    run.call(Script.failing(failure)).returned("instead").afterExecutions(1);
                    assertThat(run.policy().the(CircuitBreaker.class)).hasState("OPEN");
                    run.call(Script.failing(failure)).returned("instead").afterExecutions(0);
                    assertThat(run.policy().the(Retry.class))
                            .hasMeter("retry.calls", 1, "outcome", "failure_after_retry")
                            .hasMeter("retry.calls", 2, "outcome", "not_retryable");
                });
    }

    @Test
    void aFallbackIsNotRetriedItself() {
        List<Throwable> asked = new ArrayList<>();
        scenario(
                        "Fallback→Retry",
                        time -> Composed.of(retry(time, c -> c)).inside(Fallback.ofFunction(seen -> {
                            asked.add(seen);
                            throw other;
                        })))
                .inEveryMode(run -> {
                    asked.clear();
                    run.call(Script.failing(failure)).failedWith(other).afterExecutions(3);
                    assertThat(asked).containsExactly(failure);
                });
    }

    @Test
    void aFallbackInsideLeavesNothingToRetry() {
        scenario("Retry→Fallback", time -> Composed.of(retry(time, c -> c)).around(Fallback.of("instead")))
                .inEveryMode(run -> {
                    run.call(Script.failing(failure)).returned("instead").afterExecutions(1);
                    assertThat(run.policy().the(Retry.class))
                            .hasMeter("retry.calls", 1, "outcome", "success")
                            .hasMeter("retry.attempts", 1);
                });
    }

    @Test
    void aFallbackAnswersForAnOpenBreaker() {
        scenario("Fallback→Breaker(open)", time -> Composed.of(breaker(time)).inside(Fallback.of("instead")))
                .inEveryMode(run -> {
                    run.policy().the(CircuitBreaker.class).transitionToOpenState();
                    run.call(Script.succeeding("ok")).returned("instead").afterExecutions(0);
                });
    }

    // ---- retry and rate limiter

    @Test
    void anAttemptThatTheRateLimiterRejectsIsNoExecution() {
        scenario(
                        "Retry→RateLimiter",
                        time -> Composed.of(
                                retry(
                                        time,
                                        c -> c.maxAttempts(5)
                                                .maxRetryAfter(Duration.ZERO)
                                                .retryExceptions(IOException.class, CallRejectedException.class)),
                                RateLimiter.of(
                                        "limiter",
                                        c -> c.limitForPeriod(2)
                                                .limitRefreshPeriod(Duration.ofMillis(700))
                                                .timeSource(time))))
                .inEveryMode(run -> {
                    run.call(Script.of().fail(failure).times(2).succeed("ok"))
                            .returned("ok")
                            .afterAttempts(1, 2, 5)
                            .afterExecutions(3)
                            .afterTime(Duration.ofMillis(400));
                    assertThat(run.policy().the(Retry.class)).hasMeter("retry.attempts", 5);
                    assertThat(run.policy().the(RateLimiter.class))
                            .hasMeter("ratelimiter.admitted", 3)
                            .hasMeter("ratelimiter.rejected", 2);
                });
    }

    // ---- retry and bulkhead

    @Test
    void aFullBulkheadIsNotRetriedUnlessAskedFor() {
        scenario("Retry→Bulkhead(full)", time -> Composed.of(retry(time, c -> c), bulkhead(time)))
                .inEveryMode(run -> {
                    run.whileInFlight(() -> run.call(Script.succeeding("no room"))
                            .wasRejected(RejectionReason.FULL)
                            .afterExecutions(0)
                            .afterTime(Duration.ZERO));
                    assertThat(run.policy().the(Retry.class)).hasMeter("retry.budget", 10);
                    assertThat(run.policy().the(Bulkhead.class)).isIdle();
                });
        scenario(
                        "Retry→Bulkhead(full), rejections retried",
                        time -> Composed.of(
                                retry(time, c -> c.retryExceptions(CallRejectedException.class)), bulkhead(time)))
                .inEveryMode(run -> {
                    run.whileInFlight(() -> run.call(Script.succeeding("no room"))
                            .wasRejected(RejectionReason.FULL)
                            .afterExecutions(0)
                            .afterTime(Duration.ofMillis(200)));
                    // Nothing was sent, so nothing was spent.
                    assertThat(run.policy().the(Retry.class)).hasMeter("retry.budget", 10);
                });
    }

    @Test
    void aRetryLeavesTheBulkheadDuringItsBackoff() {
        scenario("Retry→Bulkhead", time -> Composed.of(retry(time, c -> c), bulkhead(time)))
                .inEveryMode(run -> {
                    Bulkhead bulkhead = run.policy().the(Bulkhead.class);
                    List<Integer> inUse = new ArrayList<>();
                    run.policy()
                            .the(Retry.class)
                            .subscribe(RetryEvent.RetryScheduled.class, event -> inUse.add(bulkhead.inUse()));
                    run.call(Script.of()
                                    .fail(failure)
                                    .doing(() -> inUse.add(bulkhead.inUse()))
                                    .succeed("ok"))
                            .returned("ok");
                    assertThat(inUse).containsExactly(0, 1);
                });
    }

    @Test
    void aRetryRejoinsTheLineAtItsBack() {
        scenario(
                        "Retry→Bulkhead",
                        time -> Composed.of(
                                retry(time, c -> c),
                                Bulkhead.of(
                                        "bulkhead",
                                        c -> c.maxConcurrentCalls(1)
                                                .maxWaitDuration(Duration.ofSeconds(10))
                                                .maxQueuedCalls(10)
                                                .timeSource(time))))
                .onlyIn(Mode.ASYNC)
                .inEveryMode(run -> {
                    List<String> order = new ArrayList<>();
                    Duration second = Duration.ofSeconds(1);
                    List<CallInFlight<Object>> calls = List.of(
                            run.begin(Script.of()
                                    .doing(() -> order.add("first fails"))
                                    .fail(failure)
                                    .doing(() -> order.add("first again"))
                                    .succeed("first")),
                            run.begin(Script.of()
                                    .doing(() -> order.add("second"))
                                    .hang(second)
                                    .succeed("second")),
                            run.begin(Script.of()
                                    .doing(() -> order.add("third"))
                                    .hang(second)
                                    .succeed("third")));
                    calls.get(0).end().returned("first");
                    calls.get(1).end().returned("second");
                    calls.get(2).end().returned("third");
                    assertThat(order).containsExactly("first fails", "second", "third", "first again");
                    assertThat(run.policy().the(Bulkhead.class)).isIdle();
                });
    }

    // ---- bulkhead inside a breaker

    @Test
    void theRejectionsOfABulkheadAreNoFailuresToTheBreakerUnlessItIsTold() {
        scenario("Breaker→Bulkhead", time -> Composed.of(breaker(time), bulkhead(time)))
                .inEveryMode(run -> {
                    run.whileInFlight(() -> run.rejected(4));
                    assertThat(run.policy().the(CircuitBreaker.class))
                            .hasState("CLOSED")
                            .hasMeter("breaker.calls", 0, "outcome", "failure");
                });
        scenario(
                        "Breaker→Bulkhead, rejections recorded",
                        time -> Composed.of(
                                CircuitBreaker.of(
                                        "breaker",
                                        c -> c.slidingWindowSize(4)
                                                .recordExceptions(CallRejectedException.class)
                                                .timeSource(time)),
                                bulkhead(time)))
                .inEveryMode(run -> {
                    run.whileInFlight(() -> run.rejected(4));
                    assertThat(run.policy().the(CircuitBreaker.class))
                            .hasState("OPEN")
                            .hasMeter("breaker.calls", 4, "outcome", "failure");
                });
    }

    // ---- retry and retry

    private static Composed twoRetries(
            VirtualTime time, Class<? extends Exception> outer, Class<? extends Exception> inner) {
        return Composed.of(
                Retry.of(
                        "outer",
                        c -> c.maxAttempts(2)
                                .retryExceptions(outer)
                                .backoff(Backoff.none())
                                .timeSource(time)),
                Retry.of(
                        "inner",
                        c -> c.maxAttempts(3)
                                .retryExceptions(inner)
                                .backoff(Backoff.none())
                                .timeSource(time)));
    }

    @Test
    void innerAttemptsAreCountedAnewInEachOuterAttempt() {
        scenario("Retry→Retry", time -> twoRetries(time, IllegalStateException.class, IOException.class))
                .inEveryMode(run -> {
                    run.call(Script.of()
                                    .fail(failure)
                                    .fail(other)
                                    .fail(failure)
                                    .times(2)
                                    .succeed("ok"))
                            .returned("ok")
                            .afterAttempts(1, 2, 1, 2, 3);
                    run.call(Script.failing(failure)).failedWith(failure).afterAttempts(1, 2, 3);
                    run.call(Script.failing(other)).failedWith(other).afterAttempts(1, 1);
                });
        scenario(
                        "Retry→Retry, the other way round",
                        time -> twoRetries(time, IOException.class, IllegalStateException.class))
                .inEveryMode(run -> {
                    run.call(Script.of().fail(failure).fail(other).times(2).succeed("ok"))
                            .returned("ok")
                            .afterAttempts(1, 1, 2, 3);
                    run.call(Script.failing(failure)).failedWith(failure).afterAttempts(1, 1);
                    run.call(Script.failing(other)).failedWith(other).afterAttempts(1, 2, 3);
                });
    }

    // ---- breaker and breaker

    @Test
    void twoBreakersCountTheSameFailuresAndTheOuterNotTheRejectionsOfTheInner() {
        scenario(
                        "Breaker→Breaker",
                        time -> Composed.of(
                                CircuitBreaker.of(
                                        "outer", c -> c.slidingWindowSize(10).timeSource(time)),
                                breaker(time)))
                .inEveryMode(run -> {
                    run.failing(4);
                    run.rejected(5);
                    assertThat(run.policy().the(CircuitBreaker.class, 1))
                            .hasState("OPEN")
                            .hasMeter("breaker.rejected", 5);
                    assertThat(run.policy().the(CircuitBreaker.class, 0))
                            .hasState("CLOSED")
                            .hasMeter("breaker.calls", 4, "outcome", "failure")
                            .hasMeter("breaker.rejected", 0);
                });
    }

    @Test
    void theSameBreakerInTwoPipelinesOpensForBoth() {
        Scenario.named("shared breaker")
                .with(
                        time -> {
                            CircuitBreaker shared = breaker(time);
                            return List.of(Pipeline.of("one", shared), Pipeline.of("two", bulkhead(time), shared));
                        },
                        both -> both.get(0))
                .inEveryMode(run -> {
                    run.failing(2);
                    for (int i = 0; i < 2; i++) {
                        run.call(run.policy().get(1), Script.failing(failure)).failedWith(failure);
                    }
                    run.rejected(1);
                    run.call(run.policy().get(1), Script.succeeding("ok")).wasRejected(RejectionReason.OPEN);
                    run.after(Duration.ofSeconds(1));
                    run.call(run.policy().get(1), Script.succeeding("ok")).returned("ok");
                    run.succeeding(1);
                });
    }

    // ---- pipelines

    @Test
    void aPipelineInAPipelineIsAsIfItsPoliciesStoodThere() {
        Scenario.named("Bulkhead→(Retry→Breaker)")
                .with(time -> Pipeline.of(
                        "outer",
                        bulkhead(time),
                        Pipeline.of("inner", retry(time, c -> c.maxAttempts(7)), breaker(time))))
                .inEveryMode(run -> {
                    run.call(Script.failing(failure))
                            .wasRejected(RejectionReason.OPEN)
                            .afterExecutions(4);
                    run.after(Duration.ofSeconds(1));
                    run.whileInFlight(() -> run.call(Script.succeeding("ok")).wasRejected(RejectionReason.FULL));
                    assertThat(run.policy()).isNotIdle();
                });
    }

    @Test
    void anEmptyPipelineMakesCallsAsTheyAre() {
        Scenario.named("empty").with(time -> Pipeline.of("empty")).inEveryMode(run -> {
            run.succeeding(2);
            run.failing(2);
            assertThat(run.executions()).isEqualTo(4);
        });
        Scenario.named("Retry→(empty)→Breaker")
                .with(time -> Pipeline.of("p", retry(time, c -> c), Pipeline.of("empty"), breaker(time)))
                .inEveryMode(run -> run.call(Script.of().fail(failure).succeed("ok"))
                        .returned("ok")
                        .afterExecutions(2));
    }
}
