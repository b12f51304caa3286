package dev.mainstay.ratelimit;

import dev.mainstay.safe.Require;
import dev.mainstay.time.Nanos;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What the limits of all kinds have in common: how far their arithmetic reaches, and how they read. */
final class Limits {

    static final long LONGEST_NANOS = 1L << 61;
    static final Duration LONGEST = Duration.ofNanos(LONGEST_NANOS);
    static final int MOST_REMEMBERED = 1_000_000;

    private Limits() {}

    static void period(String option, @Nullable Duration period) {
        Duration given = Require.positive(option, period);
        Require.check(given.compareTo(LONGEST) <= 0, option, given, "at most " + LONGEST.toDays() + " days");
    }

    static String rate(RateLimit limit) {
        return limit.limit() + " per " + Nanos.format(Nanos.of(limit.period()));
    }
}
