package dev.mainstay;

import dev.mainstay.event.CallbackFailures;
import dev.mainstay.time.Nanos;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides what the end of a call means. Immutable and safe for use by many threads; one may serve several policies.
 *
 * <p>As it stands ({@link #standard()}): a result is a {@link Verdict#SUCCESS}; an {@code Exception} an {@link Verdict#ERROR}; a
 * {@link CallTimeoutException} an {@link Verdict#OVERLOAD}; a {@link CallRejectedException} is {@link Verdict#REJECTED}; an {@code InterruptedException}, a
 * {@code CancellationException} and every {@code Error} are {@link Verdict#IGNORED}. An interrupt or a cancellation of a call whose time is up is
 * an {@link Verdict#OVERLOAD}: the other side was too slow, whoever noticed first.
 *
 * <p>Rules of your own add to these, and of all rules that match the one for the most specific type wins. So
 * {@code recordExceptions(Exception.class)} does not count our own rejections, but
 * {@code recordExceptions(CallRejectedException.class)} does. Once there is any record rule, an exception that no rule names is a success. Predicates are asked when no
 * rule of your own matches.
 */
public final class Classifier {

    private static final int CAUSES_AT_MOST = 16;
    private static final Classifier STANDARD = builder().build();

    /** Which types are hints: to find out that a type does not implement an interface takes the machine longer than all else that a retry does. */
    private static final ClassValue<Boolean> MAY_HINT = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
            return RetryAfterHint.class.isAssignableFrom(type);
        }
    };

    private final Rule[] rules;
    private final boolean hasUsersRules;
    private final Verdict unlisted;
    private final boolean inspectCauses;
    private final @Nullable Callback<Predicate<? super Exception>> ignoreWhen;
    private final @Nullable Callback<Predicate<? super Exception>> recordWhen;
    private final @Nullable Callback<Predicate<@Nullable Object>> recordResult;
    private final @Nullable Callback<BiFunction<@Nullable Object, @Nullable Throwable, @Nullable Verdict>> function;
    private final @Nullable Callback<BiFunction<@Nullable Object, @Nullable Throwable, @Nullable Duration>> retryAfter;

    private Classifier(Builder builder) {
        Map<Class<? extends Throwable>, Rule> all = new LinkedHashMap<>();
        all.put(CallTimeoutException.class, new Rule(CallTimeoutException.class, Verdict.OVERLOAD, false));
        all.put(CallRejectedException.class, new Rule(CallRejectedException.class, Verdict.REJECTED, false));
        all.put(InterruptedException.class, new Rule(InterruptedException.class, Verdict.IGNORED, false));
        all.put(CancellationException.class, new Rule(CancellationException.class, Verdict.IGNORED, false));
        builder.rules.forEach((type, verdict) -> all.put(type, new Rule(type, verdict, true)));
        List<Rule> sorted = new ArrayList<>(all.values());
        // Subtypes before their supertypes, so that the first match is the most specific.
        sorted.sort(Comparator.comparingInt((Rule rule) -> depth(rule.type)).reversed());
        rules = sorted.toArray(Rule[]::new);
        hasUsersRules = !builder.rules.isEmpty();
        boolean lists = builder.recordWhen != null || builder.rules.containsValue(Verdict.ERROR);
        unlisted = lists ? Verdict.SUCCESS : Verdict.ERROR;
        inspectCauses = builder.inspectCauses;
        ignoreWhen = Callback.of("ignoreException predicate", builder.ignoreWhen);
        recordWhen = Callback.of("recordException predicate", builder.recordWhen);
        recordResult = Callback.of("recordResult predicate", builder.recordResult);
        function = Callback.of("classify function", builder.function);
        retryAfter = Callback.of("retryAfter function", builder.retryAfter);
    }

    /** The classifier that policies use unless they are given another. */
    public static Classifier standard() {
        return STANDARD;
    }

    /** Begins a classifier of your own. */
    public static Builder builder() {
        return new Builder();
    }

    /** Begins with the rules of this one, to add to them. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        for (Rule rule : rules) {
            if (rule.users) {
                builder.rules.put(rule.type, rule.verdict);
            }
        }
        builder.inspectCauses = inspectCauses;
        builder.ignoreWhen = Callback.functionOf(ignoreWhen);
        builder.recordWhen = Callback.functionOf(recordWhen);
        builder.recordResult = Callback.functionOf(recordResult);
        builder.function = Callback.functionOf(function);
        builder.retryAfter = Callback.functionOf(retryAfter);
        return builder;
    }

    /** Whether results are looked at at all; if not, every result is a success. */
    public boolean judgesResults() {
        return recordResult != null || function != null;
    }

    /** The verdict on a result. Never throws. */
    public Verdict ofResult(CallContext context, @Nullable Object result) {
        return judgesResults() ? judgeResult(result) : Verdict.SUCCESS;
    }

    private Verdict judgeResult(@Nullable Object result) {
        Verdict chosen = function == null ? null : function.ask(f -> f.apply(result, null));
        if (chosen != null) {
            return chosen;
        }
        boolean failed = recordResult != null && Boolean.TRUE.equals(recordResult.ask(p -> p.test(result)));
        return failed ? Verdict.ERROR : Verdict.SUCCESS;
    }

    /** The verdict on a failure, which is no longer wrapped in a {@code CompletionException}. Never throws. */
    public Verdict ofFailure(CallContext context, Throwable failure) {
        if (function != null) {
            Verdict chosen = function.ask(f -> f.apply(null, failure));
            if (chosen != null) {
                return chosen;
            }
        }
        if (!(failure instanceof Exception exception)) {
            return Verdict.IGNORED;
        }
        Rule rule = ruleFor(exception);
        if (rule != null && rule.users) {
            return rule.verdict;
        }
        if (ignoreWhen != null && Boolean.TRUE.equals(ignoreWhen.ask(p -> p.test(exception)))) {
            return Verdict.IGNORED;
        }
        if (recordWhen != null && Boolean.TRUE.equals(recordWhen.ask(p -> p.test(exception)))) {
            return Verdict.ERROR;
        }
        if (rule == null) {
            return unlisted;
        }
        return rule.verdict == Verdict.IGNORED && context.orInherited().isOutOfTime() ? Verdict.OVERLOAD : rule.verdict;
    }

    private @Nullable Rule ruleFor(Exception failure) {
        Rule rule = match(failure);
        if (!inspectCauses || (rule != null && rule.users)) {
            return rule;
        }
        Throwable cause = failure.getCause();
        for (int depth = 0; cause != null && depth < CAUSES_AT_MOST; depth++) {
            Rule deeper = match(cause);
            if (deeper != null && deeper.users) {
                return deeper;
            }
            cause = cause.getCause();
        }
        return rule;
    }

    private @Nullable Rule match(Throwable failure) {
        if (!hasUsersRules && !isNamedByStandingRule(failure)) {
            return null;
        }
        for (Rule rule : rules) {
            if (rule.type.isInstance(failure)) {
                return rule;
            }
        }
        return null;
    }

    /** The same question as that to the rules which every classifier begins with, but with types that the compiler knows: on the path of every failure. */
    private static boolean isNamedByStandingRule(Throwable failure) {
        return failure instanceof CallRejectedException
                || failure instanceof CallTimeoutException
                || failure instanceof InterruptedException
                || failure instanceof CancellationException;
    }

    /**
     * When the other side wants to be called again, in nanoseconds from now; negative if it does not say. Read by the function of your own, or else
     * from what implements {@link RetryAfterHint}. Never throws.
     */
    public long retryAfterNanos(@Nullable Object result, @Nullable Throwable failure) {
        Duration hint = retryAfter == null ? null : retryAfter.ask(f -> f.apply(result, failure));
        if (hint == null && failure instanceof CallRejectedException rejected) {
            return rejected.retryAfterNanos();
        }
        Object source = failure == null ? result : failure;
        if (hint == null && source != null && MAY_HINT.get(source.getClass())) {
            hint = hintOf((RetryAfterHint) source);
        }
        return hint == null || hint.isNegative() ? -1 : Nanos.of(hint);
    }

    private static @Nullable Duration hintOf(RetryAfterHint source) {
        try {
            return source.retryAfter();
        } catch (RuntimeException failure) {
            return null;
        }
    }

    private static int depth(Class<?> type) {
        int depth = 0;
        for (Class<?> up = type; up != null; up = up.getSuperclass()) {
            depth++;
        }
        return depth;
    }

    /** What a failure of a type means; the user's rules are told from the standing ones because predicates come between the two. */
    private record Rule(Class<? extends Throwable> type, Verdict verdict, boolean users) {}

    /** A function of the user's, whose failures are noted and taken for "no answer". */
    private static final class Callback<F> {

        private final String name;
        private final F function;
        private final CallbackFailures failures = new CallbackFailures();

        private Callback(String name, F function) {
            this.name = name;
            this.function = function;
        }

        static <F> @Nullable Callback<F> of(String name, @Nullable F function) {
            return function == null ? null : new Callback<>(name, function);
        }

        static <F> @Nullable F functionOf(@Nullable Callback<F> callback) {
            return callback == null ? null : callback.function;
        }

        <R> @Nullable R ask(java.util.function.Function<F, @Nullable R> question) {
            try {
                return question.apply(function);
            } catch (Throwable failure) {
                failures.report("classifier", name, failure);
                return null;
            }
        }
    }

    /** Collects rules. Not safe for use by many threads. */
    public static final class Builder {

        private final Map<Class<? extends Throwable>, Verdict> rules = new LinkedHashMap<>();
        private boolean inspectCauses;
        private @Nullable Predicate<? super Exception> ignoreWhen;
        private @Nullable Predicate<? super Exception> recordWhen;
        private @Nullable Predicate<@Nullable Object> recordResult;
        private @Nullable BiFunction<@Nullable Object, @Nullable Throwable, @Nullable Verdict> function;
        private @Nullable BiFunction<@Nullable Object, @Nullable Throwable, @Nullable Duration> retryAfter;

        private Builder() {}

        /** Exceptions of these types count as failures, and those that no rule names as successes. A time-out goes on being an OVERLOAD. */
        @SafeVarargs
        @SuppressWarnings("varargs") // only read
        public final Builder recordExceptions(Class<? extends Exception>... types) {
            for (Class<? extends Exception> type : Require.allPresent("recordExceptions", types)) {
                rules.put(type, Verdict.ERROR);
                if (type == CallTimeoutException.class) {
                    rules.put(type, Verdict.OVERLOAD);
                }
            }
            return this;
        }

        /** Exceptions of these types mean that the other side is too busy. */
        @SafeVarargs
        public final Builder overloadExceptions(Class<? extends Exception>... types) {
            return rule("overloadExceptions", Verdict.OVERLOAD, types);
        }

        /** Exceptions of these types say nothing about the other side: they count neither way and are not retried. */
        @SafeVarargs
        public final Builder ignoreExceptions(Class<? extends Exception>... types) {
            return rule("ignoreExceptions", Verdict.IGNORED, types);
        }

        @SafeVarargs
        @SuppressWarnings("varargs") // only read
        private Builder rule(String option, Verdict verdict, Class<? extends Exception>... types) {
            for (Class<? extends Exception> type : Require.allPresent(option, types)) {
                rules.put(type, verdict);
            }
            return this;
        }

        /** Exceptions for which this holds count as failures, and those that nothing names as successes. */
        public Builder recordException(Predicate<? super Exception> predicate) {
            recordWhen = Require.present("recordException", predicate);
            return this;
        }

        /** Exceptions for which this holds say nothing about the other side. */
        public Builder ignoreException(Predicate<? super Exception> predicate) {
            ignoreWhen = Require.present("ignoreException", predicate);
            return this;
        }

        /** Results, null among them, for which this holds count as failures. */
        public Builder recordResult(Predicate<@Nullable Object> predicate) {
            recordResult = Require.present("recordResult", predicate);
            return this;
        }

        /** Also look for a rule of yours in the causes of an exception that none matches. */
        public Builder inspectCauses(boolean inspectCauses) {
            this.inspectCauses = inspectCauses;
            return this;
        }

        /** Asked first, with a result or a failure; null means that the other rules decide. */
        public Builder classify(BiFunction<@Nullable Object, @Nullable Throwable, @Nullable Verdict> function) {
            this.function = Require.present("classify", function);
            return this;
        }

        /** Reads out of a result or a failure when the other side wants to be called again; null means that it does not say. */
        public Builder retryAfter(BiFunction<@Nullable Object, @Nullable Throwable, @Nullable Duration> function) {
            this.retryAfter = Require.present("retryAfter", function);
            return this;
        }

        /** The classifier. */
        public Classifier build() {
            return new Classifier(this);
        }
    }
}
