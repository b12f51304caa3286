package dev.mainstay.backoff;

import dev.mainstay.event.CallbackFailures;
import dev.mainstay.safe.Require;
import dev.mainstay.time.Nanos;
import java.time.Duration;
import java.util.Locale;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * How long to wait before the n-th repetition. Immutable and safe for use by many threads.
 *
 * <p>The cap is applied before the jitter, and what the jitter gives never exceeds it. Nothing overflows; a delay of a
 * fraction of a millisecond is honoured. Full, equal and decorrelated jitter are those of Marc Brooker, "Exponential
 * Backoff And Jitter" (AWS Architecture Blog, 2015).
 */
public final class Backoff {

    private static final Duration FOREVER = Duration.ofNanos(Nanos.FOREVER);
    private static final Backoff NONE = always(0);

    private final Growth growth;
    private final Jitter jitter;
    private final double share;
    private final long capNanos;

    private Backoff(Growth growth, Jitter jitter, double share, long capNanos) {
        this.growth = growth;
        this.jitter = jitter;
        this.share = share;
        this.capNanos = capNanos;
    }

    private Backoff(Growth growth) {
        this(growth, Jitter.NONE, 0, Nanos.FOREVER);
    }

    /** No delay at all. */
    public static Backoff none() {
        return NONE;
    }

    /** Always the same delay, without jitter unless asked for; zero is {@link #none()}. */
    public static Backoff fixed(Duration delay) {
        long nanos = Nanos.of(Require.notNegative("delay", delay));
        return nanos == 0 ? NONE : always(nanos);
    }

    private static Backoff always(long nanos) {
        return new Backoff(new Growth("fixed " + Nanos.format(nanos), nanos) {
            @Override
            double nanos(int repetition, long previousNanos, double capNanos, RandomSource random) {
                return (double) nanos;
            }
        });
    }

    /** The initial delay, and so much more each time. */
    public static Backoff linear(Duration initial, Duration increment) {
        long first = Nanos.of(Require.notNegative("initial", initial));
        long more = Nanos.of(Require.notNegative("increment", increment));
        return new Backoff(new Growth("linear from " + Nanos.format(first) + " by " + Nanos.format(more), first) {
            @Override
            double nanos(int repetition, long previousNanos, double capNanos, RandomSource random) {
                return first + (repetition - 1.0) * more;
            }
        });
    }

    /** The initial delay, twice as much each time, without end unless {@linkplain #upTo capped}. */
    public static Backoff exponential(Duration initial) {
        return exponential(initial, 2);
    }

    /** The initial delay, and so many times as much each time. */
    public static Backoff exponential(Duration initial, double multiplier) {
        long first = Nanos.of(Require.positive("initial", initial));
        Require.check(
                multiplier >= 1 && multiplier < Double.POSITIVE_INFINITY,
                "multiplier",
                multiplier,
                "at least 1 and finite");
        return new Backoff(new Growth("exponential from " + Nanos.format(first) + " x" + plain(multiplier), first) {
            @Override
            double nanos(int repetition, long previousNanos, double capNanos, RandomSource random) {
                return first * Math.pow(multiplier, repetition - 1.0);
            }
        });
    }

    /**
     * A random delay between the initial one and three times the one before, or the cap if that is less. It is jitter
     * by itself.
     */
    public static Backoff decorrelated(Duration initial) {
        long nanos = Nanos.of(Require.positive("initial", initial));
        double first = (double) nanos;
        return new Backoff(new Growth("decorrelated from " + Nanos.format(nanos), nanos) {
            @Override
            double nanos(int repetition, long previousNanos, double capNanos, RandomSource random) {
                double ceiling = Math.min(3 * (repetition == 1 ? first : (double) previousNanos), capNanos);
                return between(first, Math.max(first, ceiling), random);
            }
        });
    }

    /**
     * What the function gives for the n-th repetition, from 1. Where it throws, or gives null or less than zero, an
     * exponential delay from 50 ms up to 2 s takes its place.
     */
    public static Backoff of(IntFunction<@Nullable Duration> function) {
        Require.present("function", function);
        Backoff substitute = exponential(Duration.ofMillis(50)).upTo(Duration.ofSeconds(2));
        CallbackFailures failures = new CallbackFailures();
        return new Backoff(new Growth("function", 0) {
            @Override
            double nanos(int repetition, long previousNanos, double capNanos, RandomSource random) {
                try {
                    return (double) Nanos.of(Require.notNegative("the function's delay", function.apply(repetition)));
                } catch (Throwable failure) {
                    failures.report("backoff", "backoff function", failure);
                    return (double) substitute.delayNanos(repetition, previousNanos, random);
                }
            }
        });
    }

    /**
     * The same, never longer than this.
     *
     * @throws IllegalArgumentException if it is not above zero, or below the first delay, which would then never be
     *     kept
     */
    public Backoff upTo(Duration cap) {
        long nanos = Nanos.of(Require.positive("cap", cap));
        Require.check(
                nanos >= growth.firstNanos, "cap", cap, "at least the first delay, " + Nanos.format(growth.firstNanos));
        return new Backoff(growth, jitter, share, nanos);
    }

    /** The same, spread evenly between zero and the delay: what spreads a crowd best. */
    public Backoff fullJitter() {
        return new Backoff(growth, Jitter.FULL, 1, capNanos);
    }

    /** The same, spread evenly between half the delay and all of it. */
    public Backoff equalJitter() {
        return new Backoff(growth, Jitter.EQUAL, 0.5, capNanos);
    }

    /**
     * The same, spread evenly by a share of the delay to either side, from 0 to 1; on the upper side no further than to
     * the cap.
     */
    public Backoff jitter(double share) {
        return new Backoff(growth, Jitter.AROUND, Require.between("jitter", share, 0, 1), capNanos);
    }

    /** The same without jitter. */
    public Backoff noJitter() {
        return new Backoff(growth, Jitter.NONE, 0, capNanos);
    }

    /** The longest delay; {@link Nanos#FOREVER} nanoseconds if there is no cap. */
    public Duration cap() {
        return capNanos == Nanos.FOREVER ? FOREVER : Duration.ofNanos(capNanos);
    }

    /** Whether it never waits, so that nobody need ask. */
    public boolean isNone() {
        return this == NONE;
    }

    /**
     * The delay before a repetition, in nanoseconds: never negative, never over the cap.
     *
     * @param repetition which one, from 1
     * @param previousNanos the delay before the one before; ignored for the first
     */
    public long delayNanos(int repetition, long previousNanos, RandomSource random) {
        double cap = (double) capNanos;
        double plain = Math.min(Math.max(0, growth.nanos(repetition, previousNanos, cap, random)), cap);
        double spread = switch (jitter) {
            case NONE -> plain;
            case FULL -> plain * random.nextDouble();
            case EQUAL -> plain / 2 + plain / 2 * random.nextDouble();
            case AROUND -> between(plain * (1 - share), Math.min(plain * (1 + share), cap), random);
        };
        return Math.min((long) spread, capNanos);
    }

    private static double between(double low, double high, RandomSource random) {
        return low + (high - low) * random.nextDouble();
    }

    private static String plain(double number) {
        return number == Math.rint(number) && number < 1e15 ? Long.toString((long) number) : Double.toString(number);
    }

    @Override
    public String toString() {
        return growth.text
                + (capNanos == Nanos.FOREVER ? "" : " up to " + Nanos.format(capNanos))
                + (jitter == Jitter.NONE
                        ? ""
                        : jitter == Jitter.AROUND
                                ? ", jitter " + share
                                : ", " + jitter.name().toLowerCase(Locale.ROOT) + " jitter");
    }

    private enum Jitter {
        NONE,
        FULL,
        EQUAL,
        AROUND
    }

    /**
     * How the delay grows, before cap and jitter. In {@code double}, which saturates where a {@code long} would wrap.
     */
    private abstract static class Growth {

        private final String text;

        /** The first delay, or zero if it is not known. */
        private final long firstNanos;

        Growth(String text, long firstNanos) {
            this.text = text;
            this.firstNanos = firstNanos;
        }

        /**
         * Before the jitter. The cap is for those who draw by themselves: what they give is cut off there in any case,
         * but no longer spread.
         */
        abstract double nanos(int repetition, long previousNanos, double capNanos, RandomSource random);
    }
}
