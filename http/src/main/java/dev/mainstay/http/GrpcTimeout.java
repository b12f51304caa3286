package dev.mainstay.http;

import dev.mainstay.safe.Require;
import dev.mainstay.time.Nanos;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The format of gRPC's header {@code grpc-timeout}: at most eight digits and a unit. */
public final class GrpcTimeout {

    /** The name of the header. */
    public static final String HEADER = "grpc-timeout";

    private static final long BOUND = 100_000_000;

    private GrpcTimeout() {}

    /**
     * The value for this time, rounded down to the smallest unit that has room for it.
     *
     * @param timeout negative is zero; huge is the largest value that there is
     */
    public static String format(Duration timeout) {
        Require.present("timeout", timeout);
        if (timeout.isNegative() || timeout.isZero()) {
            return "0n";
        }
        long nanos = Nanos.of(timeout);
        for (Unit unit : Unit.values()) {
            long count = unit.time.convert(nanos, TimeUnit.NANOSECONDS);
            if (count < BOUND) {
                return count + unit.letter;
            }
        }
        return (BOUND - 1) + Unit.HOURS.letter;
    }

    /** The time that a value stands for; null if it is null or not of the format. */
    public static @Nullable Duration parse(@Nullable String value) {
        if (value == null || value.length() < 2 || value.length() > 9) {
            return null;
        }
        String digits = value.substring(0, value.length() - 1);
        if (!digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return null;
        }
        for (Unit unit : Unit.values()) {
            if (value.endsWith(unit.letter)) {
                return Duration.of(Long.parseLong(digits), unit.time.toChronoUnit());
            }
        }
        return null;
    }

    /** The smallest first. */
    private enum Unit {
        NANOSECONDS("n", TimeUnit.NANOSECONDS),
        MICROSECONDS("u", TimeUnit.MICROSECONDS),
        MILLISECONDS("m", TimeUnit.MILLISECONDS),
        SECONDS("S", TimeUnit.SECONDS),
        MINUTES("M", TimeUnit.MINUTES),
        HOURS("H", TimeUnit.HOURS);

        private final String letter;
        private final TimeUnit time;

        Unit(String letter, TimeUnit time) {
            this.letter = letter;
            this.time = time;
        }
    }
}
