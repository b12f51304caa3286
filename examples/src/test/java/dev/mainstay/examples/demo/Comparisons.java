package dev.mainstay.examples.demo;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.IntUnaryOperator;

/** A comparison to test with: both arms fail in the outage from 5 to 11 s, one is never back, the other after 2 s. */
final class Comparisons {
    private static final int END = 23;

    private Comparisons() {}

    static Comparison of(String bareName, String guardedName) {
        return of(
                new TrialResult(bareName, Timelines.of(END, second -> second < 5 ? 100 : 0), List.of(), List.of()),
                new TrialResult(
                        guardedName,
                        Timelines.of(END, second -> second < 5 || second >= 13 ? 100 : 0),
                        List.of(
                                gauges(0, BreakerState.CLOSED, 10),
                                gauges(6, BreakerState.CLOSED, 10),
                                gauges(7, BreakerState.OPEN, 0.5),
                                gauges(12, BreakerState.HALF_OPEN, 0.5),
                                gauges(13, BreakerState.CLOSED, 0.5),
                                gauges(END, BreakerState.CLOSED, 10)),
                        List.of("'inventory' is CLOSED")));
    }

    /** Two arms of which the first answers so many of the hundred calls of a second, the second all of them. */
    static Comparison ofBare(IntUnaryOperator answered) {
        return of(
                new TrialResult("bare", Timelines.of(END, answered), List.of(), List.of()),
                new TrialResult("guarded", Timelines.of(END, second -> 100), List.of(), List.of()));
    }

    static Comparison swapped(Comparison comparison) {
        return of(/* bare= */ comparison.guarded(), /* guarded= */ comparison.bare());
    }

    private static Comparison of(TrialResult bare, TrialResult guarded) {
        var plan = new Plan(
                42,
                Timelines.CALLS_PER_SECOND,
                new Capacity(25, 500, Duration.ofMillis(100)),
                new Attempts(3, Duration.ofSeconds(1)),
                new Timetable(
                        Duration.ofSeconds(3), Duration.ofSeconds(5), Duration.ofSeconds(6), Duration.ofSeconds(12)));
        var rule = new RecoveryRule(0.95, Duration.ofSeconds(5), Duration.ofSeconds(10));
        return new Comparison(plan, new Baseline(0.95, 1.1), rule, bare, guarded);
    }

    private static Gauges gauges(int second, BreakerState state, double budget) {
        return new Gauges(Duration.ofSeconds(second), Optional.of(state), OptionalDouble.of(budget));
    }
}
