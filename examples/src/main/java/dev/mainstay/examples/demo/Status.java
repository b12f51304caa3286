package dev.mainstay.examples.demo;

import java.time.Duration;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * One line about a running trial: where it is, and how the calls of the last second fared.
 *
 * @param elapsed time in this phase
 * @param length of this phase, zero if that is not known beforehand
 */
record Status(Phase phase, Duration elapsed, Duration length, int goodput, OptionalDouble p99, Gauges gauges) {
    private static final int BAR = 10;
    private static final String FORMAT = "  %-9s [%-" + BAR + "s] %7s  %9s  %8s  %-10s %8s";

    /** Names the columns. */
    static String header() {
        return String.format(
                Locale.ROOT,
                FORMAT.replace('[', ' ').replace(']', ' '),
                "phase",
                "",
                "time",
                "answers/s",
                "p99",
                "breaker",
                "retries");
    }

    /** Explains the header. */
    static String legend() {
        return """
                answers/s: calls answered in the last second; p99: 99 % of the callers had an answer or an error in \
                this time;
                breaker: what the circuit breaker lets through; retries: how many the retry budget has in hand""";
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                FORMAT,
                phase.label(),
                "#".repeat(done()),
                time(),
                goodput,
                p99.isPresent() ? Figures.seconds(p99.getAsDouble()) : "-",
                gauges.breaker().map(BreakerState::name).orElse("-"),
                gauges.retryBudget().isPresent()
                        ? Figures.decimal(gauges.retryBudget().getAsDouble())
                        : "-");
    }

    private String time() {
        long seconds = Math.round(Seconds.of(elapsed));
        return length.isZero() ? seconds + " s" : seconds + "/" + length.toSeconds() + " s";
    }

    private int done() {
        double share = length.isZero() ? 1 : Seconds.of(elapsed) / Seconds.of(length);
        return (int) Math.round(BAR * Math.max(0, Math.min(1, share)));
    }
}
