package dev.mainstay.http;

import dev.mainstay.call.CallContext;
import dev.mainstay.call.Idempotence;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.Require;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The table of what HTTP answers and failures mean: to breakers, bulkheads and limiters by {@link #classifier()}, to
 * retries by {@link #retryClassifier()}. Each row can be replaced.
 *
 * <pre>{@code
 * HttpRules rules = HttpRules.standard();
 * CircuitBreaker breaker = CircuitBreaker.of("inventory", c -> c.classifier(rules.classifier()));
 * Retry retry = Retry.of("inventory", c -> c.classifier(rules.retryClassifier()));
 * }</pre>
 *
 * <table>
 * <caption>The standard rules</caption>
 * <tr><th>outcome</th><th>verdict</th><th>retried</th></tr>
 * <tr><td>2xx, 3xx, other 4xx</td><td>SUCCESS: the server is healthy</td><td>no</td></tr>
 * <tr><td>408, 429, 503, 504</td><td>OVERLOAD</td><td>if idempotent, never sooner than {@code Retry-After}</td></tr>
 * <tr><td>425, 500, 502, other 5xx</td><td>ERROR</td><td>if idempotent</td></tr>
 * <tr><td>501, 505, 511, no status of HTTP</td><td>ERROR</td><td>no</td></tr>
 * <tr><td>not connected, not processed</td><td>ERROR</td><td>any method</td></tr>
 * <tr><td>time-out while connecting</td><td>OVERLOAD</td><td>any method</td></tr>
 * <tr><td>read time-out</td><td>OVERLOAD</td><td>if idempotent</td></tr>
 * <tr><td>connection lost</td><td>ERROR</td><td>if idempotent</td></tr>
 * <tr><td>certificate, protocol, other exceptions</td><td>ERROR</td><td>no</td></tr>
 * <tr><td>rejected by a policy of ours</td><td>REJECTED</td><td>no</td></tr>
 * <tr><td>cancelled, interrupted</td><td>IGNORED; OVERLOAD once the deadline has passed</td><td>no</td></tr>
 * </table>
 *
 * <p>Whatever the table says, a call is not repeated if its body cannot be sent again, if its context says {@link
 * Idempotence#NO}, or if the answer has the {@linkplain Builder#doNotRetryHeader header} that forbids it. Immutable and
 * safe for use by many threads.
 */
public final class HttpRules {

    /** The answer header by which a server forbids retries, unless the rules name another one. */
    public static final String DO_NOT_RETRY = "Mainstay-Do-Not-Retry";

    private static final int LAST_STATUS = 599;
    private static final HttpRule NO_STATUS = new HttpRule(Verdict.ERROR, Repetition.NEVER);
    private static final HttpRules STANDARD = builder().build();

    private final Map<FailureKind, HttpRule> failures;
    private final @Nullable HttpRule[] statuses;
    private final Function<? super Throwable, @Nullable FailureKind> failureKinds;
    private final Duration longestRetryAfter;
    private final @Nullable String doNotRetryHeader;
    private final InstantSource clock;

    private HttpRules(Builder builder) {
        failures = new EnumMap<>(builder.failures);
        statuses = builder.statuses.clone();
        failureKinds = builder.failureKinds;
        longestRetryAfter = builder.longestRetryAfter;
        doNotRetryHeader = builder.doNotRetryHeader;
        clock = builder.clock;
    }

    /** The table above. */
    public static HttpRules standard() {
        return STANDARD;
    }

    /** Begins with the table above. */
    public static Builder builder() {
        return new Builder();
    }

    /** Begins with these rules. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.failures.putAll(failures);
        System.arraycopy(statuses, 0, builder.statuses, 0, statuses.length);
        builder.failureKinds = failureKinds;
        builder.longestRetryAfter = longestRetryAfter;
        builder.doNotRetryHeader = doNotRetryHeader;
        builder.clock = clock;
        return builder;
    }

    /** The row for a status; that of no status of HTTP for anything but 100 to 599. */
    public HttpRule ofStatus(int status) {
        HttpRule rule = status < 100 || status > LAST_STATUS ? null : statuses[status];
        return rule == null ? NO_STATUS : rule;
    }

    /** The row for a kind of failure. */
    public HttpRule ofFailure(FailureKind kind) {
        HttpRule rule = failures.get(Require.present("kind", kind));
        return rule == null ? NO_STATUS : rule;
    }

    /**
     * What an answer means.
     *
     * @param context of the call; the {@link HttpCall} in it, or else that of the answer, says whether the call may be
     *     repeated
     */
    public HttpVerdict judge(CallContext context, HttpAnswer answer) {
        HttpRule rule = ofStatus(answer.status());
        HttpCall carried = HttpCall.of(context);
        HttpCall call = carried == null ? answer.call() : carried;
        boolean retryable = !isForbidden(answer) && mayRepeat(context, call, rule.retried());
        return new HttpVerdict(rule.verdict(), retryable, retryAfter(answer));
    }

    /**
     * What a failure means.
     *
     * @param context of the call; without an {@link HttpCall} in it, a call is idempotent only if the context says so
     * @return null for an {@code Error}, which is none of HTTP's
     */
    public @Nullable HttpVerdict judge(CallContext context, Throwable failure) {
        FailureKind kind = kindOf(failure);
        if (kind == null) {
            return null;
        }
        HttpRule rule = ofFailure(kind);
        Verdict verdict =
                rule.verdict() == Verdict.IGNORED && context.isOutOfTime() ? Verdict.OVERLOAD : rule.verdict();
        HttpCall call = HttpCall.of(context);
        boolean sentAllTheSame = kind.nothingSent() && call != null && !call.isUnsent();
        Repetition retried =
                rule.retried() == Repetition.ANY_METHOD && sentAllTheSame ? Repetition.IF_IDEMPOTENT : rule.retried();
        return new HttpVerdict(verdict, mayRepeat(context, call, retried), null);
    }

    /** The kind of a failure by these rules; null for an {@code Error}. */
    private @Nullable FailureKind kindOf(Throwable failure) {
        FailureKind own = failure instanceof Error ? null : failureKinds.apply(failure);
        return own == null ? FailureKind.of(failure) : own;
    }

    private static boolean mayRepeat(CallContext context, @Nullable HttpCall known, Repetition retried) {
        HttpCall call = known == null ? HttpCall.UNKNOWN : known;
        if (context.idempotent() == Idempotence.NO || !call.isRepeatable()) {
            return false;
        }
        return switch (retried) {
            case NEVER -> false;
            case IF_IDEMPOTENT -> call.isIdempotent() || context.idempotent() == Idempotence.YES;
            case ANY_METHOD -> true;
        };
    }

    private boolean isForbidden(HttpAnswer answer) {
        String value = doNotRetryHeader == null ? null : answer.header(doNotRetryHeader);
        return value != null && !value.strip().equalsIgnoreCase("false");
    }

    private @Nullable Duration retryAfter(HttpAnswer answer) {
        return ofStatus(answer.status()).verdict().isFailure()
                ? RetryAfter.parse(
                        answer.header(RetryAfter.HEADER), answer.header("Date"), clock.instant(), longestRetryAfter)
                : null;
    }

    /** For breakers, bulkheads and limiters around calls of the JDK's client, and around {@link HttpAnswer}s. */
    public Classifier classifier() {
        return classifier(HttpRules::read);
    }

    /** The same for another client. */
    public Classifier classifier(HttpAnswer.Reader reader) {
        return classifier(Require.present("reader", reader), HttpVerdict::verdict);
    }

    /**
     * For retries around calls of the JDK's client, and around {@link HttpAnswer}s. To it, what is not to be repeated
     * is {@link Verdict#IGNORED} where it is no success.
     */
    public Classifier retryClassifier() {
        return retryClassifier(HttpRules::read);
    }

    /** The same for another client. */
    public Classifier retryClassifier(HttpAnswer.Reader reader) {
        return classifier(Require.present("reader", reader), HttpRules::forRetry);
    }

    private static Verdict forRetry(HttpVerdict judged) {
        Verdict verdict = judged.verdict();
        if (judged.retryable()) {
            return verdict.isFailure() ? verdict : Verdict.ERROR;
        }
        return verdict.isFailure() ? Verdict.IGNORED : verdict;
    }

    private Classifier classifier(HttpAnswer.Reader reader, Function<HttpVerdict, Verdict> meaning) {
        return Classifier.builder()
                .classifyWithContext((context, result, failure) -> {
                    HttpVerdict judged;
                    if (failure != null) {
                        judged = judge(context, failure);
                    } else {
                        HttpAnswer answer = reader.read(result);
                        judged = answer == null ? null : judge(context, answer);
                    }
                    return judged == null ? null : meaning.apply(judged);
                })
                .retryAfter((result, failure) -> {
                    HttpAnswer answer = failure == null ? reader.read(result) : null;
                    return answer == null ? null : retryAfter(answer);
                })
                .build();
    }

    private static @Nullable HttpAnswer read(@Nullable Object result) {
        if (result instanceof HttpResponse<?> response) {
            return new JdkAnswer(response);
        }
        return result instanceof HttpAnswer answer ? answer : null;
    }

    /** Replaces rows. Not safe for use by many threads. */
    public static final class Builder {

        private final Map<FailureKind, HttpRule> failures = new EnumMap<>(FailureKind.class);
        private final @Nullable HttpRule[] statuses = new HttpRule[LAST_STATUS + 1];
        private Function<? super Throwable, @Nullable FailureKind> failureKinds = failure -> null;
        private Duration longestRetryAfter = Duration.ofDays(1);
        private @Nullable String doNotRetryHeader = DO_NOT_RETRY;
        private InstantSource clock = InstantSource.system();

        private Builder() {
            statuses(100, 499, Verdict.SUCCESS, Repetition.NEVER);
            statuses(500, LAST_STATUS, Verdict.ERROR, Repetition.IF_IDEMPOTENT);
            for (int status : new int[] {408, 429, 503, 504}) {
                status(status, Verdict.OVERLOAD, Repetition.IF_IDEMPOTENT);
            }
            status(425, Verdict.ERROR, Repetition.IF_IDEMPOTENT);
            for (int status : new int[] {501, 505, 511}) {
                status(status, Verdict.ERROR, Repetition.NEVER);
            }
            failure(FailureKind.NOT_CONNECTED, Verdict.ERROR, Repetition.ANY_METHOD);
            failure(FailureKind.NOT_PROCESSED, Verdict.ERROR, Repetition.ANY_METHOD);
            failure(FailureKind.CONNECT_TIMEOUT, Verdict.OVERLOAD, Repetition.ANY_METHOD);
            failure(FailureKind.READ_TIMEOUT, Verdict.OVERLOAD, Repetition.IF_IDEMPOTENT);
            failure(FailureKind.CONNECTION_LOST, Verdict.ERROR, Repetition.IF_IDEMPOTENT);
            failure(FailureKind.CERTIFICATE, Verdict.ERROR, Repetition.NEVER);
            failure(FailureKind.PROTOCOL, Verdict.ERROR, Repetition.NEVER);
            failure(FailureKind.REJECTED, Verdict.REJECTED, Repetition.NEVER);
            failure(FailureKind.CANCELLED, Verdict.IGNORED, Repetition.NEVER);
            failure(FailureKind.OTHER, Verdict.ERROR, Repetition.NEVER);
        }

        /**
         * Replaces the row of one status.
         *
         * @param status from 100 to 599
         */
        public Builder status(int status, Verdict verdict, Repetition retried) {
            return statuses(status, status, verdict, retried);
        }

        /**
         * Replaces the rows of all statuses from the first to the last.
         *
         * @param first from 100
         * @param last up to 599, and not less than the first
         */
        public Builder statuses(int first, int last, Verdict verdict, Repetition retried) {
            Require.check(first >= 100 && first <= LAST_STATUS, "status", first, "from 100 to 599");
            Require.check(last >= first && last <= LAST_STATUS, "last status", last, "from " + first + " to 599");
            HttpRule rule = new HttpRule(verdict, retried);
            for (int status = first; status <= last; status++) {
                statuses[status] = rule;
            }
            return this;
        }

        /**
         * Replaces the row of a kind of failure. A cancel, an interrupt and an {@code Error} are never retried,
         * whatever a rule says.
         */
        public Builder failure(FailureKind kind, Verdict verdict, Repetition retried) {
            failures.put(Require.present("kind", kind), new HttpRule(verdict, retried));
            return this;
        }

        /**
         * Tells the kinds of exceptions that {@link FailureKind#of} does not know, those of other clients. It is asked
         * first and with everything but {@code Error}s; null leaves a failure to {@link FailureKind#of}.
         */
        public Builder failureKinds(Function<? super Throwable, @Nullable FailureKind> failureKinds) {
            this.failureKinds = Require.present("failureKinds", failureKinds);
            return this;
        }

        /**
         * The most that a {@code Retry-After} can mean; 1 day by default. Policies have limits of their own, which are
         * shorter.
         */
        public Builder longestRetryAfter(Duration longestRetryAfter) {
            this.longestRetryAfter = Require.notNegative("longestRetryAfter", longestRetryAfter);
            return this;
        }

        /**
         * The answer header by which a server forbids to repeat a call, with any value but {@code false}; {@value
         * HttpRules#DO_NOT_RETRY} by default, and null for none.
         */
        public Builder doNotRetryHeader(@Nullable String doNotRetryHeader) {
            this.doNotRetryHeader = doNotRetryHeader;
            return this;
        }

        /**
         * What a date in {@code Retry-After} is relative to where the answer has no {@code Date}; the system's clock by
         * default.
         */
        public Builder clock(InstantSource clock) {
            this.clock = Require.present("clock", clock);
            return this;
        }

        /** The rules. */
        public HttpRules build() {
            return new HttpRules(this);
        }
    }
}
