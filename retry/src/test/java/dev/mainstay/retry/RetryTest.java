package dev.mainstay.retry;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;

import dev.mainstay.Chain;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.Idempotence;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.RetryAfterHint;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.testkit.CallReport;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a retry does with a call, however the call is made. */
class RetryTest {

    private static final Duration MS_100 = Duration.ofMillis(100);

    private static Scenario<Retry> retry(String name, UnaryOperator<RetryConfig.Builder> options) {
        return Scenario.named(name)
                .with(time -> Retry.of(
                        "r",
                        options.apply(RetryConfig.builder()
                                        .backoff(Backoff.fixed(MS_100))
                                        .timeSource(time))
                                .build()));
    }

    private static IOException failure(String message) {
        return new IOException(message);
    }

    @Test
    void aCallThatSucceedsAtFirstIsMadeOnce() {
        retry("success at first", c -> c).inEveryMode(run -> {
            run.call(Script.succeeding("ok")).returned("ok").afterAttempts(1).afterTime(Duration.ZERO);
            assertThat(run.policy())
                    .hasMeter("retry.calls", 1, "outcome", "success")
                    .hasMeter("retry.calls", 1)
                    .hasMeter("retry.attempts", 1)
                    .hasMeter("retry.budget", 10);
        });
    }

    @Test
    void beforeAnybodyHasAskedForTheMetersACallPaysIntoTheBudgetAndGivesItsResult() {
        Retry retry = Retry.of(
                "r", c -> c.maxAttempts(2).backoff(Backoff.fixed(Duration.ZERO)).budget(RetryBudget.of(10, 0.5)));
        assertThatThrownBy(() -> retry.call(() -> {
                    throw failure("both times");
                }))
                .isInstanceOf(IOException.class);
        double left = retry.budget().tokens();

        assertThat(retry.get(() -> "ok")).isEqualTo("ok");

        assertThat(retry.budget().tokens()).isEqualTo(left + 0.5);
    }

    @Test
    void beforeAnybodyHasAskedForTheMetersACallGivesTheResultOfItsSecondAttempt() throws IOException {
        Retry retry = Retry.of("r", c -> c.backoff(Backoff.fixed(Duration.ZERO)));
        int[] calls = {0};

        String result = retry.call(() -> {
            if (++calls[0] == 1) {
                throw failure("first");
            }
            return "second";
        });

        assertThat(result).isEqualTo("second");
    }

    @Test
    void aCallThatFailsTwiceSucceedsAtItsThirdAttempt() {
        retry("third attempt", c -> c).inEveryMode(run -> {
            run.call(Script.of().fail(failure("1")).fail(failure("2")).succeed("ok"))
                    .returned("ok")
                    .afterAttempts(1, 2, 3)
                    .afterTime(Duration.ofMillis(200));
            assertThat(run.policy())
                    .hasMeter("retry.calls", 1, "outcome", "success_after_retry")
                    .hasMeter("retry.calls", 1)
                    .hasMeter("retry.attempts", 3);
        });
    }

    @Test
    void whenAttemptsRunOutTheLastFailureComesOutWithTheEarlierOnesSuppressed() {
        retry("attempts run out", c -> c).inEveryMode(run -> {
            IOException first = failure("1");
            IOException second = failure("2");
            IOException third = failure("3");
            run.call(Script.of().fail(first).fail(second).fail(third).thenFailTheTest())
                    .failedWith(third)
                    .afterAttempts(1, 2, 3);
            assertThat(third).hasNoCause().hasSuppressedException(first).hasSuppressedException(second);
            assertThat(run.policy())
                    .hasMeter("retry.calls", 1, "outcome", "failure_after_retry")
                    .hasMeter("retry.calls", 1)
                    .hasMeter("retry.denied", 0);
        });
    }

    @Test
    void oneAttemptMeansNever() {
        retry("one attempt", c -> c.maxAttempts(1)).inEveryMode(run -> {
            run.failing(1);
            assertThat(run.executions()).isEqualTo(1);
            assertThat(run.policy())
                    .hasMeter("retry.calls", 1, "outcome", "failure")
                    .hasMeter("retry.calls", 1);
        });
    }

    @Test
    void whatIsNotRetryableComesOutAtOnce() {
        List<Throwable> failures = List.of(
                new OutOfMemoryError("scripted"),
                new StackOverflowError(),
                new InterruptedException(),
                new CancellationException(),
                new CallRejectedException(new Rejection("inner", RejectionReason.FULL, -1)));
        for (Throwable failure : failures) {
            retry("not retryable: " + failure, c -> c).inEveryMode(run -> {
                run.call(Script.failing(failure)).failedWith(failure.getClass()).afterExecutions(1);
                assertThat(run.policy())
                        .hasMeter("retry.calls", 1, "outcome", "not_retryable")
                        .hasMeter("retry.calls", 1);
            });
        }
    }

    @Test
    void errorsInterruptsAndCancellationsAreNotRetriedEvenIfTheClassifierAsksForIt() {
        for (Throwable failure :
                List.of(new AssertionError(), new InterruptedException(), new CancellationException())) {
            retry(
                            "asked for " + failure,
                            c -> c.classifier(Classifier.builder()
                                    .classify((result, thrown) -> thrown == null ? null : Verdict.ERROR)
                                    .build()))
                    .inEveryMode(run -> run.call(Script.failing(failure))
                            .failedWith(failure.getClass())
                            .afterExecutions(1));
        }
    }

    @Test
    void ourOwnRejectionsAreRetriedIfAskedFor() {
        CallRejectedException rejection = new CallRejectedException(new Rejection("inner", RejectionReason.FULL, -1));
        retry("rejections retried", c -> c.retryExceptions(CallRejectedException.class))
                .inEveryMode(run -> {
                    run.call(Script.of().fail(rejection).times(2).succeed("ok"))
                            .returned("ok")
                            .afterAttempts(1, 2, 3);
                    assertThat(run.policy()).hasMeter("retry.budget", 10);
                });
    }

    @Test
    void aRejectionFurtherInCostsNoTokens() {
        CallRejectedException rejection = new CallRejectedException(new Rejection("inner", RejectionReason.OPEN, -1));
        retry("rejected attempt", c -> c).inEveryMode(run -> {
            run.call(Script.of().fail(failure("1")).fail(rejection).thenFailTheTest())
                    .failedWith(rejection)
                    .afterAttempts(1, 2);
            assertThat(run.policy())
                    .hasMeter("retry.budget", 10)
                    .hasMeter("retry.calls", 1, "outcome", "not_retryable");
        });
    }

    @Test
    void whatIsMarkedNotIdempotentIsNotRetried() {
        Scenario.named("not idempotent")
                .with(
                        time -> Retry.of("r", c -> c.timeSource(time)),
                        retry -> retry.with(ctx -> ctx.idempotent(Idempotence.NO)))
                .inEveryMode(run -> {
                    run.failing(1);
                    assertThat(run.executions()).isEqualTo(1);
                    assertThat(run.policy()).hasMeter("retry.calls", 1, "outcome", "not_retryable");
                });
    }

    @Test
    void aResultThatIsNotAcceptableIsRetried() {
        retry("result", c -> c.retryOnResult("busy"::equals))
                .inEveryMode(run -> run.call(Script.of().succeed("busy").succeed("ok"))
                        .returned("ok")
                        .afterAttempts(1, 2));
    }

    @Test
    void aResultIsWaitedForLikeAFailureAndCostsAsMuch() {
        retry("results", c -> c.retryOnResult("busy"::equals)).inEveryMode(run -> {
            run.call(Script.of().succeed("busy").times(2).succeed("ok"))
                    .returned("ok")
                    .afterTime(Duration.ofMillis(200));
            assertThat(run.policy()).hasMeter("retry.budget", 9.1);
        });
    }

    @Test
    void aNullResultIsAResultLikeAnyOther() {
        retry("null is fine", c -> c)
                .inEveryMode(
                        run -> run.call(Script.succeeding(null)).returned(null).afterExecutions(1));
        retry("null is retried", c -> c.retryOnResult(result -> result == null))
                .inEveryMode(run -> run.call(
                                Script.<@Nullable String>of().succeed(null).succeed("ok"))
                        .returned("ok")
                        .afterExecutions(2));
    }

    @Test
    void aResultThatNeverBecameAcceptableIsThrownWithItsException() {
        retry("result thrown", c -> c.retryOnResult("busy"::equals)).inEveryMode(run -> {
            IOException before = failure("1");
            RetriesExhaustedException thrown = run.call(
                            Script.of().fail(before).succeed("busy").times(2).thenFailTheTest())
                    .afterExecutions(3)
                    .failure(RetriesExhaustedException.class);
            assertThat(thrown.result()).isEqualTo("busy");
            assertThat(thrown.attempts()).isEqualTo(3);
            assertThat(thrown.policyName()).isEqualTo("r");
            assertThat(thrown)
                    .hasMessage("'r' got no acceptable result in 3 attempts")
                    .hasSuppressedException(before);
        });
    }

    @Test
    void orReturnedIfSoConfigured() {
        retry("result returned", c -> c.retryOnResult("busy"::equals).failAfterMaxAttempts(false))
                .inEveryMode(run -> {
                    run.call(Script.succeeding("busy")).returned("busy").afterExecutions(3);
                    assertThat(run.policy()).hasMeter("retry.calls", 1, "outcome", "failure_after_retry");
                });
    }

    @Test
    void aResultThatSaysNothingIsReturned() {
        retry(
                        "ignored result",
                        c -> c.classifier(Classifier.builder()
                                .classify((result, thrown) -> Verdict.IGNORED)
                                .build()))
                .inEveryMode(run -> {
                    run.call(Script.succeeding("odd")).returned("odd").afterExecutions(1);
                    assertThat(run.policy()).hasMeter("retry.calls", 1, "outcome", "not_retryable");
                });
    }

    @Test
    void aResultIsShownToAPredicateOnce() {
        List<Object> seen = new ArrayList<>();
        retry(
                        "predicate",
                        c -> c.retryOnResult(result -> {
                            seen.add(result);
                            return "busy".equals(result);
                        }))
                .inEveryMode(run -> {
                    seen.clear();
                    run.call(Script.of().succeed("busy").succeed("ok")).returned("ok");
                    assertThat(seen).containsExactly("busy", "ok");
                });
    }

    @Test
    void aPredicateThatThrowsIsTakenForNoAnswer() {
        retry(
                        "throwing predicate",
                        c -> c.retryOnResult(result -> {
                            throw new IllegalStateException("predicate");
                        }))
                .inEveryMode(
                        run -> run.call(Script.succeeding("ok")).returned("ok").afterExecutions(1));
    }

    // ---- waits

    @Test
    void anOverloadHasABackoffOfItsOwn() {
        CallTimeoutException timeout = new CallTimeoutException("t", 1, null, false);
        retry("overload", c -> c.overloadBackoff(Backoff.fixed(Duration.ofSeconds(1))))
                .inEveryMode(run -> run.call(
                                Script.of().fail(failure("1")).fail(timeout).succeed("ok"))
                        .returned("ok")
                        .afterTime(Duration.ofMillis(1_100)));
    }

    @Test
    void noBackoffMeansNoWait() {
        retry("none", c -> c.backoff(Backoff.none()))
                .inEveryMode(
                        run -> run.call(Script.of().fail(failure("1")).times(2).succeed("ok"))
                                .returned("ok")
                                .afterAttempts(1, 2, 3)
                                .afterTime(Duration.ZERO));
    }

    @Test
    void waitsAsLongAsTheFailureAsksAndATenthMoreAtMost() {
        retry("retryAfter", c -> c).inEveryMode(run -> {
            CallReport<Object> report =
                    run.call(Script.of().fail(new Busy(Duration.ofSeconds(3))).succeed("ok"));
            report.returned("ok");
            assertThat(report.elapsed()).isBetween(Duration.ofSeconds(3), Duration.ofMillis(3_300));
        });
    }

    @Test
    void aShorterHintDoesNotShortenTheBackoff() {
        retry("short retryAfter", c -> c.random(() -> 0.5))
                .inEveryMode(run -> run.call(Script.of()
                                .fail(new Busy(Duration.ofMillis(10)))
                                .succeed("ok"))
                        .returned("ok")
                        .afterTime(Duration.ofNanos(100_500_000)));
    }

    @Test
    void aHintAboveMaxRetryAfterEndsTheCallWithItsFailure() {
        retry("too long", c -> c.maxRetryAfter(Duration.ofSeconds(2)).random(() -> 0))
                .inEveryMode(run -> {
                    Busy busy = new Busy(Duration.ofNanos(2_000_000_001));
                    run.call(Script.of().fail(busy).thenFailTheTest())
                            .failedWith(busy)
                            .afterTime(Duration.ZERO);
                    assertThat(run.policy())
                            .hasMeter("retry.denied", 1, "reason", "retry_after")
                            .hasMeter("retry.budget", 10);
                });
        retry("just short enough", c -> c.maxRetryAfter(Duration.ofSeconds(2)).random(() -> 0))
                .inEveryMode(run -> run.call(Script.of()
                                .fail(new Busy(Duration.ofSeconds(2)))
                                .succeed("ok"))
                        .returned("ok")
                        .afterTime(Duration.ofSeconds(2)));
        retry("off", c -> c.maxRetryAfter(Duration.ZERO))
                .inEveryMode(run -> run.call(
                                Script.of().fail(new Busy(Duration.ofDays(1))).succeed("ok"))
                        .returned("ok")
                        .afterTime(MS_100));
    }

    @Test
    void aHintCanBeReadByAFunction() {
        retry(
                        "function",
                        c -> c.random(() -> 0)
                                .retryOnResult("later"::equals)
                                .retryAfter((result, thrown) -> "later".equals(result) ? Duration.ofSeconds(7) : null))
                .inEveryMode(run -> run.call(Script.of().succeed("later").succeed("ok"))
                        .returned("ok")
                        .afterTime(Duration.ofSeconds(7)));
    }

    @Test
    void aHintBeyondTheDeadlineFailsAtOnce() {
        withDeadline("hint beyond the deadline", Duration.ofSeconds(1), c -> c).inEveryMode(run -> {
            Busy busy = new Busy(Duration.ofSeconds(2));
            run.call(Script.of().fail(busy).thenFailTheTest()).failedWith(busy).afterTime(Duration.ZERO);
            assertThat(run.policy())
                    .hasMeter("retry.denied", 1, "reason", "deadline")
                    .hasMeter("retry.budget", 10);
        });
    }

    @Test
    void noWaitIsBegunThatCannotEndBeforeTheDeadline() {
        withDeadline("deadline", Duration.ofMillis(250), c -> c.maxAttempts(10)).inEveryMode(run -> {
            run.call(Script.failing(failure("1"))).afterAttempts(1, 2, 3).afterTime(Duration.ofMillis(200));
            assertThat(run.policy())
                    .hasMeter("retry.denied", 1, "reason", "deadline")
                    .hasMeter("retry.calls", 1, "outcome", "failure_after_retry");
        });
        withDeadline("just now", MS_100, c -> c)
                .inEveryMode(run -> run.call(Script.failing(failure("1")))
                        .afterExecutions(1)
                        .afterTime(Duration.ZERO));
    }

    @Test
    void aDeadlineThatHasPassedEndsRetriesWithoutBackoffToo() {
        withDeadline("passed", MS_100, c -> c.backoff(Backoff.none()))
                .inEveryMode(
                        run -> run.call(Script.of().hang(Duration.ofMillis(60)).fail(failure("slow")))
                                .afterExecutions(2)
                                .afterTime(Duration.ofMillis(120)));
    }

    @Test
    void maxDurationCountsFromTheBeginOfTheCall() {
        retry("maxDuration", c -> c.maxAttempts(10).maxDuration(Duration.ofMillis(500)))
                .inEveryMode(run -> {
                    run.call(Script.of().hang(MS_100).fail(failure("slow")))
                            .afterExecutions(3)
                            .afterTime(Duration.ofMillis(500));
                    assertThat(run.policy()).hasMeter("retry.denied", 1, "reason", "deadline");
                });
    }

    @Test
    void aBackoffThatLastsForEverIsNotBegun() {
        retry("for ever", c -> c.backoff(Backoff.fixed(Duration.ofSeconds(Long.MAX_VALUE))))
                .inEveryMode(run -> run.call(Script.failing(failure("1")))
                        .afterExecutions(1)
                        .afterTime(Duration.ZERO));
    }

    @Test
    void survivesAClockThatOverflows() {
        retry("overflow", c -> c.maxDuration(Duration.ofMillis(150)))
                .startingAt(Long.MAX_VALUE - 50)
                .inEveryMode(run -> run.call(Script.failing(failure("1"))).afterExecutions(2));
    }

    private static Scenario<Retry> withDeadline(
            String name, Duration deadline, UnaryOperator<RetryConfig.Builder> options) {
        return Scenario.named(name)
                .with(
                        time -> Retry.of(
                                "r",
                                options.apply(RetryConfig.builder()
                                                .backoff(Backoff.fixed(MS_100))
                                                .timeSource(time))
                                        .build()),
                        retry -> retry.with(ctx -> ctx.deadline(Deadline.after(deadline, retry.timeSource()))));
    }

    // ---- contexts

    @Test
    void anAttemptKnowsItsNumberAndTheFailureBeforeIt() {
        retry("contexts", c -> c).inEveryMode(run -> {
            IOException first = failure("1");
            List<CallContext> current = new ArrayList<>();
            Runnable look = () -> current.add(CallContext.current());
            CallReport<Object> report =
                    run.call(Script.of().doing(look).fail(first).doing(look).succeed("ok"));
            report.returned("ok").afterAttempts(1, 2);
            assertThat(report.body().contexts().get(0).lastFailure()).isNull();
            assertThat(report.body().contexts().get(1).lastFailure()).isSameAs(first);
            assertThat(report.body().contexts().get(1).lastResult()).isNull();
            assertThat(current.get(1)).isSameAs(report.body().contexts().get(1));
            assertThat(CallContext.current()).isSameAs(CallContext.plain());
        });
    }

    @Test
    void anAttemptKnowsTheResultBeforeIt() {
        retry("contexts", c -> c.retryOnResult("busy"::equals)).inEveryMode(run -> {
            CallReport<Object> report =
                    run.call(Script.of().succeed("busy").fail(failure("2")).succeed("ok"));
            assertThat(report.body().contexts())
                    .extracting(CallContext::lastResult)
                    .containsExactly(null, "busy", null);
        });
    }

    @Test
    void anAttemptKnowsTheResultBeforeItWithinADeadlineToo() {
        withDeadline("contexts", Duration.ofHours(1), c -> c.retryOnResult("busy"::equals))
                .inEveryMode(run -> {
                    CallReport<Object> report =
                            run.call(Script.of().succeed("busy").succeed("ok"));
                    assertThat(report.body().contexts())
                            .extracting(CallContext::lastResult)
                            .containsExactly(null, "busy");
                });
    }

    @Test
    void attemptsOfAnInnerRetryAreCountedAnewInEachOuterAttempt() {
        Scenario.named("nested")
                .with(time -> Pipeline.of(
                        "p",
                        Retry.of(
                                "outer",
                                c -> c.maxAttempts(2)
                                        .backoff(Backoff.none())
                                        .retryExceptions(IllegalStateException.class)
                                        .timeSource(time)),
                        Retry.of(
                                "inner",
                                c -> c.maxAttempts(3)
                                        .backoff(Backoff.none())
                                        .retryExceptions(IOException.class)
                                        .timeSource(time))))
                .inEveryMode(run -> run.call(Script.of()
                                .fail(failure("1"))
                                .fail(new IllegalStateException("2"))
                                .fail(failure("3"))
                                .fail(failure("4"))
                                .succeed("ok"))
                        .returned("ok")
                        .afterAttempts(1, 2, 1, 2, 3));
    }

    @Test
    void theCurrentContextOfAnInnerFirstAttemptIsNotTheOuterOnes() {
        VirtualTime time = VirtualTime.create();
        Retry outer = Retry.of("outer", c -> c.backoff(Backoff.none()).timeSource(time));
        Retry inner = Retry.of("inner", c -> c.timeSource(time));
        Pipeline both = Pipeline.of("p", outer, inner);
        List<Integer> seen = new ArrayList<>();
        assertThatThrownBy(() -> both.run(() -> {
                    seen.add(CallContext.current().attempt());
                    throw new NumberedFailure(seen.size());
                }))
                .isInstanceOf(RuntimeException.class);
        assertThat(seen.get(0)).isEqualTo(1);
        assertThat(seen).startsWith(1, 2, 3, 1, 2, 3);
    }

    @Test
    void afterAnInnerRetryTheOuterAttemptsContextIsTheCurrentOneAgain() {
        List<Integer> seen = new ArrayList<>();
        Scenario.named("nested")
                .with(time -> Pipeline.of(
                        "p",
                        Retry.of("outer", c -> c.backoff(Backoff.none()).timeSource(time)),
                        new AfterTheRest(() -> seen.add(CallContext.current().attempt())),
                        Retry.of("inner", c -> c.maxAttempts(1).timeSource(time))))
                .inEveryMode(run -> {
                    seen.clear();
                    run.failing(1);
                    assertThat(seen).containsExactly(1, 2, 3);
                });
    }

    /** A policy that does something when the policies within it are done with the thread. */
    private static final class AfterTheRest extends Policy {
        private final Runnable action;

        AfterTheRest(Runnable action) {
            this.action = action;
        }

        @Override
        public String name() {
            return "after";
        }

        @Override
        public <T extends @Nullable Object> T around(
                CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
            try {
                return inner.<T>proceed(context, now, body);
            } finally {
                action.run();
            }
        }

        @Override
        public <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
                CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
            CompletableFuture<T> stage = inner.proceedAsync(context, now, body);
            action.run();
            return stage;
        }
    }

    // ---- the budget

    @Test
    void anEmptyBudgetEndsTheRetriesWithTheLastFailure() {
        retry("budget", c -> c.budget(RetryBudget.of(3, 0.1))).inEveryMode(run -> {
            run.failing(1);
            run.failing(1);
            assertThat(run.executions()).isEqualTo(3 + 2);
            run.failing(1);
            assertThat(run.executions()).isEqualTo(3 + 2 + 1);
            assertThat(run.policy())
                    .hasMeter("retry.budget", 0)
                    .hasMeter("retry.denied", 2, "reason", "budget")
                    .hasMeter("retry.calls", 2, "outcome", "failure_after_retry")
                    .hasMeter("retry.calls", 1, "outcome", "failure");
        });
    }

    @Test
    void successesRefillTheBudget() {
        retry("refill", c -> c.budget(RetryBudget.of(1, 0.1)).maxAttempts(2)).inEveryMode(run -> {
            run.failing(2);
            assertThat(run.executions()).isEqualTo(3);
            run.succeeding(9);
            assertThat(run.policy()).hasMeter("retry.budget", 0.9);
            run.failing(1);
            run.succeeding(1);
            assertThat(run.policy()).hasMeter("retry.budget", 1);
            run.succeeding(20);
            assertThat(run.policy()).hasMeter("retry.budget", 1);
        });
    }

    @Test
    void aRetryThatSucceedsGivesItsTokenBackAndATenthMore() {
        retry("refund", c -> c.budget(RetryBudget.of(5, 0.1))).inEveryMode(run -> {
            run.failing(1);
            assertThat(run.policy()).hasMeter("retry.budget", 3);
            run.call(Script.of().fail(failure("1")).succeed("ok")).returned("ok");
            assertThat(run.policy()).hasMeter("retry.budget", 3.1);
            run.call(Script.of().fail(failure("1")).times(2).succeed("ok")).returned("ok");
            assertThat(run.policy()).hasMeter("retry.budget", 2.2);
        });
    }

    @Test
    void aCallThatThrowsIsNoSuccessToTheBudgetEvenIfItIsNotRetried() {
        retry("no deposit", c -> c.retryExceptions(IOException.class).budget(RetryBudget.of(10, 0.1)))
                .inEveryMode(run -> {
                    run.failing(1);
                    run.failingWith(new IllegalArgumentException());
                    assertThat(run.policy()).hasMeter("retry.budget", 8);
                });
    }

    // ---- interrupts

    @Test
    void anInterruptDuringTheBackoffEndsTheCallWithItsLastFailureAndStaysSet() {
        retry("interrupted backoff", c -> c).onlyIn(Mode.SYNC, Mode.DECORATED).inEveryMode(run -> {
            Thread caller = Thread.currentThread();
            IOException first = failure("1");
            CallReport<Object> report = run.call(Script.of()
                    .doing(() -> later(run.time(), Duration.ofMillis(40), caller::interrupt))
                    .fail(first)
                    .thenFailTheTest());
            report.failedWith(IOException.class).leftInterrupt().afterTime(Duration.ofMillis(40));
            assertThat(report.failure()).isSameAs(first);
            assertThat(run.policy()).hasMeter("retry.budget", 10).hasMeter("retry.calls", 1, "outcome", "failure");
        });
    }

    @Test
    void anInterruptWhileTheBodyRunsIsNotRetriedAndStaysSet() {
        retry("interrupted body", c -> c.backoff(Backoff.none()))
                .onlyIn(Mode.SYNC, Mode.DECORATED)
                .inEveryMode(run -> {
                    CallReport<Object> report = run.call(Script.of()
                            .doing(() -> Thread.currentThread().interrupt())
                            .fail(failure("1"))
                            .thenFailTheTest());
                    report.failedWith(IOException.class).leftInterrupt();
                    assertThat(run.policy())
                            .hasMeter("retry.budget", 10)
                            .hasMeter("retry.calls", 1, "outcome", "failure");
                });
    }

    @Test
    void norIsAResultThatIsNotAcceptable() {
        retry("interrupted result", c -> c.backoff(Backoff.none()).retryOnResult("busy"::equals))
                .onlyIn(Mode.SYNC, Mode.DECORATED)
                .inEveryMode(run -> {
                    CallReport<Object> report = run.call(Script.of()
                            .doing(() -> Thread.currentThread().interrupt())
                            .succeed("busy")
                            .thenFailTheTest());
                    assertThat(report.failure()).isInstanceOf(RetriesExhaustedException.class);
                    report.leftInterrupt();
                });
    }

    @Test
    void aSuccessOfAnInterruptedCallerIsASuccess() {
        retry("interrupted success", c -> c.backoff(Backoff.none()))
                .onlyIn(Mode.SYNC, Mode.DECORATED)
                .inEveryMode(run -> {
                    CallReport<Object> report = run.call(Script.of()
                            .fail(failure("1"))
                            .doing(() -> Thread.currentThread().interrupt())
                            .succeed("ok"));
                    assertThat(report.result()).isEqualTo("ok");
                    report.leftInterrupt();
                });
    }

    // ---- the time source

    @Test
    void withoutABackoffNobodySleeps() {
        List<Long> sleeps = new ArrayList<>();
        TimeSource watched = new TimeAround(VirtualTime.create()) {
            @Override
            public void sleep(long nanos) throws InterruptedException {
                sleeps.add(nanos);
                super.sleep(nanos);
            }
        };
        Retry retry = Retry.of("r", c -> c.backoff(Backoff.none()).timeSource(watched));
        assertThatThrownBy(() -> retry.run(() -> {
                    throw failure("again");
                }))
                .hasMessage("again");
        assertThat(sleeps).isEmpty();
    }

    @Test
    void aWaitThatBreaksReturnsTheToken() {
        TimeSource sleepless = new TimeAround(VirtualTime.create()) {
            @Override
            public void sleep(long nanos) {
                throw new IllegalStateException("no sleep");
            }
        };
        Retry retry = Retry.of("r", c -> c.backoff(Backoff.fixed(MS_100)).timeSource(sleepless));
        assertThatThrownBy(() -> retry.run(() -> {
                    throw failure("again");
                }))
                .hasMessage("no sleep");
        assertThat(retry.budget().tokens()).isEqualTo(10);
    }

    static void later(VirtualTime time, Duration delay, Runnable action) {
        time.arm(
                new TimedTask() {
                    @Override
                    protected void fire() {
                        action.run();
                    }
                },
                delay.toNanos());
    }

    /** Says when to come back. */
    private static final class Busy extends IOException implements RetryAfterHint {

        private static final long serialVersionUID = 1L;

        private final Duration retryAfter;

        Busy(Duration retryAfter) {
            super("busy");
            this.retryAfter = retryAfter;
        }

        @Override
        public Duration retryAfter() {
            return retryAfter;
        }
    }

    /** An ordinary failure with a number. */
    private static final class NumberedFailure extends RuntimeException {

        private static final long serialVersionUID = 1L;

        NumberedFailure(int number) {
            super("failure " + number);
        }
    }
}
