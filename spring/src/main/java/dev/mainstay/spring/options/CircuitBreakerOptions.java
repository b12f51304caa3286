package dev.mainstay.spring.options;

import dev.mainstay.backoff.Backoff;
import dev.mainstay.backoff.RandomSource;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreakerConfig;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The options of a circuit breaker, those of {@link CircuitBreakerConfig.Builder} under their names.
 *
 * @param enabled whether the pipeline has this policy
 * @param slidingWindow which calls it looks back on: a number of calls or a duration
 * @param slidingWindowSize looks back on the last so many calls: short for sliding-window
 * @param minimumNumberOfCalls how many calls must be in the window before a rate can open it
 * @param failureRateThreshold opens when at least so many percent of the calls in the window failed
 * @param failureThreshold opens when so many calls failed, of so many or in so long: 5/10 or 5/60s
 * @param noFailureThreshold the rate decides, and not a number of failures
 * @param consecutiveFailures opens after so many failures in a row, whatever the window says
 * @param slowCallDurationThreshold a call that takes longer is slow
 * @param noSlowCalls no call is slow
 * @param slowCallRateThreshold opens when at least so many percent of the calls were slow
 * @param waitDurationInOpenState how long it stays open, the n-th time in a row
 * @param maxRetryAfter for how long it stays open at most because a failure asked for it
 * @param permittedNumberOfCallsInHalfOpenState how many probes are let through half-open
 * @param requiredSuccessesInHalfOpenState how many probes must succeed for it to close
 * @param singleFailedProbeReopens whether one failed probe opens it again, whatever the rate
 * @param maxWaitDurationInHalfOpenState a probe that takes longer counts as an overload
 * @param automaticTransitionFromOpenToHalfOpen whether it becomes half-open by itself and not by the next call
 * @param initialState the state it begins in: closed (the default), open, half-open, disabled, forced-open or
 *     metrics-only
 * @param stackTraces whether the exception of a rejection has a stack trace
 * @param classifier the Classifier bean that says what counts as a failure
 * @param recordExceptions exceptions of these types count as failures, and no others
 * @param ignoreExceptions exceptions of these types count neither way
 * @param overloadExceptions exceptions of these types mean that the other side is too busy
 * @param recordException a Predicate bean: exceptions for which it holds count as failures
 * @param ignoreException a Predicate bean: exceptions for which it holds count neither way
 * @param recordResult a Predicate bean: results for which it holds count as failures
 * @param inspectCauses whether rules also apply to exceptions that have what they name for a cause
 * @param retryAfter a BiFunction bean from result and failure to the Duration after which the other side wants to be
 *     called again
 * @param timeSource the bean that is the clock
 * @param random the RandomSource bean that jitter is drawn from
 * @param keyed an instance for each key of calls instead of one for all
 */
public record CircuitBreakerOptions(
        @Option("Whether the pipeline has this policy; true if its section is there, even empty, or order "
                + "names it. False leaves out that of a base.")
        @Nullable
        Boolean enabled,

        @Option(
                value = "Which calls it looks back on: a number of calls or a duration; the last 100 calls by "
                        + "default.",
                displaces = {"slidingWindowSize", "failureThreshold"})
        @Nullable
        SlidingWindowOptions slidingWindow,

        @Option(
                value = "Looks back on the last so many calls: short for sliding-window.",
                displaces = {"slidingWindow", "failureThreshold"})
        @Nullable
        Integer slidingWindowSize,

        @Option("How many calls must be in the window before a rate can open it; 20 by default, or all of "
                + "a smaller count window.")
        @Nullable
        Integer minimumNumberOfCalls,

        @Option("Opens when at least so many percent of the calls in the window failed; from 1 to 100, 50 "
                + "by default.")
        @Nullable
        Double failureRateThreshold,

        @Option(
                value = "Opens when so many calls failed, of so many or in so long: 5/10 or 5/60s. Takes the "
                        + "place of the rate and sets the window.",
                displaces = {
                    "noFailureThreshold",
                    "failureRateThreshold",
                    "minimumNumberOfCalls",
                    "slidingWindow",
                    "slidingWindowSize"
                })
        @Nullable
        FailureThresholdOptions failureThreshold,

        @Option(
                value = "The rate decides, and not a number of failures; takes back the failure-threshold of a "
                        + "base.",
                displaces = "failureThreshold")
        @Nullable
        Boolean noFailureThreshold,

        @Option("Opens after so many failures in a row, whatever the window says; 0, the default, for " + "never.")
        @Nullable
        Integer consecutiveFailures,

        @Option(value = "A call that takes longer is slow; no call is by default.", displaces = "noSlowCalls") @Nullable
        Duration slowCallDurationThreshold,

        @Option(
                value = "No call is slow; takes back the slow-call-duration-threshold of a base.",
                displaces = {"slowCallDurationThreshold", "slowCallRateThreshold"})
        @Nullable
        Boolean noSlowCalls,

        @Option("Opens when at least so many percent of the calls were slow; from 1 to 100, 100 by " + "default.")
        @Nullable
        Double slowCallRateThreshold,

        @Option("How long it stays open, the n-th time in a row; by default 2 s, twice as much each time "
                + "up to 30 s, 50 % to either side.")
        @Nullable
        BackoffOptions waitDurationInOpenState,

        @Option("For how long it stays open at most because a failure asked for it; 2 min by default.") @Nullable
        Duration maxRetryAfter,

        @Option("How many probes are let through half-open; from 1 to 1000, 3 by default.") @Nullable
        Integer permittedNumberOfCallsInHalfOpenState,

        @Option("How many probes must succeed for it to close; 0, the default, leaves it to the " + "thresholds.")
        @Nullable
        Integer requiredSuccessesInHalfOpenState,

        @Option("Whether one failed probe opens it again, whatever the rate; false by default.") @Nullable
        Boolean singleFailedProbeReopens,

        @Option("A probe that takes longer counts as an overload; 10 s by default.") @Nullable
        Duration maxWaitDurationInHalfOpenState,

        @Option("Whether it becomes half-open by itself and not by the next call; false by default.") @Nullable
        Boolean automaticTransitionFromOpenToHalfOpen,

        @Option("The state it begins in: closed (the default), open, half-open, disabled, forced-open or "
                + "metrics-only.")
        CircuitBreaker.@Nullable State initialState,

        @Option("Whether the exception of a rejection has a stack trace; false by default.") @Nullable
        Boolean stackTraces,

        @Option(
                value = "The Classifier bean that says what counts as a failure; the standard one by default. Not "
                        + "together with the rules that follow.",
                displaces = {
                    "recordExceptions",
                    "ignoreExceptions",
                    "overloadExceptions",
                    "recordException",
                    "ignoreException",
                    "recordResult",
                    "inspectCauses",
                    "retryAfter"
                })
        @Nullable
        String classifier,

        @Option(
                value = "Exceptions of these types count as failures, and no others. A list; the element "
                        + "inherited stands for the list of the base.",
                displaces = "classifier")
        @Nullable
        List<String> recordExceptions,

        @Option(
                value = "Exceptions of these types count neither way. A list; the element inherited stands for "
                        + "the list of the base.",
                displaces = "classifier")
        @Nullable
        List<String> ignoreExceptions,

        @Option(
                value = "Exceptions of these types mean that the other side is too busy. A list; the element "
                        + "inherited stands for the list of the base.",
                displaces = "classifier")
        @Nullable
        List<String> overloadExceptions,

        @Option(value = "A Predicate bean: exceptions for which it holds count as failures.", displaces = "classifier")
        @Nullable
        String recordException,

        @Option(value = "A Predicate bean: exceptions for which it holds count neither way.", displaces = "classifier")
        @Nullable
        String ignoreException,

        @Option(value = "A Predicate bean: results for which it holds count as failures.", displaces = "classifier")
        @Nullable
        String recordResult,

        @Option(
                value = "Whether rules also apply to exceptions that have what they name for a cause; false by "
                        + "default.",
                displaces = "classifier")
        @Nullable
        Boolean inspectCauses,

        @Option(
                value = "A BiFunction bean from result and failure to the Duration after which the other side "
                        + "wants to be called again.",
                displaces = "classifier")
        @Nullable
        String retryAfter,

        @Option("The bean that is the clock; the only TimeSource bean, or the system's, by default.") @Nullable
        String timeSource,

        @Option("The RandomSource bean that jitter is drawn from; the system's by default.") @Nullable
        String random,

        @Option("An instance for each key of calls instead of one for all; off by default.") @Nullable
        KeyedOptions keyed)
        implements PolicyOptions {

    private static final BackoffOptions.Usual WAIT =
            new BackoffOptions.Usual(Duration.ofSeconds(2), Duration.ofSeconds(30), "0.5");

    /** Nothing said. */
    public static CircuitBreakerOptions none() {
        return OptionText.parse(CircuitBreakerOptions.class, java.util.Map.of());
    }

    @SuppressWarnings("unchecked") // type arguments of beans are not looked at
    void applyTo(CircuitBreakerConfig.Builder builder, NamedBeans beans) {
        Settings.set(slidingWindow, window -> builder.slidingWindow(window.window()));
        Settings.set(slidingWindowSize, builder::slidingWindowSize);
        Settings.set(minimumNumberOfCalls, builder::minimumNumberOfCalls);
        Settings.set(failureRateThreshold, builder::failureRateThreshold);
        Settings.set(failureThreshold, threshold -> threshold.applyTo(builder));
        Settings.flag(noFailureThreshold, builder::noFailureThreshold);
        Settings.set(consecutiveFailures, builder::consecutiveFailures);
        Settings.set(slowCallDurationThreshold, builder::slowCallDurationThreshold);
        Settings.flag(noSlowCalls, builder::noSlowCalls);
        Settings.set(slowCallRateThreshold, builder::slowCallRateThreshold);
        Settings.set(waitDurationInOpenState, wait -> {
            Backoff backoff = wait.backoff("waitDurationInOpenState", beans, WAIT);
            builder.waitDurationInOpenState(backoff);
        });
        Settings.set(maxRetryAfter, builder::maxRetryAfter);
        Settings.set(permittedNumberOfCallsInHalfOpenState, builder::permittedNumberOfCallsInHalfOpenState);
        Settings.set(requiredSuccessesInHalfOpenState, builder::requiredSuccessesInHalfOpenState);
        Settings.set(singleFailedProbeReopens, builder::singleFailedProbeReopens);
        Settings.set(maxWaitDurationInHalfOpenState, builder::maxWaitDurationInHalfOpenState);
        Settings.set(automaticTransitionFromOpenToHalfOpen, builder::automaticTransitionFromOpenToHalfOpen);
        Settings.set(initialState, builder::initialState);
        Settings.set(stackTraces, builder::stackTraces);
        Settings.bean(beans, "classifier", classifier, Classifier.class, builder::classifier);
        Settings.exceptions("recordExceptions", recordExceptions, builder::recordExceptions);
        Settings.exceptions("ignoreExceptions", ignoreExceptions, builder::ignoreExceptions);
        Settings.exceptions("overloadExceptions", overloadExceptions, builder::overloadExceptions);
        Settings.bean(beans, "recordException", recordException, Predicate.class, builder::recordException);
        Settings.bean(beans, "ignoreException", ignoreException, Predicate.class, builder::ignoreException);
        Settings.bean(beans, "recordResult", recordResult, Predicate.class, builder::recordResult);
        Settings.set(inspectCauses, builder::inspectCauses);
        Settings.bean(beans, "retryAfter", retryAfter, BiFunction.class, builder::retryAfter);
        Settings.bean(beans, "timeSource", timeSource, TimeSource.class, builder::timeSource);
        Settings.bean(beans, "random", random, RandomSource.class, builder::random);
    }
}
