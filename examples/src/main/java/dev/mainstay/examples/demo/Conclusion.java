package dev.mainstay.examples.demo;

/**
 * What the demo says at its end: the figures of both arms and whether the guarded one passed, or why they say nothing.
 */
final class Conclusion {
    /** What to do about a comparison that is not valid. */
    static final String ADVICE =
            "Run the demo again while the machine has nothing else to do, with a longer warm-up or with less load,"
                    + " such as -Ddemo.args=\"--warm-up=15 --rate=100\"."
                    + " If it stays so on an idle machine, the arm itself is at fault.";

    private Conclusion() {}

    static String of(Comparison comparison) {
        return comparison.verdict() == Verdict.INVALID ? invalid(comparison) : valid(comparison);
    }

    private static String valid(Comparison comparison) {
        var rule = comparison.rule();
        return String.format(
                "%s%n%nWith Mainstay, %.0f %% of the calls over %d s must be answered within %d s of the outage's end:"
                        + " %s.",
                TextTable.of(comparison),
                rule.share() * 100,
                rule.window().toSeconds(),
                rule.limit().toSeconds(),
                comparison.verdict() == Verdict.PASSED ? "passed" : "FAILED");
    }

    private static String invalid(Comparison comparison) {
        return String.format(
                "NOT VALID: an arm was in trouble before the outage began, so there is nothing to compare.%n%s%n%s",
                String.join(System.lineSeparator(), comparison.faults()), ADVICE);
    }
}
