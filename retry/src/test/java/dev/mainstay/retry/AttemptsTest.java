package dev.mainstay.retry;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;

import dev.mainstay.backoff.Backoff;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.Idempotence;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.testkit.Meters;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The decision by itself, as an adapter drives it. */
class AttemptsTest {

    private static final long MS_100 = 100_000_000;

    private final VirtualTime time = VirtualTime.create();
    private final Retry retry = Retry.of(
            "r", c -> c.backoff(Backoff.fixed(Duration.ofNanos(MS_100))).timeSource(time));
    private final Meters meters = Meters.start(retry);
    private final IOException failure = new IOException();

    @Test
    void saysWhenTheNextAttemptIsDueAndWhenThereIsNone() {
        Attempts attempts = retry.start(CallContext.plain());
        assertThat(attempts.attempt()).isEqualTo(1);
        assertThat(attempts.onFailure(failure)).isEqualTo(MS_100);
        assertThat(attempts.begin()).isTrue();
        assertThat(attempts.attempt()).isEqualTo(2);
        assertThat(attempts.context().attempt()).isEqualTo(2);
        assertThat(attempts.context().lastFailure()).isSameAs(failure);
        assertThat(attempts.onResult("ok")).isEqualTo(Attempts.END);
        assertThat(attempts.failure()).isNull();
        assertThat(attempts.result()).isEqualTo("ok");
        assertThat(attempts.begin()).isFalse();
        assertThat(meters.value("retry.calls", "outcome", "success_after_retry"))
                .isEqualTo(1);
        assertThat(meters.value("retry.attempts")).isEqualTo(2);
    }

    @Test
    void aSuccessAtFirstRefillsTheBudget() {
        retry.budget().tryReserve(CallContext.plain(), Verdict.ERROR);
        assertThat(retry.start(CallContext.plain()).onResult(null)).isEqualTo(Attempts.END);
        assertThat(retry.budget().tokens()).isEqualTo(9.1);
        assertThat(meters.value("retry.calls", "outcome", "success")).isEqualTo(1);
    }

    @Test
    void theLastFailureComesOutWhenThereIsNoOtherAttempt() {
        Attempts attempts = retry.start(CallContext.plain());
        for (int i = 0; i < 2; i++) {
            assertThat(attempts.onFailure(failure)).isEqualTo(MS_100);
            assertThat(attempts.begin()).isTrue();
        }
        assertThat(attempts.onFailure(failure)).isEqualTo(Attempts.END);
        assertThat(attempts.failure()).isSameAs(failure).hasNoSuppressedExceptions();
    }

    @Test
    void aCallThatCannotBeRepeatedEndsWithItsFailureAndCostsNoToken() {
        AtomicBoolean repeatable = new AtomicBoolean(true);
        Attempts attempts = retry.start(CallContext.plain().with(CallContext.REPEATABLE, repeatable::get));
        assertThat(attempts.onFailure(failure)).isEqualTo(MS_100);
        assertThat(attempts.begin()).isTrue();
        double tokens = retry.budget().tokens();

        repeatable.set(false);

        assertThat(attempts.onFailure(failure)).isEqualTo(Attempts.END);
        assertThat(attempts.failure()).isSameAs(failure);
        assertThat(retry.budget().tokens()).isEqualTo(tokens);
        assertThat(meters.value("retry.calls", "outcome", "not_retryable")).isEqualTo(1);
    }

    @Test
    void stoppingInsteadOfWaitingReturnsTheTokenOnce() {
        Attempts attempts = retry.start(CallContext.plain());
        attempts.onFailure(failure);
        assertThat(retry.budget().tokens()).isEqualTo(9);
        attempts.stop();
        attempts.stop();
        assertThat(retry.budget().tokens()).isEqualTo(10);
        assertThat(attempts.begin()).isFalse();
        assertThat(attempts.failure()).isSameAs(failure);
        assertThat(meters.value("retry.calls")).isEqualTo(1);
    }

    @Test
    void stoppingDuringAnAttemptMakesItTheLast() {
        Attempts attempts = retry.start(CallContext.plain());
        attempts.stop();
        assertThat(attempts.onFailure(failure)).isEqualTo(Attempts.END);
        assertThat(meters.value("retry.calls")).isEqualTo(1);
    }

    @Test
    void anAttemptDoesNotBeginIfTheWaitTookTooLong() {
        CallContext context = CallContext.plain().deadline(Deadline.after(Duration.ofMillis(200), time));
        Attempts attempts = retry.start(context);
        assertThat(attempts.onFailure(failure)).isEqualTo(MS_100);
        time.advance(Duration.ofMillis(200));
        assertThat(attempts.begin()).isFalse();
        assertThat(attempts.failure()).isSameAs(failure);
        assertThat(retry.budget().tokens()).isEqualTo(10);
        assertThat(meters.value("retry.denied", "reason", "deadline")).isEqualTo(1);
        assertThat(meters.value("retry.attempts")).isEqualTo(1);
    }

    @Test
    void saysThatItIsTheEndIfTheCallMustNotBeRepeated() {
        Attempts attempts = retry.start(CallContext.plain().idempotent(Idempotence.NO));
        assertThat(attempts.onFailure(failure)).isEqualTo(Attempts.END);
    }

    @Test
    void saysThatItIsTheEndIfTheNextWaitWouldTakeTooLong() {
        CallContext context = CallContext.plain().deadline(Deadline.after(Duration.ofNanos(MS_100), time));
        assertThat(retry.start(context).onFailure(failure)).isEqualTo(Attempts.END);
    }

    @Test
    void saysThatItIsTheEndIfTheBudgetIsEmpty() {
        while (retry.budget().tryReserve(CallContext.plain(), Verdict.ERROR)) {}
        assertThat(retry.start(CallContext.plain()).onFailure(failure)).isEqualTo(Attempts.END);
    }

    @Test
    void everyRetryThatIsPaidForIsSettledOnce() {
        Ledger ledger = new Ledger();
        Retry watched = Retry.of(
                "w",
                c -> c.maxAttempts(3)
                        .backoff(Backoff.none())
                        .budget(ledger)
                        .classifier(Classifier.builder()
                                .classify((result, thrown) -> switch (String.valueOf(result)) {
                                    case "busy" -> Verdict.ERROR;
                                    case "rejected" -> Verdict.REJECTED;
                                    default -> null;
                                })
                                .build())
                        .timeSource(time));
        Attempts attempts = watched.start(CallContext.plain());
        attempts.onFailure(failure);
        attempts.begin();
        attempts.onResult("busy");
        attempts.begin();
        attempts.onResult("rejected");
        assertThat(ledger.entries).containsExactly("paid", "failed", "paid", "given back");

        ledger.entries.clear();
        Attempts others = watched.start(CallContext.plain());
        others.onResult("busy");
        others.begin();
        others.onResult("fine");
        watched.start(CallContext.plain()).onResult("fine");
        assertThat(ledger.entries).containsExactly("paid", "succeeded", "success at first");
    }

    /** A budget without end that writes down what it is told. */
    private static final class Ledger implements RetryBudget {

        private final List<String> entries = new ArrayList<>();

        @Override
        public boolean tryReserve(CallContext call, Verdict failed) {
            return entries.add("paid");
        }

        @Override
        public void giveBack() {
            entries.add("given back");
        }

        @Override
        public void retrySucceeded() {
            entries.add("succeeded");
        }

        @Override
        public void retryFailed(Verdict verdict) {
            entries.add("failed");
        }

        @Override
        public void callSucceeded() {
            entries.add("success at first");
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
    void theClockIsNotReadAgainBeforeAnAttemptThatIsDueAtOnce() {
        AtomicInteger reads = new AtomicInteger();
        TimeSource counting = new TimeAround(time) {
            @Override
            public long nanoTime() {
                reads.incrementAndGet();
                return super.nanoTime();
            }
        };
        Retry limited = Retry.of(
                "l",
                c -> c.backoff(Backoff.none())
                        .maxDuration(Duration.ofSeconds(1))
                        .timeSource(counting));
        Attempts attempts = limited.start(CallContext.plain());
        attempts.onFailure(failure);
        int before = reads.get();
        assertThat(attempts.begin()).isTrue();
        assertThat(reads).hasValue(before);
    }

    @Test
    void saysWhereItIs() {
        Attempts attempts = retry.start(CallContext.plain());
        attempts.onFailure(failure);
        attempts.begin();
        assertThat(attempts).hasToString("Attempts['r', attempt 2]");
        attempts.onResult("ok");
        assertThat(attempts).hasToString("Attempts['r', attempt 2, ended]");
    }

    @Test
    void tellingItOfTheSameEndTwiceIsAMistake() {
        Attempts attempts = retry.start(CallContext.plain());
        attempts.onFailure(failure);
        assertThatThrownBy(() -> attempts.onFailure(failure))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'r'");
        attempts.stop();
        assertThatThrownBy(() -> attempts.onResult("late")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void withinAnotherRetrysAttemptItCountsAnew() {
        Attempts attempts = retry.start(CallContext.plain().attempt(3, failure));
        assertThat(attempts.attempt()).isEqualTo(1);
        assertThat(attempts.context().attempt()).isEqualTo(1);
        assertThat(attempts.context().lastFailure()).isNull();
    }

    @Test
    void decorrelatedDelaysFollowTheOneBefore() {
        Retry decorrelated = Retry.of(
                "d",
                c -> c.unlimitedAttempts()
                        .budget(RetryBudget.none())
                        .random(() -> 0.999_999_999)
                        .backoff(Backoff.decorrelated(Duration.ofNanos(100)).upTo(Duration.ofNanos(2_000)))
                        .timeSource(time));
        Attempts attempts = decorrelated.start(CallContext.plain());
        List<Long> delays = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            delays.add(attempts.onFailure(failure));
            attempts.begin();
        }
        assertThat(delays).containsExactly(299L, 896L, 1_999L, 1_999L, 1_999L);
    }

    // ---- which earlier failures come along

    private Throwable outOf(Throwable... failures) {
        Retry many = Retry.of(
                "m",
                c -> c.maxAttempts(failures.length)
                        .backoff(Backoff.none())
                        .budget(RetryBudget.none())
                        .timeSource(time));
        Attempts attempts = many.start(CallContext.plain());
        for (Throwable each : failures) {
            attempts.onFailure(each);
            attempts.begin();
        }
        Throwable out = attempts.failure();
        assertThat(out).isSameAs(failures[failures.length - 1]);
        return out;
    }

    @Test
    void aFewEarlierFailuresAreSuppressedEachOnce() {
        IOException a = new IOException("a");
        IOException b = new IOException("b");
        IOException c = new IOException("c");
        assertThat(outOf(a, b, a, a, b, c).getSuppressed()).containsExactly(a, b);
        IOException d = new IOException("d");
        assertThat(outOf(new IOException(), new IOException(), new IOException(), new IOException(), d)
                        .getSuppressed())
                .hasSize(3);
    }

    @Test
    void anExceptionIsNeverSuppressedInItselfNotEvenByADetour() {
        assertThat(outOf(failure, failure, failure)).hasNoSuppressedExceptions();
        IOException a = new IOException("a");
        IOException b = new IOException("b");
        assertThat(outOf(a, b).getSuppressed()).containsExactly(a);
        assertThat(outOf(b, a)).hasNoSuppressedExceptions();
        IOException wrapper = new IOException(a);
        assertThat(outOf(a, wrapper)).hasNoSuppressedExceptions();
        assertThat(outOf(wrapper, a)).hasNoSuppressedExceptions();
    }

    @Test
    void causesThatGoRoundInACircleAreNotFollowedForEver() {
        IOException one = new IOException("one");
        IOException other = new IOException("other", one);
        one.initCause(other);
        assertThat(outOf(failure, one).getSuppressed()).containsExactly(failure);
    }

    @Test
    void thirtyOneCausesAreLookedAtForAnEarlierFailure() {
        IOException a = new IOException("a");
        assertThat(outOf(a, wrapped(a, 31))).hasNoSuppressedExceptions();
        assertThat(outOf(a, wrapped(a, 32)).getSuppressed()).containsExactly(a);
    }

    private static IOException wrapped(IOException failure, int times) {
        return times == 0 ? failure : new IOException(wrapped(failure, times - 1));
    }

    @Test
    void anInstanceThatManyCallsThrowDoesNotCollectTheirFailures() {
        IOException shared = new IOException("shared");
        for (int call = 0; call < 10; call++) {
            outOf(new IOException(), new IOException(), shared);
        }
        assertThat(shared.getSuppressed()).hasSizeLessThanOrEqualTo(3);
    }

    @Test
    void anExceptionWithoutSuppressionStaysAsItIs() {
        Exception closed = new Exception("closed", null, false, false) {
            private static final long serialVersionUID = 1L;
        };
        assertThat(outOf(failure, closed)).hasNoSuppressedExceptions();
    }

    @Test
    void anExceptionWhoseCauseCannotBeAskedForComesOutAllTheSame() {
        Exception broken = new Exception("broken") {
            private static final long serialVersionUID = 1L;

            @Override
            public synchronized Throwable getCause() {
                throw new IllegalStateException("no cause for you");
            }
        };
        assertThat(outOf(failure, broken)).hasMessage("broken");
    }
}
