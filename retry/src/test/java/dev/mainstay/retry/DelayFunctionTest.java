package dev.mainstay.retry;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;

import dev.mainstay.backoff.Backoff;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.RetryAfterHint;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Waits that depend on the attempt and on how it ended. */
class DelayFunctionTest {

    private final IOException down = new IOException("scripted");
    private static final Duration NEVER = Duration.ofNanos(-1);

    private static Scenario<Retry> scenario(String name, UnaryOperator<RetryConfig.Builder> options) {
        return Scenario.named(name)
                .with(time -> Retry.of(
                        "r",
                        options.apply(RetryConfig.builder()
                                        .maxAttempts(4)
                                        .backoff(Backoff.fixed(Duration.ofMillis(100)))
                                        .overloadBackoff(Backoff.fixed(Duration.ofSeconds(1)))
                                        .retryOnResult("busy"::equals)
                                        .retryExceptions(Exception.class)
                                        .random(() -> 0)
                                        .timeSource(time))
                                .build()));
    }

    @Test
    void theWaitDependsOnAttemptResultAndFailure() {
        List<String> asked = new ArrayList<>();
        scenario(
                        "all three",
                        c -> c.delayFunction((attempt, result, failure) -> {
                            asked.add(attempt + " " + result + " " + (failure == null ? "" : failure.getMessage()));
                            return Duration.ofMillis(failure == null ? 7 : attempt);
                        }))
                .inEveryMode(run -> {
                    asked.clear();
                    run.call(Script.of().fail(down).succeed("busy").fail(down).succeed("ok"))
                            .returned("ok")
                            .afterTime(Duration.ofMillis(1 + 7 + 3));
                    assertThat(asked).containsExactly("1 null scripted", "2 busy ", "3 null scripted");
                });
    }

    @Test
    void lessThanZeroEndsTheRetryWithTheFailure() {
        scenario(
                        "end",
                        c -> c.delayFunction(
                                (attempt, result, failure) -> failure instanceof FileNotFoundException ? NEVER : null))
                .inEveryMode(run -> {
                    FileNotFoundException missing = new FileNotFoundException();
                    run.call(Script.of().fail(down).fail(missing).succeed("never"))
                            .failedWith(missing)
                            .afterExecutions(2)
                            .afterTime(Duration.ofMillis(100));
                    assertThat(missing).hasSuppressedException(down);
                    assertThat(run.policy())
                            .hasMeter("retry.calls", 1, "outcome", "not_retryable")
                            .hasMeter("retry.denied", 0, "reason", "budget")
                            .hasMeter("retry.budget", 9);
                });
    }

    @Test
    void lessThanZeroAtTheFirstAttemptTakesNothingFromTheBudget() {
        scenario("end at first", c -> c.delayFunction((attempt, result, failure) -> NEVER))
                .inEveryMode(run -> {
                    run.failingWith(down);
                    assertThat(run.executions()).isEqualTo(1);
                    assertThat(run.policy()).hasMeter("retry.budget", 10);
                });
    }

    @Test
    void lessThanZeroAfterAResultEndsAsAnyOtherEndDoes() {
        scenario("result thrown", c -> c.delayFunction((attempt, result, failure) -> NEVER))
                .inEveryMode(run -> run.call(Script.of().succeed("busy"))
                        .failedWith(RetriesExhaustedException.class)
                        .afterExecutions(1));
        scenario(
                        "result returned",
                        c -> c.delayFunction((attempt, result, failure) -> NEVER)
                                .failAfterMaxAttempts(false))
                .inEveryMode(run ->
                        run.call(Script.of().succeed("busy")).returned("busy").afterExecutions(1));
    }

    @Test
    void nullLeavesTheWaitToTheBackoffOfTheOutcome() {
        scenario("null", c -> c.delayFunction((attempt, result, failure) -> null))
                .inEveryMode(run -> run.call(Script.of()
                                .fail(down)
                                .fail(new CallTimeoutException("inner", 1, null, false))
                                .succeed("ok"))
                        .returned("ok")
                        .afterTime(Duration.ofMillis(1_100)));
    }

    @Test
    void zeroRepeatsAtOnce() {
        scenario("zero", c -> c.delayFunction((attempt, result, failure) -> Duration.ZERO))
                .inEveryMode(run -> {
                    run.failingWith(down);
                    assertThat(run.executions()).isEqualTo(4);
                    assertThat(run.time().elapsed()).isEqualTo(Duration.ZERO);
                });
    }

    @Test
    void whatTheOtherSideAsksForIsKeptAllTheSame() {
        scenario("retryAfter", c -> c.delayFunction((attempt, result, failure) -> Duration.ofSeconds(1)))
                .inEveryMode(run -> {
                    run.call(Script.of().fail(new Busy(3)).succeed("ok")).afterTime(Duration.ofSeconds(3));
                    run.call(Script.of().fail(new Busy(0)).succeed("ok")).afterTime(Duration.ofSeconds(1));
                });
    }

    @Test
    void noWaitIsBegunThatEndsTooLate() {
        scenario(
                        "late",
                        c -> c.delayFunction((attempt, result, failure) -> Duration.ofSeconds(9))
                                .maxDuration(Duration.ofSeconds(9)))
                .inEveryMode(run -> {
                    run.failingWith(down);
                    assertThat(run.executions()).isEqualTo(1);
                    assertThat(run.policy()).hasMeter("retry.denied", 1, "reason", "deadline");
                });
    }

    @Test
    void whereItThrowsTheBackoffCounts() {
        scenario(
                        "throws",
                        c -> c.delayFunction((attempt, result, failure) -> {
                            throw new IllegalStateException("scripted");
                        }))
                .inEveryMode(run -> run.call(Script.of().fail(down).succeed("ok"))
                        .returned("ok")
                        .afterTime(Duration.ofMillis(100)));
    }

    @Test
    void itIsNotAskedAboutTheLastAttemptNorAboutWhatIsNotRepeated() {
        List<Integer> asked = new ArrayList<>();
        scenario(
                        "not asked",
                        c -> c.maxAttempts(2)
                                .ignoreExceptions(FileNotFoundException.class)
                                .delayFunction((attempt, result, failure) -> {
                                    asked.add(attempt);
                                    return null;
                                }))
                .inEveryMode(run -> {
                    asked.clear();
                    run.failingWith(new FileNotFoundException());
                    run.succeeding(1);
                    run.failingWith(down);
                    assertThat(asked).containsExactly(1);
                    assertThat(run.policy()).explains("unless its delay function says otherwise");
                });
    }

    /** Says when to come back. */
    private static final class Busy extends IOException implements RetryAfterHint {

        private static final long serialVersionUID = 1L;

        private final Duration retryAfter;

        Busy(int seconds) {
            this.retryAfter = Duration.ofSeconds(seconds);
        }

        @Override
        public Duration retryAfter() {
            return retryAfter;
        }
    }
}
