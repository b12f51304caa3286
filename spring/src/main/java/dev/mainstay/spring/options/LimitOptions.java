package dev.mainstay.spring.options;

import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.safe.Require;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One limit of a rate limiter. As text: {@code 100/1s} for a smooth one. One value.
 *
 * @param type how permits come back
 * @param limit how many permits
 * @param period in how long
 * @param burst how many at once after a pause
 */
public record LimitOptions(
        @Option("How permits come back: smooth (the default), one by one; or at-most: never more than limit in any"
                + " period.")
        @Nullable
        Type type,

        @Option("How many permits in a period; required.") @Nullable
        Integer limit,

        @Option("The period; required.") @Nullable Duration period,

        @Option("How many permits can be had at once after a pause, of a smooth limit; as many as limit by default.")
        @Nullable
        Integer burst) {

    /** How permits come back. */
    public enum Type {
        /** One by one and evenly. */
        SMOOTH,
        /** As those of a period ago leave the window. */
        AT_MOST
    }

    /** {@code 100/1s}. */
    public static LimitOptions of(String text) {
        String[] parts = OptionText.ratio(text, "100/1s");
        return new LimitOptions(null, OptionText.integer(parts[0]), OptionText.duration(parts[1]), null);
    }

    RateLimit rateLimit() {
        int permits = Settings.required("limits limit", limit, "at least 1");
        Duration time = Settings.required("limits period", period, "a duration above zero");
        if (type == Type.AT_MOST) {
            Require.check(burst == null, "limits burst", String.valueOf(burst), "absent, since at-most has none");
            return RateLimit.atMost(permits, time);
        }
        return RateLimit.smooth(permits, time, burst == null ? permits : burst);
    }
}
