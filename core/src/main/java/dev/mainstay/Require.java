package dev.mainstay;

import java.time.Duration;
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
}
