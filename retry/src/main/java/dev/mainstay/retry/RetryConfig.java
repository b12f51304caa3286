package dev.mainstay.retry;

import dev.mainstay.backoff.Backoff;
import dev.mainstay.backoff.RandomSource;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.safe.Require;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The options of a {@link Retry}. Immutable.
 *
 * @param maxAttempts how many attempts a call has at most, the first among them; {@link Integer#MAX_VALUE} is no limit
 * @param backoff how long to wait after an ERROR
 * @param overloadBackoff how long to wait after an OVERLOAD
 * @param delayFunction how long to wait instead, where it has an opinion; null (the default) for the backoffs alone
 * @param classifier whose ERROR and OVERLOAD are retried
 * @param maxRetryAfter how long to wait at most because the other side asked for it; if it asks for more, the retry
 *     ends with the failure
 * @param budget what pays for retries, shared with whoever has the same; null (the default) for a {@linkplain
 *     RetryBudget#standard() standard} one of each retry's own
 * @param maxDuration how long after a call's begin a retry may still begin; null (the default) for as long as the
 *     call's deadline allows
 * @param failAfterMaxAttempts whether a result that is still not acceptable at the end is thrown, in a {@link
 *     RetriesExhaustedException}, or returned
 * @param random where jitter is drawn
 * @param timeSource the clock
 */
public record RetryConfig(
        int maxAttempts,
        Backoff backoff,
        Backoff overloadBackoff,
        @Nullable DelayFunction delayFunction,
        Classifier classifier,
        Duration maxRetryAfter,
        @Nullable RetryBudget budget,
        @Nullable Duration maxDuration,
        boolean failAfterMaxAttempts,
        RandomSource random,
        TimeSource timeSource) {

    /** What messages call the policy. */
    static final String KIND = "retry";

    private static final RetryConfig DEFAULTS = builder().build();

    /** Checks every option; {@link #builder()} is how people come here. */
    public RetryConfig {
        Require.atLeast("maxAttempts", maxAttempts, 1);
        Require.present("backoff", backoff);
        Require.present("overloadBackoff", overloadBackoff);
        Require.present("classifier", classifier);
        Require.notNegative("maxRetryAfter", maxRetryAfter);
        if (maxDuration != null) {
            Require.positive("maxDuration", maxDuration);
        }
        Require.present("random", random);
        Require.present("timeSource", timeSource);
    }

    /** What holds if nothing is said. */
    public static RetryConfig defaults() {
        return DEFAULTS;
    }

    /** Begins with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Begins with these options. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.maxAttempts = maxAttempts;
        builder.backoff = backoff;
        builder.overloadBackoff = overloadBackoff;
        builder.delayFunction = delayFunction;
        builder.classifier = classifier;
        builder.maxRetryAfter = maxRetryAfter;
        builder.budget = budget;
        builder.maxDuration = maxDuration;
        builder.failAfterMaxAttempts = failAfterMaxAttempts;
        builder.random = random;
        builder.timeSource = timeSource;
        return builder;
    }

    /**
     * Collects options. Not safe for use by many threads.
     *
     * <p>What is retried is said either by a {@link #classifier} or by rules: {@link #retryExceptions}, {@link
     * #ignoreExceptions} and their siblings, which are added to those of the options it began with. Both in one builder
     * are an error.
     */
    public static final class Builder {

        private int maxAttempts = 3;
        private Backoff backoff = Backoff.exponential(Duration.ofMillis(50))
                .upTo(Duration.ofSeconds(2))
                .fullJitter();
        private Backoff overloadBackoff = Backoff.exponential(Duration.ofSeconds(1))
                .upTo(Duration.ofSeconds(2))
                .fullJitter();
        private @Nullable DelayFunction delayFunction;
        private Classifier classifier = Classifier.standard();
        private boolean classifierGiven;
        private Classifier.@Nullable Builder rules;
        private Duration maxRetryAfter = Duration.ofMinutes(1);
        private @Nullable RetryBudget budget;
        private @Nullable Duration maxDuration;
        private boolean failAfterMaxAttempts = true;
        private RandomSource random = RandomSource.system();
        private TimeSource timeSource = TimeSource.system();

        private Builder() {}

        /**
         * How many attempts a call has at most, the first among them: 3 by default, and with 1 nothing is ever retried.
         */
        public Builder maxAttempts(int maxAttempts) {
            this.maxAttempts = maxAttempts;
            return this;
        }

        /** As many attempts as the budget and the deadline allow. */
        public Builder unlimitedAttempts() {
            return maxAttempts(Integer.MAX_VALUE);
        }

        /**
         * How long to wait after an attempt that failed: by default 50 ms, twice as much each time, up to 2 s, with
         * full jitter. What means that the other side is too busy, such as a time-out, has an {@link #overloadBackoff}
         * of its own.
         */
        public Builder backoff(Backoff backoff) {
            this.backoff = backoff;
            return this;
        }

        /**
         * How long to wait after an attempt that met with an overload: by default 1 s, twice as much each time, up to 2
         * s, with full jitter.
         */
        public Builder overloadBackoff(Backoff overloadBackoff) {
            this.overloadBackoff = overloadBackoff;
            return this;
        }

        /**
         * How long to wait, depending on the attempt and on how it ended. What it gives takes the place of the backoff,
         * as it is, without jitter; null leaves the wait to the backoff; less than zero ends the retry: the failure
         * comes out, or the result as {@link #failAfterMaxAttempts} says, and the call counts as not retryable. It is
         * asked about outcomes that would be repeated, while there are attempts left. {@code retryAfter} is kept all
         * the same: the wait is not shorter than that. Where the function throws, that is logged once, and the backoff
         * counts.
         *
         * @param delayFunction null (the default) for the backoffs alone
         */
        public Builder delayFunction(@Nullable DelayFunction delayFunction) {
            this.delayFunction = delayFunction;
            return this;
        }

        /**
         * Who judges how attempts end: what is an ERROR or an OVERLOAD to it is retried, and nothing else; {@link
         * Classifier#standard()} by default.
         */
        public Builder classifier(Classifier classifier) {
            this.classifier = Require.present("classifier", classifier);
            this.classifierGiven = true;
            return this;
        }

        /**
         * Retries exceptions of these types, and those that no rule names no longer. Our own rejections are only
         * retried if they are named here or by a subtype: {@code retryExceptions(Exception.class)} leaves them out.
         *
         * <p>A rejection that says when to come back is waited for, even with {@link Backoff#none()}: a call that an
         * open circuit breaker rejected is repeated when the breaker lets probes in, not before. {@link #maxRetryAfter}
         * caps that wait, and zero there switches it off.
         */
        @SafeVarargs
        @SuppressWarnings("varargs") // only handed on
        public final Builder retryExceptions(Class<? extends Exception>... types) {
            rules().recordExceptionsAs("retryExceptions", types);
            return this;
        }

        /** Retries exceptions of these types, with the {@link #overloadBackoff}. */
        @SafeVarargs
        @SuppressWarnings("varargs") // only handed on
        public final Builder overloadExceptions(Class<? extends Exception>... types) {
            rules().overloadExceptions(types);
            return this;
        }

        /**
         * Does not retry exceptions of these types. Of all rules that match, the one for the most specific type wins.
         */
        @SafeVarargs
        @SuppressWarnings("varargs") // only handed on
        public final Builder ignoreExceptions(Class<? extends Exception>... types) {
            rules().ignoreExceptions(types);
            return this;
        }

        /**
         * Retries exceptions for which this holds, and those that no rule names no longer. Asked where no type is
         * named.
         */
        public Builder retryOnException(Predicate<? super Exception> predicate) {
            rules().recordException(Require.present("retryOnException", predicate));
            return this;
        }

        /** Does not retry exceptions for which this holds. Asked where no type is named. */
        public Builder ignoreException(Predicate<? super Exception> predicate) {
            rules().ignoreException(predicate);
            return this;
        }

        /** Retries calls whose result, null among them, this holds for. */
        @SuppressWarnings("NullAway") // which cannot see @Nullable within the types of another module's methods
        public Builder retryOnResult(Predicate<@Nullable Object> predicate) {
            rules().recordResult(Require.present("retryOnResult", predicate));
            return this;
        }

        /** Whether rules also apply to exceptions that have what they name for a cause; false by default. */
        public Builder inspectCauses(boolean inspectCauses) {
            rules().inspectCauses(inspectCauses);
            return this;
        }

        /**
         * Reads out of a result or a failure when the other side wants to be called again; null means that it does not
         * say. By default those are asked that implement {@link dev.mainstay.outcome.RetryAfterHint}. The wait is never
         * shorter, and up to a tenth longer, so that a crowd that was sent away together does not come back together.
         */
        @SuppressWarnings("NullAway") // which cannot see @Nullable within the types of another module's methods
        public Builder retryAfter(BiFunction<@Nullable Object, @Nullable Throwable, @Nullable Duration> function) {
            rules().retryAfter(function);
            return this;
        }

        private Classifier.Builder rules() {
            if (rules == null) {
                rules = classifier.toBuilder();
            }
            return rules;
        }

        /**
         * How long to wait at most because the other side asked for it, or a policy further in that rejected the call;
         * 1 min by default. If they ask for more, the retry ends with the failure: it never comes back sooner than it
         * was told. Zero means that nobody is asked, and the backoff alone counts.
         */
        public Builder maxRetryAfter(Duration maxRetryAfter) {
            this.maxRetryAfter = maxRetryAfter;
            return this;
        }

        /**
         * What pays for retries. By default (null) each retry has a {@linkplain RetryBudget#standard() standard} budget
         * of its own; give the same one to all retries with the same target, or {@link RetryBudget#none()} to do
         * without.
         */
        public Builder budget(@Nullable RetryBudget budget) {
            this.budget = budget;
            return this;
        }

        /**
         * How long after the begin of a call a retry may still begin. It ends no attempt: for that there are time
         * limiters, whose deadline is kept in any case. By default (null) there is no other limit than that.
         */
        public Builder maxDuration(@Nullable Duration maxDuration) {
            this.maxDuration = maxDuration;
            return this;
        }

        /**
         * Whether a result that is still not acceptable when the call is not attempted again, for whatever reason, is
         * thrown in a {@link RetriesExhaustedException} (true, the default) or returned.
         */
        public Builder failAfterMaxAttempts(boolean failAfterMaxAttempts) {
            this.failAfterMaxAttempts = failAfterMaxAttempts;
            return this;
        }

        /** Where jitter is drawn; the calling thread's own generator by default. */
        public Builder random(RandomSource random) {
            this.random = random;
            return this;
        }

        /** The clock; the system's by default. */
        public Builder timeSource(TimeSource timeSource) {
            this.timeSource = timeSource;
            return this;
        }

        /**
         * The options.
         *
         * @throws IllegalArgumentException naming the option that is wrong, its value and what is allowed
         */
        public RetryConfig build() {
            return Require.configured(KIND, this::config);
        }

        private RetryConfig config() {
            Require.check(
                    rules == null || !classifierGiven,
                    "classifier",
                    "given together with rules such as retryExceptions",
                    "given alone: put the rules into it");
            return new RetryConfig(
                    maxAttempts,
                    backoff,
                    overloadBackoff,
                    delayFunction,
                    rules == null ? classifier : rules.build(),
                    maxRetryAfter,
                    budget,
                    maxDuration,
                    failAfterMaxAttempts,
                    random,
                    timeSource);
        }
    }
}
