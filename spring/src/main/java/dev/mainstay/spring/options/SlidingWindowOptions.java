package dev.mainstay.spring.options;

import dev.mainstay.breaker.SlidingWindow;
import dev.mainstay.safe.Require;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which calls a circuit breaker looks back on. As text: a number of calls, or a duration. One value.
 *
 * @param calls the last so many calls
 * @param duration the calls of the last so much time
 * @param buckets into how many parts the time is divided
 */
public record SlidingWindowOptions(
        @Option("The last so many calls; instead of duration.") @Nullable
        Integer calls,

        @Option("The calls of the last so much time; instead of calls.") @Nullable
        Duration duration,

        @Option("Into how many parts the time is divided, with duration; 10 by default.") @Nullable
        Integer buckets) {

    /** A number of calls, {@code 100}, or a duration, {@code 60s}. */
    public static SlidingWindowOptions of(String text) {
        String value = text.trim();
        return value.chars().allMatch(Character::isDigit)
                ? new SlidingWindowOptions(OptionText.integer(value), null, null)
                : new SlidingWindowOptions(null, OptionText.duration(value), null);
    }

    /** A number of calls. */
    public static SlidingWindowOptions of(Integer calls) {
        return new SlidingWindowOptions(calls, null, null);
    }

    SlidingWindow window() {
        Require.check(
                (calls == null) != (duration == null),
                "slidingWindow",
                calls == null ? "without calls and duration" : "of calls and of a duration",
                "either calls or duration");
        if (calls != null) {
            Require.check(
                    buckets == null,
                    "slidingWindow buckets",
                    String.valueOf(buckets),
                    "absent, since a window of calls has none");
            return SlidingWindow.ofCalls(calls);
        }
        Duration time = Require.present("slidingWindow duration", duration);
        return buckets == null ? SlidingWindow.ofTime(time) : SlidingWindow.ofTime(time, buckets);
    }
}
