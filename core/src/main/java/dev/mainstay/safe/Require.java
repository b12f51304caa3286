package dev.mainstay.safe;

import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Checks of options, for the builders of policies. Each failure names the option, its value and what is allowed.
 */
public final class Require {

    private Require() {}

    /** The value, which must not be null. */
    public static <T> T present(String option, @Nullable T value) {
        if (value == null) {
            // Not Objects.requireNonNull with a supplier: this stands on the path of every call, and that would
            // allocate.
            throw new NullPointerException(option + " must not be null");
        }
        return value;
    }

    /** The values, of which none must be null, nor all of them together. */
    public static <T> T[] allPresent(String option, T @Nullable [] values) {
        T[] all = present(option, values);
        for (T value : all) {
            present(option, value);
        }
        return all;
    }

    /** The name of a policy, which must have a character that can be seen. */
    public static String name(@Nullable String value) {
        String name = present("name", value);
        check(!name.isBlank(), "name", "'" + name + "'", "not blank");
        return name;
    }

    /** A duration above zero; any length, a huge one means forever. */
    public static Duration positive(String option, @Nullable Duration value) {
        Duration duration = present(option, value);
        check(!duration.isNegative() && !duration.isZero(), option, duration, "a duration above zero");
        return duration;
    }

    /** A duration of zero or more. */
    public static Duration notNegative(String option, @Nullable Duration value) {
        Duration duration = present(option, value);
        check(!duration.isNegative(), option, duration, "zero or more");
        return duration;
    }

    /** A whole number that is at least the minimum. */
    public static int atLeast(String option, int value, int minimum) {
        check(value >= minimum, option, value, "at least " + minimum);
        return value;
    }

    /** A number above zero and up to 100. */
    public static double percentage(String option, double value) {
        check(value > 0 && value <= 100, option, value, "above 0 and at most 100");
        return value;
    }

    /** A number between two bounds, both allowed; NaN is not. */
    public static double between(String option, double value, double low, double high) {
        check(value >= low && value <= high, option, value, "between " + low + " and " + high);
        return value;
    }

    /**
     * Any other condition.
     *
     * @param allowed what would be right, to follow "must be"
     */
    public static void check(boolean condition, String option, Object value, String allowed) {
        if (!condition) {
            throw new IllegalArgumentException(option + " is " + value + " but must be " + allowed);
        }
    }

    /**
     * The options of a policy whose name is not known yet. What is wrong with them is told with the kind of policy
     * first: {@code circuit breaker: failureRateThreshold is 0.5 but must be ...}.
     *
     * @param kind in lower case, such as {@code circuit breaker}
     */
    public static <C> C configured(String kind, Supplier<C> options) {
        return configuredAs(kind, kind, options);
    }

    /**
     * The options of a policy. What is wrong with them is told with the policy's kind and name first:
     * {@code circuit breaker 'inventory': failureRateThreshold is 0.5 but must be ...}. That holds for each
     * {@link IllegalArgumentException} and {@link NullPointerException}: the one thrown is of the same type, and the
     * first is its cause. All other exceptions, those of subclasses among them, pass as they are.
     *
     * @param kind in lower case, such as {@code circuit breaker}
     */
    public static <C> C configured(String kind, @Nullable String name, Supplier<C> options) {
        return configuredAs(kind, subject(kind, name(name)), options);
    }

    /** An option that other options for a policy must leave as it is: the value that the policy was made with. */
    public static void unchanged(
            String kind, String name, String option, @Nullable Object madeWith, @Nullable Object given) {
        if (given != madeWith) {
            throw new IllegalArgumentException(subject(kind, name) + ": " + option + " is " + SafeText.of(given)
                    + " but must be the one it was made with");
        }
    }

    private static String subject(String kind, String name) {
        return kind + " '" + SafeText.of(name) + "'";
    }

    private static <C> C configuredAs(String kind, String subject, Supplier<C> options) {
        try {
            return options.get();
        } catch (IllegalArgumentException e) {
            // A subclass, such as NumberFormatException, is not ours, and somebody may wait for it.
            throw e.getClass() == IllegalArgumentException.class
                    ? new IllegalArgumentException(told(kind, subject, e), original(kind, e))
                    : e;
        } catch (NullPointerException e) {
            if (e.getClass() != NullPointerException.class) {
                throw e;
            }
            NullPointerException named = new NullPointerException(told(kind, subject, e));
            named.initCause(original(kind, e));
            throw named;
        }
    }

    private static String told(String kind, String subject, RuntimeException mistake) {
        String message = mistake.getMessage();
        if (message == null) {
            return subject + ": " + mistake.getClass().getSimpleName() + " without a message";
        }
        return subject + ": " + (tellsKind(kind, mistake) ? message.substring(kind.length() + 2) : message);
    }

    /** What was thrown first: {@code build()} tells the kind, and within {@code of} the name is added to it. */
    private static Throwable original(String kind, RuntimeException mistake) {
        Throwable cause = mistake.getCause();
        return cause != null && tellsKind(kind, mistake) ? cause : mistake;
    }

    private static boolean tellsKind(String kind, RuntimeException mistake) {
        String message = mistake.getMessage();
        return message != null && message.startsWith(kind + ": ");
    }
}
