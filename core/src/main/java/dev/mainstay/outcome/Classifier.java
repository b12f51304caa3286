package dev.mainstay.outcome;

import dev.mainstay.call.CallContext;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.safe.Failures;
import dev.mainstay.safe.Require;
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
 * <p>As it stands ({@link #standard()}): a result is a {@link Verdict#SUCCESS}; an {@code Exception} an {@link
 * Verdict#ERROR}; a {@link CallTimeoutException} an {@link Verdict#OVERLOAD}; a {@link CallRejectedException} is {@link
 * Verdict#REJECTED}; an {@code InterruptedException}, a {@code CancellationException} and every {@code Error} are
 * {@link Verdict#IGNORED}. An interrupt or a cancellation of a call whose time is up is an {@link Verdict#OVERLOAD}:
 * the other side was too slow, whoever noticed first.
 *
 * <p>Rules of your own add to these, and of all rules that match the one for the most specific type wins. So {@code
 * recordExceptions(Exception.class)} does not count our own rejections, but {@code
 * recordExceptions(CallRejectedException.class)} does. Once there is any record rule, an exception that no rule names
 * is a success. Predicates are asked when no rule of your own matches.
 */
public final class Classifier {

    private static final Classifier STANDARD = builder().build();

    /**
     * Which types are hints, remembered for each class: HotSpot is slow to find that a class does not implement an
     * interface.
     */
    private static final ClassValue<Boolean> MAY_HINT = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
            return RetryAfterHint.class.isAssignableFrom(type);
        }
    };

    /** Who is named when a function of the user's throws. */
    private final String owner;

    private final Rule[] rules;
    private final boolean hasUsersRules;
    private final boolean listsRecorded;
    private final boolean inspectCauses;
    private final @Nullable Predicate<? super Exception> ignoreWhen;
    private final @Nullable Predicate<? super Exception> recordWhen;
    private final @Nullable Predicate<@Nullable Object> recordResult;
    private final @Nullable ContextualRule function;
    private final @Nullable BiFunction<@Nullable Object, @Nullable Throwable, @Nullable Duration> retryAfter;
    private final CallbackFailures ignoreWhenFailures = new CallbackFailures();
    private final CallbackFailures recordWhenFailures = new CallbackFailures();
    private final CallbackFailures recordResultFailures = new CallbackFailures();
    private final CallbackFailures functionFailures = new CallbackFailures();
    private final CallbackFailures retryAfterFailures = new CallbackFailures();
    private final CallbackFailures hintFailures = new CallbackFailures();

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
        owner = "classifier";
        rules = sorted.toArray(Rule[]::new);
        hasUsersRules = !builder.rules.isEmpty();
        listsRecorded = builder.listsRecorded;
        inspectCauses = builder.inspectCauses;
        ignoreWhen = builder.ignoreWhen;
        recordWhen = builder.recordWhen;
        recordResult = builder.recordResult;
        function = builder.function;
        retryAfter = builder.retryAfter;
    }

    private Classifier(Classifier same, String owner) {
        this.owner = owner;
        rules = same.rules;
        hasUsersRules = same.hasUsersRules;
        listsRecorded = same.listsRecorded;
        inspectCauses = same.inspectCauses;
        ignoreWhen = same.ignoreWhen;
        recordWhen = same.recordWhen;
        recordResult = same.recordResult;
        function = same.function;
        retryAfter = same.retryAfter;
    }

    /** The same, for one policy, by whose name a function that throws is reported. */
    public Classifier namedAfter(String policy) {
        boolean calls = function != null || ignoreWhen != null || recordWhen != null || recordResult != null;
        return owner.equals(policy) || !(calls || retryAfter != null) ? this : new Classifier(this, policy);
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
        builder.listsRecorded = listsRecorded;
        builder.inspectCauses = inspectCauses;
        builder.ignoreWhen = ignoreWhen;
        builder.recordWhen = recordWhen;
        builder.recordResult = recordResult;
        builder.function = function;
        builder.retryAfter = retryAfter;
        return builder;
    }

    /** Whether results are looked at at all; if not, every result is a success. */
    public boolean judgesResults() {
        return recordResult != null || function != null;
    }

    /** The verdict on a result. Never throws. */
    public Verdict ofResult(CallContext context, @Nullable Object result) {
        return judgesResults() ? judgeResult(context, result) : Verdict.SUCCESS;
    }

    private Verdict judgeResult(CallContext context, @Nullable Object result) {
        Verdict chosen = chosen(context, result, null);
        if (chosen != null) {
            return chosen;
        }
        if (recordResult == null) {
            return Verdict.SUCCESS;
        }
        try {
            return recordResult.test(result) ? Verdict.ERROR : Verdict.SUCCESS;
        } catch (Throwable thrown) {
            recordResultFailures.report(owner, "recordResult predicate", thrown);
            return Verdict.SUCCESS;
        }
    }

    private @Nullable Verdict chosen(CallContext context, @Nullable Object result, @Nullable Throwable failure) {
        if (function == null) {
            return null;
        }
        try {
            return function.verdict(context, result, failure);
        } catch (Throwable thrown) {
            functionFailures.report(owner, "classify function", thrown);
            return null;
        }
    }

    /**
     * The verdict on a failure, which is no longer wrapped in a {@code CompletionException}. Never throws: a function
     * of the user's that does is reported, and the failure then counts as it would without any rules of the user's.
     *
     * @param context of the call; its deadline tells a call that was too slow from one that was cancelled
     */
    public Verdict ofFailure(CallContext context, Throwable failure) {
        Verdict chosen = chosen(context, null, failure);
        if (chosen != null) {
            return chosen;
        }
        if (!(failure instanceof Exception exception)) {
            return Verdict.IGNORED;
        }
        Rule rule = ruleFor(exception);
        if (rule != null && rule.users) {
            return rule.verdict;
        }
        boolean asked = true;
        if (ignoreWhen != null) {
            try {
                if (ignoreWhen.test(exception)) {
                    return Verdict.IGNORED;
                }
            } catch (Throwable thrown) {
                ignoreWhenFailures.report(owner, "ignoreException predicate", thrown);
                asked = false;
            }
        }
        if (recordWhen != null) {
            try {
                if (recordWhen.test(exception)) {
                    return Verdict.ERROR;
                }
            } catch (Throwable thrown) {
                recordWhenFailures.report(owner, "recordException predicate", thrown);
                asked = false;
            }
        }
        if (rule == null) {
            return asked && listsRecorded ? Verdict.SUCCESS : Verdict.ERROR;
        }
        return rule.verdict == Verdict.IGNORED && context.isOutOfTime() ? Verdict.OVERLOAD : rule.verdict;
    }

    private @Nullable Rule ruleFor(Exception failure) {
        Rule rule = match(failure);
        if (!inspectCauses || (rule != null && rule.users)) {
            return rule;
        }
        Throwable cause = Failures.causeOf(failure);
        for (int depth = 0; cause != null && depth < Failures.CAUSES_AT_MOST; depth++) {
            Rule deeper = match(cause);
            if (deeper != null && deeper.users) {
                return deeper;
            }
            cause = Failures.causeOf(cause);
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

    /**
     * The same question as that to the rules which every classifier begins with, but with types that the compiler
     * knows: on the path of every failure.
     */
    private static boolean isNamedByStandingRule(Throwable failure) {
        return failure instanceof CallRejectedException
                || failure instanceof CallTimeoutException
                || failure instanceof InterruptedException
                || failure instanceof CancellationException;
    }

    /**
     * When the other side wants to be called again, in nanoseconds from now; negative if it does not say. Read by the
     * function of your own, or else from what implements {@link RetryAfterHint}. Never throws.
     */
    public long retryAfterNanos(@Nullable Object result, @Nullable Throwable failure) {
        if (retryAfter != null) {
            try {
                Duration asked = retryAfter.apply(result, failure);
                if (asked != null) {
                    return nanosOf(asked);
                }
            } catch (Throwable thrown) {
                retryAfterFailures.report(owner, "retryAfter function", thrown);
            }
        }
        if (failure instanceof CallRejectedException rejected) {
            return rejected.retryAfterNanos();
        }
        Object source = failure == null ? result : failure;
        try {
            if (source != null && MAY_HINT.get(source.getClass())) {
                Duration asked = ((RetryAfterHint) source).retryAfter();
                return asked == null ? -1 : nanosOf(asked);
            }
        } catch (Throwable thrown) {
            hintFailures.report(
                    owner, "RetryAfterHint of a " + source.getClass().getName(), thrown);
        }
        return -1;
    }

    private static long nanosOf(Duration asked) {
        return asked.isNegative() ? -1 : Nanos.of(asked);
    }

    private static int depth(Class<?> type) {
        int depth = 0;
        for (Class<?> up = type; up != null; up = up.getSuperclass()) {
            depth++;
        }
        return depth;
    }

    /**
     * What a failure of a type means; the user's rules are told from the standing ones because predicates come between
     * the two.
     */
    private record Rule(Class<? extends Throwable> type, Verdict verdict, boolean users) {}

    /** Judges how a call ended by what is known about the call. Safe for use by many threads. */
    @FunctionalInterface
    public interface ContextualRule {

        /**
         * The verdict, or null to leave it to the other rules.
         *
         * @param context of the attempt
         * @param result what it gave, possibly null; null if it failed
         * @param failure how it failed, unwrapped; null if it ended in a result
         */
        @Nullable
        Verdict verdict(CallContext context, @Nullable Object result, @Nullable Throwable failure);
    }

    /** Collects rules. Not safe for use by many threads. */
    public static final class Builder {

        private final Map<Class<? extends Throwable>, Verdict> rules = new LinkedHashMap<>();

        /**
         * Which option has named a type. Rules of the classifier that this one began with are not in it: they may be
         * replaced.
         */
        private final Map<Class<? extends Throwable>, String> namedBy = new LinkedHashMap<>();

        private boolean listsRecorded;
        private boolean inspectCauses;
        private @Nullable Predicate<? super Exception> ignoreWhen;
        private @Nullable Predicate<? super Exception> recordWhen;
        private @Nullable Predicate<@Nullable Object> recordResult;
        private @Nullable ContextualRule function;
        private @Nullable BiFunction<@Nullable Object, @Nullable Throwable, @Nullable Duration> retryAfter;

        private Builder() {}

        /**
         * Exceptions of these types count as failures, and those that no rule names as successes. A time-out goes on
         * being an OVERLOAD.
         */
        @SafeVarargs
        @SuppressWarnings("varargs") // only handed on
        public final Builder recordExceptions(Class<? extends Exception>... types) {
            return recordExceptionsAs("recordExceptions", types);
        }

        /**
         * The same for a policy whose option has another name.
         *
         * @param option its name, for the messages of what is wrong with the types
         */
        @SafeVarargs
        @SuppressWarnings("varargs") // only read
        public final Builder recordExceptionsAs(String option, Class<? extends Exception>... types) {
            listsRecorded = true;
            for (Class<? extends Exception> type : someOf(option, types)) {
                put(option, type, type == CallTimeoutException.class ? Verdict.OVERLOAD : Verdict.ERROR);
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
            for (Class<? extends Exception> type : someOf(option, types)) {
                put(option, type, verdict);
            }
            return this;
        }

        private static <T> T[] someOf(String option, T[] types) {
            Require.check(
                    Require.allPresent(option, types).length > 0,
                    option,
                    "empty",
                    "at least one type; leave it out if there is none");
            return types;
        }

        private void put(String option, Class<? extends Exception> type, Verdict verdict) {
            rules.put(type, verdict);
            String other = namedBy.put(type, option);
            Require.check(
                    other == null || other.equals(option),
                    option,
                    type.getName(),
                    "another type than those of " + other + ": it can count in one way only");
        }

        /** Exceptions for which this holds count as failures, and those that nothing names as successes. */
        public Builder recordException(Predicate<? super Exception> predicate) {
            recordWhen = Require.present("recordException", predicate);
            listsRecorded = true;
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
            Require.present("classify", function);
            this.function = (context, result, failure) -> function.apply(result, failure);
            return this;
        }

        /**
         * The same for a function that also wants to know the call: whether it may be sent twice, which attempt it was,
         * what the caller attached. Of this and {@link #classify}, the one named last is asked.
         */
        public Builder classifyWithContext(ContextualRule function) {
            this.function = Require.present("classifyWithContext", function);
            return this;
        }

        /**
         * Reads out of a result or a failure when the other side wants to be called again; null means that it does not
         * say.
         */
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
