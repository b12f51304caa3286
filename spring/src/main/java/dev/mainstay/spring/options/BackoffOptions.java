package dev.mainstay.spring.options;

import dev.mainstay.backoff.Backoff;
import dev.mainstay.safe.Require;
import java.time.Duration;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * How long to wait before the n-th repetition. As text: {@code none}, or a duration for always the same wait without
 * jitter. One value: a backoff over a base replaces the base's as a whole.
 *
 * @param type how it grows
 * @param initial the first wait
 * @param increment by how much a linear one grows
 * @param multiplier by what an exponential one grows
 * @param max the longest wait
 * @param jitter how waits are spread
 * @param bean a bean instead of all that
 */
public record BackoffOptions(
        @Option("How it grows: none, fixed, linear, exponential (the default) or decorrelated.") @Nullable
        Type type,

        @Option("The first wait; that of the option's default backoff by default.") @Nullable
        Duration initial,

        @Option("By how much a linear one grows each time; as much as initial by default.") @Nullable
        Duration increment,

        @Option("By what an exponential one grows each time, at least 1; 2 by default.") @Nullable
        Double multiplier,

        @Option("The longest wait; that of the option's default backoff by default, or 10 times initial if that is"
                + " more.")
        @Nullable
        Duration max,

        @Option("How waits are spread: full, equal, none, or a share such as 0.5 to either side; that of the option's"
                + " default backoff by default.")
        @Nullable
        String jitter,

        @Option("A bean instead of all that: a Backoff, or an IntFunction from the repetition, from 1, to a Duration.")
        @Nullable
        String bean) {

    /** How waits grow. */
    public enum Type {
        /** No wait. */
        NONE,
        /** Always the same. */
        FIXED,
        /** By the same amount each time. */
        LINEAR,
        /** By the same factor each time. */
        EXPONENTIAL,
        /** At random between the first and three times the one before. */
        DECORRELATED
    }

    /** What a backoff has that does not say otherwise. */
    record Usual(Duration initial, Duration max, String jitter) {}

    /** {@code none}, or a duration for always the same wait. */
    public static BackoffOptions of(String text) {
        if (text.trim().equalsIgnoreCase("none")) {
            return new BackoffOptions(Type.NONE, null, null, null, null, null, null);
        }
        return new BackoffOptions(Type.FIXED, OptionText.duration(text), null, null, null, "none", null);
    }

    /** Always the same wait, in milliseconds: what a duration is that has no unit. */
    public static BackoffOptions of(Integer millis) {
        return of(millis + "ms");
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // type arguments of beans are not looked at, nor of other modules
    Backoff backoff(String option, NamedBeans beans, Usual usual) {
        if (bean != null) {
            Require.check(
                    type == null && initial == null && increment == null && multiplier == null && max == null,
                    option,
                    "bean '" + bean + "' with more",
                    "a bean alone, or no bean");
            Object[] found = new Object[1];
            Settings.bean(beans, option + " bean", bean, Object.class, value -> found[0] = value);
            if (found[0] instanceof Backoff backoff) {
                return backoff;
            }
            Require.check(
                    found[0] instanceof IntFunction, option + " bean", bean, "the name of a Backoff or an IntFunction");
            return Backoff.of((IntFunction<@Nullable Duration>) found[0]);
        }
        return spread(option, limited(option, usual), usual);
    }

    private Backoff limited(String option, Usual usual) {
        Type growth = type == null ? Type.EXPONENTIAL : type;
        Duration first = initial == null ? usual.initial : initial;
        belongs(option, "increment", increment, growth, Type.LINEAR);
        belongs(option, "multiplier", multiplier, growth, Type.EXPONENTIAL);
        Backoff backoff = switch (growth) {
            case NONE -> Backoff.none();
            case FIXED -> Backoff.fixed(first);
            case LINEAR -> Backoff.linear(first, increment == null ? first : increment);
            case EXPONENTIAL -> Backoff.exponential(first, multiplier == null ? 2 : multiplier);
            case DECORRELATED -> Backoff.decorrelated(first);
        };
        if (growth == Type.NONE || growth == Type.FIXED) {
            Require.check(max == null, option + " max", String.valueOf(max), "absent, since the wait does not grow");
            return backoff;
        }
        return backoff.upTo(max == null ? longest(first, usual.max) : max);
    }

    private static void belongs(String option, String part, @Nullable Object value, Type growth, Type owner) {
        Require.check(
                value == null || growth == owner,
                option + " " + part,
                String.valueOf(value),
                "absent unless type is " + OptionText.kebab(owner));
    }

    private static Duration longest(Duration first, Duration usual) {
        Duration tenfold = first.compareTo(Duration.ofDays(36_500)) < 0 ? first.multipliedBy(10) : first;
        return tenfold.compareTo(usual) > 0 ? tenfold : usual;
    }

    private Backoff spread(String option, Backoff backoff, Usual usual) {
        if (type == Type.NONE || (type == Type.DECORRELATED && jitter == null)) {
            return backoff;
        }
        String spread = (jitter == null ? usual.jitter : jitter).trim();
        return switch (spread) {
            case "full" -> backoff.fullJitter();
            case "equal" -> backoff.equalJitter();
            case "none" -> backoff.noJitter();
            default -> backoff.jitter(share(option, spread));
        };
    }

    private static double share(String option, String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    option + " jitter is " + text + " but must be full, equal, none or a share from 0 to 1", e);
        }
    }
}
