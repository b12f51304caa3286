package dev.mainstay.verification.model;

import dev.mainstay.backoff.Backoff;
import java.time.Duration;
import java.util.Random;

/**
 * A backoff as it is documented: how it grows, where it is capped, and how it is spread after that. Draws its random
 * numbers from a source of its own, which gives the same ones as the real one's.
 */
final class NaiveBackoff {

    private final String growth;
    private final long initial;
    private final double more;
    private final String jitter;
    private final double share;
    private final long cap;
    private final Random draws;

    private NaiveBackoff(Random options, Random draws) {
        this.growth =
                oneOf(options, "none", "fixed", "linear", "exponential", "exponential", "decorrelated", "function");
        this.initial = 1L + options.nextInt(1_000_000_000);
        this.more = growth.equals("exponential") ? 1 + options.nextInt(30) / 10.0 : options.nextInt(1_000_000_000);
        this.jitter = oneOf(options, "none", "full", "equal", "around");
        this.share = options.nextInt(11) / 10.0;
        this.cap = initial + options.nextInt(2_000_000_000);
        this.draws = draws;
    }

    /** Some backoff that draws from this source. */
    static NaiveBackoff draw(Random options, Random draws) {
        return new NaiveBackoff(options, draws);
    }

    private static String oneOf(Random random, String... kinds) {
        return kinds[random.nextInt(kinds.length)];
    }

    /** The real one. */
    Backoff real() {
        Duration first = Duration.ofNanos(initial);
        Backoff plain = switch (growth) {
            case "none" -> Backoff.none();
            case "fixed" -> Backoff.fixed(first);
            case "linear" -> Backoff.linear(first, Duration.ofNanos((long) more));
            case "exponential" -> Backoff.exponential(first, more);
            case "decorrelated" -> Backoff.decorrelated(first);
            default -> Backoff.of(repetition -> Duration.ofNanos(initial / repetition));
        };
        if (growth.equals("none")) {
            return plain;
        }
        Backoff capped = plain.upTo(Duration.ofNanos(cap));
        return switch (jitter) {
            case "full" -> capped.fullJitter();
            case "equal" -> capped.equalJitter();
            case "around" -> capped.jitter(share);
            default -> capped;
        };
    }

    /** The delay before a repetition, from 1. */
    long delay(int repetition, long previous) {
        if (growth.equals("none")) {
            return 0;
        }
        double delay = Math.min((double) cap, grown(repetition, previous));
        double spread = switch (jitter) {
            case "full" -> delay * draws.nextDouble();
            case "equal" -> delay / 2 + delay / 2 * draws.nextDouble();
            case "around" -> between(delay * (1 - share), Math.min((double) cap, delay * (1 + share)));
            default -> delay;
        };
        return (long) spread;
    }

    private double grown(int repetition, long previous) {
        return switch (growth) {
            case "fixed" -> initial;
            case "linear" -> initial + (repetition - 1.0) * (long) more;
            case "exponential" -> initial * Math.pow(more, repetition - 1.0);
            case "decorrelated" ->
                between(
                        (double) initial,
                        Math.max(
                                (double) initial,
                                Math.min((double) cap, 3.0 * (repetition == 1 ? initial : previous))));
            default -> Math.floor((double) initial / repetition);
        };
    }

    private double between(double low, double high) {
        return low + (high - low) * draws.nextDouble();
    }

    @Override
    public String toString() {
        return real().toString();
    }
}
