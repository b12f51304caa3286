package dev.mainstay.http;

import dev.mainstay.safe.Require;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads {@code Retry-After}, RFC 9110, section 10.2.3: a number of seconds, or a date in one of three formats. */
public final class RetryAfter {

    /** The name of the header. */
    public static final String HEADER = "Retry-After";

    /** Longer numbers of seconds do not fit a {@code long} and mean never. */
    private static final int DIGITS_AT_MOST = 18;

    private static final DateTimeFormatter IMF_FIXDATE = format("EEE, dd MMM yyyy HH:mm:ss 'GMT'");
    private static final DateTimeFormatter ASCTIME = format("EEE MMM ppd HH:mm:ss yyyy");

    private RetryAfter() {}

    /**
     * How long to wait from now on.
     *
     * @param retryAfter the header's value, possibly null
     * @param date the answer's {@code Date}, which a date in {@code retryAfter} is relative to, so that the two clocks
     *     need not agree; null or unreadable if there is none
     * @param now what a date is relative to otherwise
     * @param longest the most that is given, however much was asked for
     * @return null if there is no value, or none that can be read; zero for a time in the past or a negative number
     */
    public static @Nullable Duration parse(
            @Nullable String retryAfter, @Nullable String date, Instant now, Duration longest) {
        Require.notNegative("longest", longest);
        if (retryAfter == null) {
            return null;
        }
        String value = retryAfter.strip();
        if (isNumber(value)) {
            return seconds(value, longest);
        }
        Instant until = date(value, now);
        if (until == null) {
            return null;
        }
        Instant sent = date == null ? null : date(date.strip(), now);
        return within(Duration.between(sent == null ? now : sent, until), longest);
    }

    /**
     * A date of HTTP, RFC 9110, section 5.6.7.
     *
     * @param now tells which century the two digits of the oldest format mean: not more than 50 years ahead
     * @return null if it cannot be read
     */
    public static @Nullable Instant date(String value, Instant now) {
        for (DateTimeFormatter format : List.of(IMF_FIXDATE, rfc850(now), ASCTIME)) {
            try {
                return LocalDateTime.parse(value, format).toInstant(ZoneOffset.UTC);
            } catch (DateTimeException notThisOne) {
                // One of the others, perhaps.
            }
        }
        return null;
    }

    private static boolean isNumber(String value) {
        int first = value.startsWith("-") ? 1 : 0;
        return value.length() > first && value.chars().skip(first).allMatch(c -> c >= '0' && c <= '9');
    }

    private static Duration seconds(String value, Duration longest) {
        if (value.startsWith("-")) {
            return Duration.ZERO;
        }
        return value.length() > DIGITS_AT_MOST ? longest : within(Duration.ofSeconds(Long.parseLong(value)), longest);
    }

    private static Duration within(Duration asked, Duration longest) {
        if (asked.isNegative()) {
            return Duration.ZERO;
        }
        return asked.compareTo(longest) > 0 ? longest : asked;
    }

    private static DateTimeFormatter rfc850(Instant now) {
        LocalDate oldest = LocalDate.ofInstant(now, ZoneOffset.UTC).minusYears(49);
        return new DateTimeFormatterBuilder()
                .parseCaseInsensitive()
                .appendPattern("EEEE, dd-MMM-")
                .appendValueReduced(ChronoField.YEAR, 2, 2, oldest)
                .appendPattern(" HH:mm:ss 'GMT'")
                .toFormatter(Locale.US);
    }

    private static DateTimeFormatter format(String pattern) {
        return new DateTimeFormatterBuilder()
                .parseCaseInsensitive()
                .appendPattern(pattern)
                .toFormatter(Locale.US);
    }
}
