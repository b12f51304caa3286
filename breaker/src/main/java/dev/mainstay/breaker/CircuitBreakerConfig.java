package dev.mainstay.breaker;

import dev.mainstay.backoff.Backoff;
import dev.mainstay.backoff.RandomSource;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.safe.Require;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The options of a {@link CircuitBreaker}. Immutable.
 *
 * @param slidingWindow which calls it looks back on; the last 100 by default
 * @param minimumNumberOfCalls how many calls must be in the window before a rate can open it; 20 by default, or all of
 *     a smaller count window
 * @param failureRateThreshold opens when at least so many percent of the calls failed; 50 by default
 * @param failureThreshold opens when at least so many of the calls in the window failed, however many calls there were,
 *     and takes the place of the rate; 0 (the default) if the rate decides
 * @param consecutiveFailures opens after so many failures in a row, whatever the window says; 0 (the default) for never
 * @param slowCallDurationThreshold a call that takes longer is slow; null (the default) if none is
 * @param slowCallRateThreshold opens when at least so many percent of the calls were slow; 100 by default
 * @param waitDurationInOpenState how long it stays open, the n-th time in a row; by default 2 s, twice as much each
 *     time up to 30 s, ± 50 %
 * @param maxRetryAfter for how long it stays open at most because a failure asked for it; two minutes by default
 * @param permittedNumberOfCallsInHalfOpenState how many probes decide; 3 by default
 * @param requiredSuccessesInHalfOpenState how many of the probes must succeed for it to close; 0 (the default) if that
 *     follows from the thresholds for failures
 * @param singleFailedProbeReopens whether one failed probe opens it again, whatever the rate; false by default
 * @param maxWaitDurationInHalfOpenState a probe that takes longer counts as an overload; 10 s by default
 * @param automaticTransitionFromOpenToHalfOpen whether it becomes half-open by itself and not by the next call; false
 *     by default
 * @param initialState the state it begins in; closed by default
 * @param stackTraces whether rejections have a stack trace; false by default
 * @param classifier what counts as a failure
 * @param timeSource the clock
 * @param random what the wait's jitter is drawn from
 */
public record CircuitBreakerConfig(
        SlidingWindow slidingWindow,
        int minimumNumberOfCalls,
        double failureRateThreshold,
        int failureThreshold,
        int consecutiveFailures,
        @Nullable Duration slowCallDurationThreshold,
        double slowCallRateThreshold,
        Backoff waitDurationInOpenState,
        Duration maxRetryAfter,
        int permittedNumberOfCallsInHalfOpenState,
        int requiredSuccessesInHalfOpenState,
        boolean singleFailedProbeReopens,
        Duration maxWaitDurationInHalfOpenState,
        boolean automaticTransitionFromOpenToHalfOpen,
        State initialState,
        boolean stackTraces,
        Classifier classifier,
        TimeSource timeSource,
        RandomSource random) {

    private static final int USUAL_MINIMUM = 20;
    private static final int MOST_PROBES = 1_000;
    /** What messages call the policy. */
    static final String KIND = "circuit breaker";

    private static final CircuitBreakerConfig DEFAULTS = builder().build();

    /** Checks every option; {@link #builder()} is how people come here. */
    public CircuitBreakerConfig {
        Require.present("slidingWindow", slidingWindow);
        Require.atLeast("minimumNumberOfCalls", minimumNumberOfCalls, 1);
        Require.atLeast("failureThreshold", failureThreshold, 0);
        if (slidingWindow instanceof SlidingWindow.Calls calls) {
            Require.check(
                    minimumNumberOfCalls <= calls.size(),
                    "minimumNumberOfCalls",
                    minimumNumberOfCalls,
                    "at most " + calls.size() + ", since the window never holds more");
            Require.check(
                    failureThreshold <= calls.size(),
                    "failureThreshold",
                    failureThreshold,
                    "at most " + calls.size() + ", since the window never holds more");
        }
        percentage("failureRateThreshold", failureRateThreshold);
        Require.atLeast("consecutiveFailures", consecutiveFailures, 0);
        if (slowCallDurationThreshold != null) {
            Require.positive("slowCallDurationThreshold", slowCallDurationThreshold);
        }
        percentage("slowCallRateThreshold", slowCallRateThreshold);
        Require.present("waitDurationInOpenState", waitDurationInOpenState);
        Require.positive("maxRetryAfter", maxRetryAfter);
        Require.check(
                permittedNumberOfCallsInHalfOpenState >= 1 && permittedNumberOfCallsInHalfOpenState <= MOST_PROBES,
                "permittedNumberOfCallsInHalfOpenState",
                permittedNumberOfCallsInHalfOpenState,
                "between 1 and " + MOST_PROBES);
        Require.check(
                requiredSuccessesInHalfOpenState >= 0
                        && requiredSuccessesInHalfOpenState <= permittedNumberOfCallsInHalfOpenState,
                "requiredSuccessesInHalfOpenState",
                requiredSuccessesInHalfOpenState,
                "between 0 and " + permittedNumberOfCallsInHalfOpenState
                        + ", the permittedNumberOfCallsInHalfOpenState");
        Require.check(
                requiredSuccessesInHalfOpenState == 0 || !singleFailedProbeReopens,
                "singleFailedProbeReopens",
                true,
                "false with requiredSuccessesInHalfOpenState, which says how many probes may fail");
        Require.positive("maxWaitDurationInHalfOpenState", maxWaitDurationInHalfOpenState);
        Require.present("initialState", initialState);
        Require.present("classifier", classifier);
        Require.present("timeSource", timeSource);
        Require.present("random", random);
    }

    /** A share where percent are meant would open at next to any failure. */
    private static void percentage(String option, double value) {
        Require.check(
                !(value > 0 && value < 1),
                option,
                value,
                "a percentage of 1 or more: write " + 100 * value + " for a share of " + value);
        Require.percentage(option, value);
    }

    /** What holds if nothing is said. */
    public static CircuitBreakerConfig defaults() {
        return DEFAULTS;
    }

    /** Begins with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Begins with these options. A minimum number of calls that is what the window has by default goes on following the
     * window.
     */
    public Builder toBuilder() {
        return new Builder(this);
    }

    private static int usualMinimum(SlidingWindow window) {
        return window instanceof SlidingWindow.Calls calls ? Math.min(USUAL_MINIMUM, calls.size()) : USUAL_MINIMUM;
    }

    /** Collects options. Not safe for use by many threads. */
    public static final class Builder {

        private SlidingWindow slidingWindow = SlidingWindow.ofCalls(100);
        private @Nullable Integer minimumNumberOfCalls;
        private boolean minimumGiven;
        private double failureRateThreshold = 50;
        private boolean failureRateGiven;
        private int failureThreshold;
        private int consecutiveFailures;
        private @Nullable Duration slowCallDurationThreshold;
        private double slowCallRateThreshold = 100;
        private boolean slowCallRateThresholdGiven;
        private Backoff waitDurationInOpenState = Backoff.exponential(Duration.ofSeconds(2))
                .upTo(Duration.ofSeconds(30))
                .jitter(0.5);
        private Duration maxRetryAfter = Duration.ofMinutes(2);
        private int permittedNumberOfCallsInHalfOpenState = 3;
        private int requiredSuccessesInHalfOpenState;
        private boolean singleFailedProbeReopens;
        private Duration maxWaitDurationInHalfOpenState = Duration.ofSeconds(10);
        private boolean automaticTransitionFromOpenToHalfOpen;
        private State initialState = State.CLOSED;
        private boolean stackTraces;
        private Classifier inheritedClassifier = Classifier.standard();
        private @Nullable Classifier classifier;
        private Classifier.@Nullable Builder rules;
        private TimeSource timeSource = TimeSource.system();
        private RandomSource random = RandomSource.system();

        private Builder() {}

        private Builder(CircuitBreakerConfig config) {
            slidingWindow = config.slidingWindow;
            minimumNumberOfCalls = config.minimumNumberOfCalls == usualMinimum(config.slidingWindow)
                    ? null
                    : Integer.valueOf(config.minimumNumberOfCalls);
            failureRateThreshold = config.failureRateThreshold;
            failureThreshold = config.failureThreshold;
            consecutiveFailures = config.consecutiveFailures;
            slowCallDurationThreshold = config.slowCallDurationThreshold;
            slowCallRateThreshold = config.slowCallRateThreshold;
            waitDurationInOpenState = config.waitDurationInOpenState;
            maxRetryAfter = config.maxRetryAfter;
            permittedNumberOfCallsInHalfOpenState = config.permittedNumberOfCallsInHalfOpenState;
            requiredSuccessesInHalfOpenState = config.requiredSuccessesInHalfOpenState;
            singleFailedProbeReopens = config.singleFailedProbeReopens;
            maxWaitDurationInHalfOpenState = config.maxWaitDurationInHalfOpenState;
            automaticTransitionFromOpenToHalfOpen = config.automaticTransitionFromOpenToHalfOpen;
            initialState = config.initialState;
            stackTraces = config.stackTraces;
            inheritedClassifier = config.classifier;
            timeSource = config.timeSource;
            random = config.random;
        }

        /** Which calls it looks back on; {@code SlidingWindow.ofCalls(100)} by default. */
        public Builder slidingWindow(SlidingWindow slidingWindow) {
            this.slidingWindow = Require.present("slidingWindow", slidingWindow);
            return this;
        }

        /** Looks back on the last so many calls: {@code slidingWindow(SlidingWindow.ofCalls(calls))}. */
        public Builder slidingWindowSize(int calls) {
            return slidingWindow(SlidingWindow.ofCalls(calls));
        }

        /**
         * How many calls must be in the window before a rate can open it, at least 1 and at most the size of a count
         * window; 20 by default, or all of a count window that is smaller. One failure of one call is no reason to
         * reject the next.
         */
        public Builder minimumNumberOfCalls(int minimumNumberOfCalls) {
            this.minimumNumberOfCalls = minimumNumberOfCalls;
            this.minimumGiven = true;
            return this;
        }

        /** Opens when at least so many percent of the calls in the window failed; from 1 to 100, 50 by default. */
        public Builder failureRateThreshold(double percent) {
            this.failureRateThreshold = percent;
            this.failureRateGiven = true;
            return this;
        }

        /**
         * Opens when so many of the last so many calls failed, as soon as that many have, even if there were fewer
         * calls: {@code failureThreshold(5, 10)} opens at the fifth failure of the last 10 calls. This sets the window
         * to the last {@code calls} calls, takes the place of {@link #failureRateThreshold} and asks for no {@link
         * #minimumNumberOfCalls}. Probes decide by the same share, if {@link #requiredSuccessesInHalfOpenState} is not
         * set.
         *
         * @param failures how many must fail; from 1 to {@code calls}
         * @param calls how many calls it looks back on, at least 1
         * @throws IllegalArgumentException if either is out of its bounds
         */
        public Builder failureThreshold(int failures, int calls) {
            Require.atLeast("failureThreshold calls", calls, 1);
            Require.check(
                    failures >= 1 && failures <= calls,
                    "failureThreshold",
                    failures,
                    "between 1 and " + calls + ", the calls it looks back on");
            return failuresIn(failures, SlidingWindow.ofCalls(calls));
        }

        /**
         * Opens when so many calls of the last so much time failed, however many calls there were. This sets the window
         * to the calls of this time, in 10 buckets, and asks for no {@link #minimumNumberOfCalls}. There is no share
         * that probes could keep to: they decide by {@link #failureRateThreshold}, if {@link
         * #requiredSuccessesInHalfOpenState} is not set.
         *
         * @param failures how many must fail, at least 1
         * @param period how far it looks back, at least 10 ms
         * @throws IllegalArgumentException if either is out of its bounds
         */
        public Builder failureThreshold(int failures, Duration period) {
            Require.atLeast("failureThreshold", failures, 1);
            return failuresIn(failures, SlidingWindow.ofTime(period));
        }

        private Builder failuresIn(int failures, SlidingWindow window) {
            this.failureThreshold = failures;
            this.slidingWindow = window;
            if (!minimumGiven) {
                this.minimumNumberOfCalls = null;
            }
            return this;
        }

        /** The rate decides, and not a number of failures; the default. */
        public Builder noFailureThreshold() {
            this.failureThreshold = 0;
            return this;
        }

        /**
         * Opens after so many failures in a row, whatever the window says: for a service that is down, and for few
         * calls. 0, the default, for never.
         */
        public Builder consecutiveFailures(int consecutiveFailures) {
            this.consecutiveFailures = consecutiveFailures;
            return this;
        }

        /**
         * A call that takes longer than this is slow, whether it fails or not. Unless this is set, no call is slow, and
         * none is timed.
         */
        public Builder slowCallDurationThreshold(Duration slowCallDurationThreshold) {
            this.slowCallDurationThreshold = Require.positive("slowCallDurationThreshold", slowCallDurationThreshold);
            return this;
        }

        /** No call is slow; the default. */
        public Builder noSlowCalls() {
            this.slowCallDurationThreshold = null;
            return this;
        }

        /**
         * Opens when at least so many percent of the calls in the window were slow; from 1 to 100, 100 by default. Only
         * together with {@link #slowCallDurationThreshold}.
         */
        public Builder slowCallRateThreshold(double percent) {
            this.slowCallRateThreshold = percent;
            this.slowCallRateThresholdGiven = true;
            return this;
        }

        /**
         * How long it stays open the first, second, n-th time in a row; by default 2 s, twice as much each time up to
         * 30 s, and ± 50 % of that but never over 30 s. The jitter keeps a crowd of clients from coming back at once.
         * Never sooner than a failure's {@code Retry-After}, up to {@link #maxRetryAfter}. The count starts over once
         * the breaker has stayed closed for a whole window.
         */
        public Builder waitDurationInOpenState(Backoff waitDurationInOpenState) {
            this.waitDurationInOpenState = waitDurationInOpenState;
            return this;
        }

        /** Stays open for the same time each time, without jitter. */
        public Builder waitDurationInOpenState(Duration waitDurationInOpenState) {
            return waitDurationInOpenState(
                    Backoff.fixed(Require.positive("waitDurationInOpenState", waitDurationInOpenState)));
        }

        /**
         * For how long at most it stays open because a failure said so in its {@code Retry-After}; two minutes by
         * default. What others send must not switch a breaker off for good.
         */
        public Builder maxRetryAfter(Duration maxRetryAfter) {
            this.maxRetryAfter = Require.positive("maxRetryAfter", maxRetryAfter);
            return this;
        }

        /**
         * How many calls are let through half-open, from 1 to 1,000; 3 by default. They decide by the same thresholds,
         * as soon as the outcome is certain.
         */
        public Builder permittedNumberOfCallsInHalfOpenState(int permittedNumberOfCallsInHalfOpenState) {
            this.permittedNumberOfCallsInHalfOpenState = permittedNumberOfCallsInHalfOpenState;
            return this;
        }

        /**
         * How many probes must succeed for it to close, from 1 to {@link #permittedNumberOfCallsInHalfOpenState}. It
         * closes when that many have succeeded, and opens when so many have failed that the others cannot be enough.
         * The thresholds for failures have no say then; that for slow calls does: it still opens the breaker, and a
         * breaker that may come to it waits for the other probes. 0, the default, leaves it to the thresholds. Not
         * together with {@link #singleFailedProbeReopens}.
         */
        public Builder requiredSuccessesInHalfOpenState(int requiredSuccessesInHalfOpenState) {
            this.requiredSuccessesInHalfOpenState = requiredSuccessesInHalfOpenState;
            return this;
        }

        /** Whether one failed probe opens it again, whatever the rate; false by default. */
        public Builder singleFailedProbeReopens(boolean singleFailedProbeReopens) {
            this.singleFailedProbeReopens = singleFailedProbeReopens;
            return this;
        }

        /**
         * A probe that has not ended after this time counts as an overload, and its late result is ignored, so that
         * half-open always ends; 10 s by default.
         */
        public Builder maxWaitDurationInHalfOpenState(Duration maxWaitDurationInHalfOpenState) {
            this.maxWaitDurationInHalfOpenState = maxWaitDurationInHalfOpenState;
            return this;
        }

        /**
         * Whether a timer makes it half-open when the wait is over, and ends probes whose time is up; by default,
         * false, the next call does, or whoever looks. What {@link CircuitBreaker#state()} and the meters say is the
         * same either way.
         */
        public Builder automaticTransitionFromOpenToHalfOpen(boolean automaticTransitionFromOpenToHalfOpen) {
            this.automaticTransitionFromOpenToHalfOpen = automaticTransitionFromOpenToHalfOpen;
            return this;
        }

        /** The state it begins in; closed by default. */
        public Builder initialState(State initialState) {
            this.initialState = initialState;
            return this;
        }

        /**
         * Whether the exception of a rejection has a stack trace, which costs microseconds where there is no time to
         * lose; false by default.
         */
        public Builder stackTraces(boolean stackTraces) {
            this.stackTraces = stackTraces;
            return this;
        }

        /**
         * What counts as a failure; {@link Classifier#standard()} by default. Not together with the shorter forms
         * below.
         */
        public Builder classifier(Classifier classifier) {
            this.classifier = Require.present("classifier", classifier);
            return this;
        }

        /** Exceptions of these types count as failures, and no others: short for a {@link #classifier} of one's own. */
        @SafeVarargs
        @SuppressWarnings("varargs")
        public final Builder recordExceptions(Class<? extends Exception>... types) {
            rules().recordExceptions(types);
            return this;
        }

        /** Exceptions of these types count neither way: short for a {@link #classifier} of one's own. */
        @SafeVarargs
        @SuppressWarnings("varargs")
        public final Builder ignoreExceptions(Class<? extends Exception>... types) {
            rules().ignoreExceptions(types);
            return this;
        }

        /**
         * Exceptions for which this holds count as failures, and those that nothing names do not: short for a {@link
         * #classifier} of one's own.
         */
        public Builder recordException(Predicate<? super Exception> predicate) {
            rules().recordException(predicate);
            return this;
        }

        /** Exceptions for which this holds count neither way: short for a {@link #classifier} of one's own. */
        public Builder ignoreException(Predicate<? super Exception> predicate) {
            rules().ignoreException(predicate);
            return this;
        }

        /**
         * Results, null among them, for which this holds count as failures: short for a {@link #classifier} of one's
         * own.
         */
        @SuppressWarnings("NullAway") // the compiler of JDK 17 does not read the annotation out of the other module
        public Builder recordResult(Predicate<@Nullable Object> predicate) {
            rules().recordResult(predicate);
            return this;
        }

        /**
         * Exceptions of these types mean that the other side is too busy: failures as well. Short for a {@link
         * #classifier} of one's own.
         */
        @SafeVarargs
        @SuppressWarnings("varargs")
        public final Builder overloadExceptions(Class<? extends Exception>... types) {
            rules().overloadExceptions(types);
            return this;
        }

        /**
         * Whether rules also apply to exceptions that have what they name for a cause; false by default. Short for a
         * {@link #classifier} of one's own.
         */
        public Builder inspectCauses(boolean inspectCauses) {
            rules().inspectCauses(inspectCauses);
            return this;
        }

        /**
         * Reads out of a result or a failure when the other side wants to be called again, before which the breaker
         * sends no probe; null means that it does not say. Short for a {@link #classifier} of one's own.
         */
        @SuppressWarnings("NullAway") // the compiler of JDK 17 does not read the annotation out of the other module
        public Builder retryAfter(BiFunction<@Nullable Object, @Nullable Throwable, @Nullable Duration> function) {
            rules().retryAfter(function);
            return this;
        }

        private Classifier.Builder rules() {
            Classifier.Builder rules = this.rules;
            if (rules == null) {
                rules = inheritedClassifier.toBuilder();
                this.rules = rules;
            }
            return rules;
        }

        /** The clock; the system's by default. */
        public Builder timeSource(TimeSource timeSource) {
            this.timeSource = timeSource;
            return this;
        }

        /** What the wait's jitter is drawn from; by default the calling thread's own generator. */
        public Builder random(RandomSource random) {
            this.random = random;
            return this;
        }

        /**
         * The options.
         *
         * @throws IllegalArgumentException naming the option that is wrong, its value and what is allowed
         */
        public CircuitBreakerConfig build() {
            return Require.configured(KIND, this::config);
        }

        private CircuitBreakerConfig config() {
            CircuitBreakerConfig config = new CircuitBreakerConfig(
                    slidingWindow,
                    minimumNumberOfCalls == null ? usualMinimum(slidingWindow) : minimumNumberOfCalls,
                    failureRateThreshold,
                    failureThreshold,
                    consecutiveFailures,
                    slowCallDurationThreshold,
                    slowCallRateThreshold,
                    waitDurationInOpenState,
                    maxRetryAfter,
                    permittedNumberOfCallsInHalfOpenState,
                    requiredSuccessesInHalfOpenState,
                    singleFailedProbeReopens,
                    maxWaitDurationInHalfOpenState,
                    automaticTransitionFromOpenToHalfOpen,
                    initialState,
                    stackTraces,
                    chosenClassifier(),
                    timeSource,
                    random);
            requireEffect();
            return config;
        }

        /**
         * What was said must not be without effect: of an option that changes nothing, somebody believes that it does.
         */
        private void requireEffect() {
            Require.check(
                    slowCallDurationThreshold != null || !slowCallRateThresholdGiven,
                    "slowCallRateThreshold",
                    slowCallRateThreshold,
                    "absent without slowCallDurationThreshold, since no call is slow then");
            if (failureThreshold > 0) {
                Require.check(
                        !failureRateGiven || slidingWindow instanceof SlidingWindow.Time,
                        "failureRateThreshold",
                        failureRateThreshold,
                        "absent with failureThreshold, which takes its place");
                Require.check(
                        !minimumGiven || slowCallDurationThreshold != null,
                        "minimumNumberOfCalls",
                        minimumNumberOfCalls == null ? "absent" : minimumNumberOfCalls,
                        "absent with failureThreshold, which asks for no minimum");
            }
        }

        private Classifier chosenClassifier() {
            Classifier.Builder rules = this.rules;
            Classifier given = classifier;
            if (rules == null) {
                return given == null ? inheritedClassifier : given;
            }
            Require.check(given == null, "classifier", "given", "absent where recordExceptions and the like are used");
            return rules.build();
        }
    }
}
