package dev.mainstay.outcome;

import static dev.mainstay.outcome.Verdict.ERROR;
import static dev.mainstay.outcome.Verdict.IGNORED;
import static dev.mainstay.outcome.Verdict.OVERLOAD;
import static dev.mainstay.outcome.Verdict.REJECTED;
import static dev.mainstay.outcome.Verdict.SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.call.CallContext;
import dev.mainstay.call.Idempotence;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.VirtualTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class ClassifierTest {

    private static final CallContext PLAIN = CallContext.plain();

    private static Verdict verdict(Classifier classifier, Throwable failure) {
        return classifier.ofFailure(PLAIN, failure);
    }

    @Test
    void withoutRulesEveryKindOfEndMeansWhatItShould() {
        Classifier standard = Classifier.standard();

        assertThat(standard.ofResult(PLAIN, null)).isEqualTo(SUCCESS);
        assertThat(verdict(standard, new IOException())).isEqualTo(ERROR);
        assertThat(verdict(standard, new CallTimeoutException("t", 1, null, false)))
                .isEqualTo(OVERLOAD);
        assertThat(verdict(standard, new CallRejectedException(new Rejection("r", RejectionReason.FULL, -1))))
                .isEqualTo(REJECTED);
        assertThat(verdict(standard, new InterruptedException())).isEqualTo(IGNORED);
        assertThat(verdict(standard, new CancellationException())).isEqualTo(IGNORED);
        assertThat(verdict(standard, new OutOfMemoryError())).isEqualTo(IGNORED);
        assertThat(verdict(standard, new AssertionError())).isEqualTo(IGNORED);
    }

    @Test
    void anInterruptOrACancellationAfterTheDeadlineIsAnOverload() {
        VirtualTime time = VirtualTime.create();
        CallContext context = PLAIN.deadline(Deadline.after(Duration.ofSeconds(1), time));

        assertThat(Classifier.standard().ofFailure(context, new InterruptedException()))
                .isEqualTo(IGNORED);
        time.advance(Duration.ofSeconds(1));
        assertThat(Classifier.standard().ofFailure(context, new InterruptedException()))
                .isEqualTo(OVERLOAD);
        assertThat(Classifier.standard().ofFailure(context, new CancellationException()))
                .isEqualTo(OVERLOAD);
        assertThat(Classifier.standard().ofFailure(context, new IOException())).isEqualTo(ERROR);
    }

    @Test
    void theRuleForTheMostSpecificTypeWinsWhateverTheOrder() {
        Classifier one = Classifier.builder()
                .recordExceptions(IOException.class)
                .ignoreExceptions(FileNotFoundException.class)
                .build();
        Classifier other = Classifier.builder()
                .ignoreExceptions(FileNotFoundException.class)
                .recordExceptions(IOException.class)
                .build();

        for (Classifier classifier : new Classifier[] {one, other}) {
            assertThat(verdict(classifier, new IOException())).isEqualTo(ERROR);
            assertThat(verdict(classifier, new FileNotFoundException())).isEqualTo(IGNORED);
            assertThat(verdict(classifier, new IllegalStateException())).isEqualTo(SUCCESS);
        }
    }

    @Test
    void recordingAllExceptionsStillCountsNoRejectionOfOurs() {
        Classifier all = Classifier.builder().recordExceptions(Exception.class).build();
        Classifier rejectionsToo = Classifier.builder()
                .recordExceptions(Exception.class, CallRejectedException.class)
                .build();
        CallRejectedException rejection = new CallRejectedException(new Rejection("r", RejectionReason.FULL, -1));

        assertThat(verdict(all, rejection)).isEqualTo(REJECTED);
        assertThat(verdict(rejectionsToo, rejection)).isEqualTo(ERROR);
        assertThat(verdict(all, new InterruptedException())).isEqualTo(IGNORED);
    }

    @Test
    void aTimeoutThatIsRecordedByNameGoesOnBeingAnOverload() {
        Classifier classifier = Classifier.builder()
                .recordExceptions(CallTimeoutException.class)
                .build();

        assertThat(verdict(classifier, new CallTimeoutException("t", 1, null, false)))
                .isEqualTo(OVERLOAD);
    }

    @Test
    void causesAreLookedAtOnlyIfAsked() {
        Exception wrapped = new IllegalStateException(new IOException());
        Classifier.Builder rules = Classifier.builder().ignoreExceptions(IOException.class);

        assertThat(verdict(rules.build(), wrapped)).isEqualTo(ERROR);
        assertThat(verdict(rules.inspectCauses(true).build(), wrapped)).isEqualTo(IGNORED);
    }

    @Test
    void causesThatGoInCirclesEnd() {
        Exception first = new IllegalStateException();
        Exception second = new IllegalArgumentException(first);
        first.initCause(second);
        Classifier classifier = Classifier.builder()
                .inspectCauses(true)
                .ignoreExceptions(IOException.class)
                .build();

        assertThat(verdict(classifier, first)).isEqualTo(ERROR);
    }

    @Test
    void predicatesDecideWhereNoTypeIsNamed() {
        Classifier classifier = Classifier.builder()
                .recordExceptions(FileNotFoundException.class)
                .recordException(failure -> "record".equals(failure.getMessage()))
                .ignoreException(failure -> "ignore".equals(failure.getMessage()))
                .recordResult(result -> result == null)
                .build();

        assertThat(verdict(classifier, new IOException("record"))).isEqualTo(ERROR);
        assertThat(verdict(classifier, new IOException("ignore"))).isEqualTo(IGNORED);
        assertThat(verdict(classifier, new FileNotFoundException("ignore"))).isEqualTo(ERROR);
        assertThat(verdict(classifier, new IOException("else"))).isEqualTo(SUCCESS);
        assertThat(classifier.ofResult(PLAIN, null)).isEqualTo(ERROR);
        assertThat(classifier.ofResult(PLAIN, "something")).isEqualTo(SUCCESS);
    }

    @Test
    void aFunctionIsAskedFirstAndMayLeaveItToTheRules() {
        Classifier classifier = Classifier.builder()
                .classify((result, failure) -> "busy".equals(result) ? OVERLOAD : failure == null ? null : IGNORED)
                .build();

        assertThat(classifier.ofResult(PLAIN, "busy")).isEqualTo(OVERLOAD);
        assertThat(classifier.ofResult(PLAIN, "fine")).isEqualTo(SUCCESS);
        assertThat(verdict(classifier, new IOException())).isEqualTo(IGNORED);
    }

    @Test
    void whatThrowsIsTakenForNoAnswer() {
        Classifier classifier = Classifier.builder()
                .classify((result, failure) -> {
                    throw new IllegalStateException("a function that throws");
                })
                .recordException(failure -> {
                    throw new IllegalStateException("a predicate that throws");
                })
                .recordResult(result -> {
                    throw new IllegalStateException("a predicate that throws");
                })
                .retryAfter((result, failure) -> {
                    throw new IllegalStateException("a function that throws");
                })
                .build();

        assertThat(verdict(classifier, new IOException())).isEqualTo(ERROR);
        assertThat(classifier.ofResult(PLAIN, "anything")).isEqualTo(SUCCESS);
        assertThat(classifier.retryAfterNanos(null, new IOException())).isNegative();
    }

    @Test
    void theWaitThatTheOtherSideAsksForIsReadFromFailuresResultsAndFunctions() {
        Classifier standard = Classifier.standard();
        Classifier reads = Classifier.builder()
                .retryAfter((result, failure) -> "later".equals(result) ? Duration.ofSeconds(7) : null)
                .build();
        RetryAfterHint hint = () -> Duration.ofSeconds(3);

        assertThat(standard.retryAfterNanos(hint, null))
                .isEqualTo(Duration.ofSeconds(3).toNanos());
        assertThat(standard.retryAfterNanos(
                        null, new CallRejectedException(new Rejection("r", RejectionReason.RATE, 5))))
                .isEqualTo(5);
        assertThat(standard.retryAfterNanos(null, new IOException())).isNegative();
        assertThat(reads.retryAfterNanos("later", null))
                .isEqualTo(Duration.ofSeconds(7).toNanos());
        assertThat(reads.retryAfterNanos(hint, null))
                .isEqualTo(Duration.ofSeconds(3).toNanos());
        assertThat(standard.retryAfterNanos((RetryAfterHint) () -> Duration.ofSeconds(-1), null))
                .isNegative();
    }

    @Test
    void rulesCanBeAddedToThoseOfAnother() {
        Classifier base = Classifier.builder()
                .recordExceptions(IOException.class)
                .recordResult(result -> result == null)
                .inspectCauses(true)
                .build();
        Classifier more =
                base.toBuilder().ignoreExceptions(FileNotFoundException.class).build();

        assertThat(verdict(more, new IOException())).isEqualTo(ERROR);
        assertThat(verdict(more, new IllegalStateException())).isEqualTo(SUCCESS);
        assertThat(verdict(more, new FileNotFoundException())).isEqualTo(IGNORED);
        assertThat(verdict(more, new IllegalStateException(new IOException()))).isEqualTo(ERROR);
        assertThat(more.ofResult(PLAIN, null)).isEqualTo(ERROR);
        assertThat(verdict(base, new FileNotFoundException()))
                .as("the other is as it was")
                .isEqualTo(ERROR);
    }

    @Test
    void nullRulesAreRejectedByName() {
        assertThatThrownBy(() -> Classifier.builder().recordExceptions((Class<? extends Exception>) null))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("recordExceptions");
        assertThatThrownBy(() -> Classifier.builder().recordResult(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("recordResult");
    }

    @Test
    void aRuleForAnExceptionItselfComesBeforeOneForItsCause() {
        Classifier classifier = Classifier.builder()
                .recordExceptions(IllegalStateException.class)
                .ignoreExceptions(IOException.class)
                .inspectCauses(true)
                .build();

        assertThat(verdict(classifier, new IllegalStateException(new IOException())))
                .isEqualTo(ERROR);
    }

    @Test
    void aRuleForACauseComesBeforeAStandingOneForTheExceptionItself() {
        Classifier classifier = Classifier.builder()
                .recordExceptions(IOException.class)
                .inspectCauses(true)
                .build();
        Exception cancelled = new CancellationException();
        cancelled.initCause(new IOException());

        assertThat(verdict(classifier, cancelled)).isEqualTo(ERROR);
    }

    @Test
    void standingRulesHoldWhereNoCauseIsNamed() {
        Classifier classifier = Classifier.builder()
                .ignoreExceptions(IOException.class)
                .inspectCauses(true)
                .build();

        assertThat(verdict(classifier, new CallTimeoutException("t", 1, null, false)))
                .isEqualTo(OVERLOAD);
    }

    @Test
    void ofAnEndlessRowOfCausesThirtyTwoAreLookedAt() {
        Classifier classifier = Classifier.builder()
                .ignoreExceptions(IOException.class)
                .inspectCauses(true)
                .build();

        assertThat(verdict(classifier, wrapped(32))).isEqualTo(IGNORED);
        assertThat(verdict(classifier, wrapped(33))).isEqualTo(ERROR);
    }

    /** An exception whose n-th cause is an {@code IOException}. */
    private static Exception wrapped(int times) {
        Exception failure = new IOException();
        for (int i = 0; i < times; i++) {
            failure = new IllegalStateException(failure);
        }
        return failure;
    }

    @Test
    void aFunctionOfYourOwnKnowsTheWaitBetterThanARejection() {
        Classifier reads = Classifier.builder()
                .retryAfter((result, failure) -> Duration.ofNanos(7))
                .build();

        assertThat(reads.retryAfterNanos(null, new CallRejectedException(new Rejection("r", RejectionReason.RATE, 5))))
                .isEqualTo(7);
    }

    @Test
    void hintsAreReadFromTypesThatAppearLaterAndNothingElseIsTakenForOne() {
        Object hint = ofNewType(RetryAfterHint.class, Duration.ofNanos(3));
        Object other = ofNewType(Supplier.class, Duration.ofNanos(3));

        assertThat(Classifier.standard().retryAfterNanos(hint, null)).isEqualTo(3);
        assertThat(Classifier.standard().retryAfterNanos(other, null)).isNegative();
    }

    /** Something whose class nobody has seen before, and whose methods all give the answer. */
    private static Object ofNewType(Class<?> itsInterface, Object answer) {
        ClassLoader loader = new ClassLoader(ClassifierTest.class.getClassLoader()) {};
        return Proxy.newProxyInstance(loader, new Class<?>[] {itsInterface}, (proxy, method, arguments) -> answer);
    }

    @Test
    void aFunctionMayWantToKnowTheCall() {
        Classifier classifier = Classifier.builder()
                .classifyWithContext(
                        (context, result, failure) -> context.idempotent() == Idempotence.YES ? Verdict.ERROR : null)
                .build();
        CallContext idempotent = CallContext.plain().idempotent(Idempotence.YES);

        assertThat(classifier.judgesResults()).isTrue();
        assertThat(classifier.ofResult(idempotent, "x")).isEqualTo(Verdict.ERROR);
        assertThat(classifier.ofResult(CallContext.plain(), "x")).isEqualTo(Verdict.SUCCESS);
        assertThat(classifier.ofFailure(idempotent, new InterruptedException())).isEqualTo(Verdict.ERROR);
        assertThat(classifier.ofFailure(CallContext.plain(), new InterruptedException()))
                .isEqualTo(Verdict.IGNORED);
        assertThat(classifier.toBuilder().build().ofResult(idempotent, "x")).isEqualTo(Verdict.ERROR);
    }

    @Test
    void ofTwoFunctionsTheOneNamedLastIsAsked() {
        Classifier classifier = Classifier.builder()
                .classifyWithContext((context, result, failure) -> Verdict.ERROR)
                .classify((result, failure) -> Verdict.OVERLOAD)
                .build();

        assertThat(classifier.ofResult(CallContext.plain(), "x")).isEqualTo(Verdict.OVERLOAD);
    }
}
