package dev.mainstay.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.examples.demo.Comparison.Row;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private final Comparison comparison = Comparisons.of("bare", "guarded");

    @Test
    void tellsGoodputInEachPhase() {
        assertThat(comparison.rows())
                .contains(
                        new Row("Goodput before the outage", "100/s (100.0 %)", "100/s (100.0 %)"),
                        new Row("Goodput during the outage", "0/s (0.0 %)", "0/s (0.0 %)"),
                        new Row("Goodput after the outage", "0/s (0.0 %)", "83/s (83.3 %)"));
    }

    @Test
    void tellsWaitAndLoad() {
        assertThat(comparison.rows())
                .contains(
                        new Row("p99 wait after the outage", "10 ms", "10 ms"),
                        new Row("Requests per call during the outage", "1.00", "1.00"));
    }

    @Test
    void tellsWhoIsBackAndWhen() {
        assertThat(comparison.rows()).contains(new Row("Back at 95 % of the load after", "not in 12 s", "2.0 s"));
    }

    @Test
    void isPassedByTheGuardedArm() {
        assertThat(comparison.verdict()).isEqualTo(Verdict.PASSED);
        assertThat(Comparisons.swapped(comparison).verdict()).isEqualTo(Verdict.FAILED);
    }

    @Test
    void showsNothingIfEitherArmWasDownBeforeTheOutage() {
        var downFromTheStart = Comparisons.ofBare(second -> 0);

        assertThat(downFromTheStart.verdict()).isEqualTo(Verdict.INVALID);
        assertThat(downFromTheStart.faults())
                .containsExactly("Before the outage, bare had answers to only 0.0 % of its calls, not 95.0 %.");
        assertThat(Comparisons.swapped(downFromTheStart).verdict()).isEqualTo(Verdict.INVALID);
        assertThat(Comparisons.swapped(downFromTheStart).faults()).hasSize(1);
    }

    @Test
    void hasNoFaultInATrialThatWentWellUntilTheOutage() {
        assertThat(comparison.faults()).isEmpty();
    }

    @Test
    void countsWhatTheOutageMayHaveReachedNotAsBefore() {
        // The outage begins at 5 s, and a call that is due at 4.x s may still be under way then.
        assertThat(Comparisons.ofBare(second -> second < 4 ? 100 : 0).faults()).isEmpty();
    }

    @Test
    void textTableHoldsAllOfIt() {
        assertThat(TextTable.of(comparison))
                .contains("bare", "guarded")
                .contains(comparison.rows().stream().map(Row::what).toList());
    }
}
