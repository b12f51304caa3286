package dev.mainstay.spring.options;

import dev.mainstay.backoff.RandomSource;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.retry.DelayFunction;
import dev.mainstay.retry.RetryConfig;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The options of a retry, those of {@link RetryConfig.Builder} under their names.
 *
 * @param enabled whether the pipeline has this policy
 * @param maxAttempts how many attempts a call has at most, the first among them
 * @param unlimitedAttempts as many attempts as the budget and the deadline allow
 * @param backoff how long to wait after an attempt that failed
 * @param overloadBackoff how long to wait after an overload
 * @param delayFunction the DelayFunction bean that says how long to wait, depending on the outcome
 * @param classifier the Classifier bean whose ERROR and OVERLOAD are retried
 * @param retryExceptions retries exceptions of these types, and those that no rule names no longer
 * @param ignoreExceptions does not retry exceptions of these types
 * @param overloadExceptions retries exceptions of these types, with the overload-backoff
 * @param retryOnException a Predicate bean: exceptions for which it holds are retried
 * @param ignoreException a Predicate bean: exceptions for which it holds are not retried
 * @param retryOnResult a Predicate bean: results for which it holds are retried
 * @param inspectCauses whether rules also apply to exceptions that have what they name for a cause
 * @param retryAfter a BiFunction bean from result and failure to the Duration after which the other side wants to be
 *     called again
 * @param maxRetryAfter how long to wait at most because the other side asked for it
 * @param budget what pays for retries: standard (the default), none, the name of one of retry-budgets or of a bean, or
 *     numbers
 * @param maxDuration how long after a call's begin a retry may still begin
 * @param failAfterMaxAttempts whether a result that is still not acceptable at the end is thrown, and not returned
 * @param random the RandomSource bean that jitter is drawn from
 * @param timeSource the bean that is the clock
 * @param keyed an instance for each key of calls instead of one for all
 */
public record RetryOptions(
        @Option("Whether the pipeline has this policy; true if its section is there, even empty, or order "
                + "names it. False leaves out that of a base.")
        @Nullable
        Boolean enabled,

        @Option(
                value = "How many attempts a call has at most, the first among them; 3 by default.",
                displaces = "unlimitedAttempts")
        @Nullable
        Integer maxAttempts,

        @Option(
                value = "As many attempts as the budget and the deadline allow; false by default.",
                displaces = "maxAttempts")
        @Nullable
        Boolean unlimitedAttempts,

        @Option("How long to wait after an attempt that failed; by default 50 ms, twice as much each time "
                + "up to 2 s, full jitter.")
        @Nullable
        BackoffOptions backoff,

        @Option("How long to wait after an overload; by default 1 s, twice as much each time up to 2 s, "
                + "full jitter.")
        @Nullable
        BackoffOptions overloadBackoff,

        @Option("The DelayFunction bean that says how long to wait, depending on the outcome; none by " + "default.")
        @Nullable
        String delayFunction,

        @Option(
                value = "The Classifier bean whose ERROR and OVERLOAD are retried; the standard one by default. "
                        + "Not together with the rules that follow.",
                displaces = {
                    "retryExceptions",
                    "ignoreExceptions",
                    "overloadExceptions",
                    "retryOnException",
                    "ignoreException",
                    "retryOnResult",
                    "inspectCauses",
                    "retryAfter"
                })
        @Nullable
        String classifier,

        @Option(
                value = "Retries exceptions of these types, and those that no rule names no longer. A list; the "
                        + "element inherited stands for the list of the base.",
                displaces = "classifier")
        @Nullable
        List<String> retryExceptions,

        @Option(
                value = "Does not retry exceptions of these types. A list; the element inherited stands for the "
                        + "list of the base.",
                displaces = "classifier")
        @Nullable
        List<String> ignoreExceptions,

        @Option(
                value = "Retries exceptions of these types, with the overload-backoff. A list; the element "
                        + "inherited stands for the list of the base.",
                displaces = "classifier")
        @Nullable
        List<String> overloadExceptions,

        @Option(value = "A Predicate bean: exceptions for which it holds are retried.", displaces = "classifier")
        @Nullable
        String retryOnException,

        @Option(value = "A Predicate bean: exceptions for which it holds are not retried.", displaces = "classifier")
        @Nullable
        String ignoreException,

        @Option(value = "A Predicate bean: results for which it holds are retried.", displaces = "classifier") @Nullable
        String retryOnResult,

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

        @Option("How long to wait at most because the other side asked for it; 1 min by default, 0 asks " + "nobody.")
        @Nullable
        Duration maxRetryAfter,

        @Option("What pays for retries: standard (the default), none, the name of one of retry-budgets or "
                + "of a bean, or numbers.")
        @Nullable
        BudgetOptions budget,

        @Option("How long after a call's begin a retry may still begin; as long as its deadline allows by "
                + "default.")
        @Nullable
        Duration maxDuration,

        @Option("Whether a result that is still not acceptable at the end is thrown, and not returned; "
                + "true by default.")
        @Nullable
        Boolean failAfterMaxAttempts,

        @Option("The RandomSource bean that jitter is drawn from; the system's by default.") @Nullable
        String random,

        @Option("The bean that is the clock; the only TimeSource bean, or the system's, by default.") @Nullable
        String timeSource,

        @Option("An instance for each key of calls instead of one for all; off by default.") @Nullable
        KeyedOptions keyed)
        implements PolicyOptions {

    private static final BackoffOptions.Usual BACKOFF =
            new BackoffOptions.Usual(Duration.ofMillis(50), Duration.ofSeconds(2), "full");

    private static final BackoffOptions.Usual OVERLOAD_BACKOFF =
            new BackoffOptions.Usual(Duration.ofSeconds(1), Duration.ofSeconds(2), "full");

    /** Nothing said. */
    public static RetryOptions none() {
        return OptionText.parse(RetryOptions.class, java.util.Map.of());
    }

    @SuppressWarnings("unchecked") // type arguments of beans are not looked at
    void applyTo(RetryConfig.Builder builder, NamedBeans beans) {
        Settings.set(maxAttempts, builder::maxAttempts);
        Settings.flag(unlimitedAttempts, builder::unlimitedAttempts);
        Settings.set(backoff, own -> builder.backoff(own.backoff("backoff", beans, BACKOFF)));
        Settings.set(
                overloadBackoff,
                own -> builder.overloadBackoff(own.backoff("overloadBackoff", beans, OVERLOAD_BACKOFF)));
        Settings.bean(beans, "delayFunction", delayFunction, DelayFunction.class, builder::delayFunction);
        Settings.bean(beans, "classifier", classifier, Classifier.class, builder::classifier);
        Settings.exceptions("retryExceptions", retryExceptions, builder::retryExceptions);
        Settings.exceptions("ignoreExceptions", ignoreExceptions, builder::ignoreExceptions);
        Settings.exceptions("overloadExceptions", overloadExceptions, builder::overloadExceptions);
        Settings.bean(beans, "retryOnException", retryOnException, Predicate.class, builder::retryOnException);
        Settings.bean(beans, "ignoreException", ignoreException, Predicate.class, builder::ignoreException);
        Settings.bean(beans, "retryOnResult", retryOnResult, Predicate.class, builder::retryOnResult);
        Settings.set(inspectCauses, builder::inspectCauses);
        Settings.bean(beans, "retryAfter", retryAfter, BiFunction.class, builder::retryAfter);
        Settings.set(maxRetryAfter, builder::maxRetryAfter);
        Settings.set(budget, own -> builder.budget(own.budget(beans)));
        Settings.set(maxDuration, builder::maxDuration);
        Settings.set(failAfterMaxAttempts, builder::failAfterMaxAttempts);
        Settings.bean(beans, "random", random, RandomSource.class, builder::random);
        Settings.bean(beans, "timeSource", timeSource, TimeSource.class, builder::timeSource);
    }
}
