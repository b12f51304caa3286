package dev.mainstay.guests;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;

import dev.mainstay.backoff.Backoff;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.retry.Attempts;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import dev.mainstay.retry.RetryConfig;
import dev.mainstay.testkit.CallInFlight;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.ScenarioRun;
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
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Budgets that somebody else has written, of each kind that is known, in every mode. */
class RetryBudgetsOfYourOwnTest {

    private final IOException failure = new IOException("scripted");

    private final CallRejectedException rejection =
            new CallRejectedException(new Rejection("inner", RejectionReason.FULL, -1));

    /** A retry, and the budget that was written for it. */
    private record Paid<B extends RetryBudget>(Retry retry, B budget) {}

    private static <B extends RetryBudget> Scenario<Paid<B>> scenario(
            String name, Function<TimeSource, B> budget, UnaryOperator<RetryConfig.Builder> options) {
        return Scenario.named(name)
                .with(
                        time -> {
                            B made = budget.apply(time);
                            RetryConfig.Builder base = RetryConfig.builder()
                                    .backoff(Backoff.none())
                                    .maxAttempts(2)
                                    .timeSource(time);
                            return new Paid<>(
                                    Retry.of(
                                            "r",
                                            options.apply(base).budget(made).build()),
                                    made);
                        },
                        Paid::retry);
    }

    // ---- a share of the calls

    @Test
    void aFifthOfTheCallsMayBeRepeated() {
        scenario("ratio", time -> new RatioBudget(Duration.ofSeconds(10), 0.2, 0, time), c -> c)
                .inEveryMode(run -> {
                    run.failing(10);
                    assertThat(run.executions()).isEqualTo(12);
                    run.succeeding(5);
                    run.failing(1);
                    assertThat(run.executions()).isEqualTo(12 + 5 + 2);
                });
    }

    @Test
    void whatCallsHavePaidInIsGoneAfterTheWindow() {
        scenario("ratio", time -> new RatioBudget(Duration.ofSeconds(10), 0.2, 0, time), c -> c)
                .inEveryMode(run -> {
                    run.succeeding(50);
                    assertThat(run.policy().budget().tokens()).isEqualTo(10);
                    run.after(Duration.ofSeconds(10));
                    run.failing(1);
                    assertThat(run.executions()).isEqualTo(51);
                });
    }

    @Test
    void aFewRetriesASecondAreAllowedInAnyCase() {
        scenario("ratio", time -> new RatioBudget(Duration.ofSeconds(10), 0, 1, time), c -> c)
                .inEveryMode(run -> {
                    run.failing(20);
                    assertThat(run.executions()).isEqualTo(30);
                });
    }

    @Test
    void aRetryThatWasRejectedFurtherInHasCostNothing() {
        scenario("ratio", time -> new RatioBudget(Duration.ofSeconds(10), 1, 0, time), c -> c)
                .inEveryMode(run -> {
                    run.call(Script.of().fail(failure).fail(rejection)).failedWith(rejection);
                    assertThat(run.policy().budget().tokens()).isEqualTo(1);
                });
    }

    // ---- a share of the calls in progress

    @Test
    void whileARetryIsInProgressNoOtherCallIsRepeated() {
        scenario("concurrency", time -> new ConcurrencyBudget(0.2, 1), c -> c).inEveryMode(run -> {
            ConcurrencyBudget budget = run.policy().budget();
            run.call(Script.of()
                            .fail(failure)
                            .doing(() -> {
                                assertThat(budget.retries()).isEqualTo(1);
                                run.call(Script.failing(failure)).afterExecutions(1);
                            })
                            .succeed("ok"))
                    .returned("ok");
            run.call(Script.failing(failure)).afterExecutions(2);
            assertThat(budget.isFull()).isTrue();
        });
    }

    @Test
    void manyCallsInProgressPayForManyRetries() {
        scenario("concurrency", time -> new ConcurrencyBudget(0.2, 0), c -> c).inEveryMode(run -> {
            ConcurrencyBudget budget = run.policy().budget();
            run.call(Script.failing(failure)).afterExecutions(1);
            run.whileInFlight(9, () -> {
                assertThat(budget.calls()).isEqualTo(9);
                run.call(Script.of()
                                .fail(failure)
                                .doing(() -> run.call(Script.failing(failure)).afterExecutions(2))
                                .succeed("ok"))
                        .returned("ok");
            });
            assertThat(budget.isFull()).isTrue();
        });
    }

    // ---- no retries while too much fails

    @Test
    void callsAreRepeatedAsLongAsMoreThanHalfOfTheTokensAreThere() {
        scenario("throttle", time -> new ThrottleBudget(10, 0.1), c -> c).inEveryMode(run -> {
            // Two attempts each: 8, 6, 5 and then one attempt each.
            run.failing(5);
            assertThat(run.executions()).isEqualTo(2 + 2 + 1 + 1 + 1);
            assertThat(run.policy().budget().tokens()).isEqualTo(3);
            run.succeeding(30);
            assertThat(run.policy().budget().tokens()).isEqualTo(6);
            run.failing(1);
            assertThat(run.executions()).isEqualTo(7 + 30 + 1);
        });
    }

    @Test
    void rejectionsFurtherInAndIgnoredFailuresTakeNoToken() {
        scenario("throttle", time -> new ThrottleBudget(10, 0.1), c -> c.retryExceptions(CallRejectedException.class))
                .inEveryMode(run -> {
                    run.call(Script.failing(rejection)).failedWith(rejection).afterExecutions(2);
                    run.call(Script.failing(new CancellationException())).afterExecutions(1);
                    assertThat(run.policy().budget().isFull()).isTrue();
                });
    }

    @Test
    void aSuccessOfARetryCounts() {
        scenario("throttle", time -> new ThrottleBudget(10, 0.1), c -> c).inEveryMode(run -> {
            run.call(Script.of().fail(failure).succeed("ok")).returned("ok");
            assertThat(run.policy().budget().tokens()).isEqualTo(9.1);
        });
    }

    // ---- what a budget is told

    /** Writes down what it is told. */
    private static final class Diary implements RetryBudget {

        private final boolean watching;
        private final List<String> entries = new ArrayList<>();

        private Diary(boolean watching) {
            this.watching = watching;
        }

        @Override
        public boolean tryReserve(CallContext call, Verdict failed) {
            return entries.add("reserve for " + call.key() + " after attempt " + call.attempt() + ", " + failed);
        }

        @Override
        public void giveBack() {
            entries.add("give back");
        }

        @Override
        public void retrySucceeded() {
            entries.add("retry succeeded");
        }

        @Override
        public void retryFailed(Verdict verdict) {
            entries.add("retry failed, " + verdict);
        }

        @Override
        public void callSucceeded() {
            entries.add("call succeeded");
        }

        @Override
        public boolean watchesCalls() {
            return watching;
        }

        @Override
        public void callBegan() {
            entries.add("began");
        }

        @Override
        public void attemptFailed(Verdict verdict) {
            entries.add("attempt failed, " + verdict);
        }

        @Override
        public void callEnded() {
            entries.add("ended");
        }

        @Override
        public double tokens() {
            return Double.POSITIVE_INFINITY;
        }

        @Override
        public boolean isFull() {
            return true;
        }
    }

    @Test
    void itIsToldOfEveryStepInOrder() {
        scenario(
                        "diary",
                        time -> new Diary(true),
                        c -> c.maxAttempts(3)
                                .retryExceptions(IOException.class, CallRejectedException.class)
                                .overloadExceptions(IllegalStateException.class))
                .inEveryMode(run -> {
                    Diary diary = run.policy().budget();
                    run.call(
                            run.guard().with(ctx -> ctx.key("sku")),
                            Script.of()
                                    .fail(new IllegalStateException())
                                    .fail(rejection)
                                    .succeed("ok"));
                    run.succeeding(1);
                    run.call(Script.failing(new IllegalArgumentException()));
                    assertThat(diary.entries)
                            .containsExactly(
                                    "began",
                                    "attempt failed, OVERLOAD",
                                    "reserve for sku after attempt 1, OVERLOAD",
                                    "attempt failed, REJECTED",
                                    "give back",
                                    "reserve for sku after attempt 2, REJECTED",
                                    "retry succeeded",
                                    "ended",
                                    "began",
                                    "call succeeded",
                                    "ended",
                                    "began",
                                    "attempt failed, IGNORED",
                                    "ended");
                });
    }

    @Test
    void oneThatDoesNotWatchCallsIsToldOfRetriesOnly() {
        scenario("diary", time -> new Diary(false), c -> c).inEveryMode(run -> {
            run.succeeding(1);
            run.failing(1);
            assertThat(run.policy().budget().entries)
                    .containsExactly(
                            "call succeeded", "reserve for null after attempt 1, ERROR", "retry failed, ERROR");
        });
    }

    // ---- every begin has one end

    private static void allHaveEnded(ScenarioRun<Paid<ConcurrencyBudget>> run, String after) {
        ConcurrencyBudget budget = run.policy().budget();
        assertThat(budget.calls()).as("calls after %s", after).isZero();
        assertThat(budget.retries()).as("retries after %s", after).isZero();
    }

    private static Scenario<Paid<ConcurrencyBudget>> counted(UnaryOperator<RetryConfig.Builder> options) {
        return scenario(
                "every begin has one end",
                time -> new ConcurrencyBudget(0, 100),
                c -> options.apply(c.maxAttempts(3).backoff(Backoff.fixed(Duration.ofMillis(100)))));
    }

    @Test
    void howeverACallEnds() {
        counted(c -> c.retryOnResult("busy"::equals)).inEveryMode(run -> {
            List<Script<Object>> scripts = List.of(
                    Script.succeeding("ok"),
                    Script.failing(failure),
                    Script.of().fail(failure).succeed("ok"),
                    Script.of().fail(failure).fail(rejection),
                    Script.succeeding("busy"),
                    Script.failing(rejection),
                    Script.failing(new AssertionError("scripted")),
                    Script.failing(new StackOverflowError()),
                    Script.failing(new CancellationException()),
                    Script.of().hang(Duration.ofSeconds(1)).succeed("ok"),
                    Script.of().fail(failure).hang(Duration.ofSeconds(1)).succeed("ok"),
                    Script.of().throwInsteadOfStage(failure));
            for (Script<Object> script : scripts) {
                run.call(script);
                allHaveEnded(run, "script " + scripts.indexOf(script));
            }
            run.call(
                    run.guard().with(ctx -> ctx.deadline(Deadline.after(Duration.ofMillis(150), run.time()))),
                    Script.failing(failure));
            allHaveEnded(run, "a deadline");
        });
    }

    @Test
    void anInterruptOfTheWaitOrTheBodyIsOneEnd() {
        counted(c -> c).onlyIn(Mode.SYNC, Mode.DECORATED).inEveryMode(run -> {
            Thread caller = Thread.currentThread();
            run.call(Script.of()
                            .doing(() -> later(run.time(), Duration.ofMillis(40), caller::interrupt))
                            .fail(failure))
                    .leftInterrupt();
            allHaveEnded(run, "an interrupt of the wait");
            run.call(Script.of()
                    .doing(() -> later(run.time(), Duration.ofMillis(40), caller::interrupt))
                    .hang(Duration.ofSeconds(1))
                    .succeed("ok"));
            allHaveEnded(run, "an interrupt of the body");
        });
    }

    @Test
    void aCancelInAnyPhaseIsOneEnd() {
        counted(c -> c).exceptIn(Mode.SYNC, Mode.DECORATED).inEveryMode(run -> {
            for (boolean cancel : new boolean[] {true, false}) {
                for (int millis = 0; millis < 500; millis += 50) {
                    CallInFlight<String> call = run.begin(
                            Script.<String>of().hang(Duration.ofMillis(60)).fail(failure));
                    run.after(Duration.ofMillis(millis));
                    assertThat(run.policy().budget().calls()).isEqualTo(call.isDone() ? 0 : 1);
                    boolean ignored =
                            cancel ? call.future().cancel(true) : call.future().complete("from outside");
                    run.time().runUntilIdle();
                    allHaveEnded(run, "an end from outside after " + millis + " ms");
                }
            }
        });
    }

    @Test
    void aCallThatIsCancelledEndsWithItsAttempt() {
        counted(c -> c).onlyIn(Mode.ASYNC).inEveryMode(run -> {
            CallInFlight<String> call = run.begin(Script.<String>of()
                    .hang(Duration.ofSeconds(1))
                    .ignoringInterrupts()
                    .succeed("late"));
            call.cancel();
            assertThat(run.policy().budget().calls()).isEqualTo(1);
            run.after(Duration.ofSeconds(1));
            allHaveEnded(run, "the attempt");
        });
    }

    @Test
    void attemptsMadeByHandAreOneCall() {
        VirtualTime time = VirtualTime.create();
        ConcurrencyBudget budget = new ConcurrencyBudget(0, 100);
        Retry retry = Retry.of("r", c -> c.budget(budget).maxAttempts(2).timeSource(time));

        Attempts good = retry.start(CallContext.plain());
        assertThat(budget.calls()).isEqualTo(1);
        good.onResult("ok");
        assertThat(budget.calls()).isZero();
        good.stop();
        assertThat(budget.calls()).isZero();

        Attempts bad = retry.start(CallContext.plain());
        bad.onFailure(failure);
        bad.begin();
        bad.onFailure(failure);
        assertThat(budget.isFull()).isTrue();

        Attempts stopped = retry.start(CallContext.plain());
        stopped.onFailure(failure);
        stopped.stop();
        assertThat(budget.isFull()).isTrue();
    }

    @Test
    void aBudgetThatIsReplacedIsStillToldOfTheEnd() {
        counted(c -> c).inEveryMode(run -> {
            Retry retry = run.policy().retry();
            run.whileInFlight(() -> retry.reconfigure(
                    retry.config().toBuilder().budget(RetryBudget.none()).build()));
            allHaveEnded(run, "reconfiguration");
        });
    }

    private static void later(VirtualTime time, Duration delay, Runnable action) {
        time.arm(
                new TimedTask() {
                    @Override
                    protected void fire() {
                        action.run();
                    }
                },
                delay.toNanos());
    }
}
