package dev.mainstay.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ConclusionTest {

    @Test
    void comparesWhatCanBeCompared() {
        var comparison = Comparisons.of("bare", "guarded");

        assertThat(Conclusion.of(comparison))
                .contains(TextTable.of(comparison))
                .endsWith("95 % of the calls over 5 s must be answered within 10 s of the outage's end: passed.")
                .doesNotContain("NOT VALID");
        assertThat(Conclusion.of(Comparisons.swapped(comparison))).endsWith(": FAILED.");
    }

    @Test
    void saysWhyAndWhatToDoIfNothingCanBeCompared() {
        var comparison = Comparisons.ofBare(second -> second < 2 ? 100 : 0);

        assertThat(Conclusion.of(comparison))
                .startsWith("NOT VALID: an arm was in trouble before the outage began")
                .contains("Before the outage, bare had answers to only 50.0 % of its calls, not 95.0 %.")
                .endsWith(Conclusion.ADVICE)
                .doesNotContain("passed", "FAILED", "Goodput", "Back at");
    }

    @Test
    void eachVerdictHasAnExitStatusOfItsOwn() {
        assertThat(Verdict.values()).extracting(Verdict::exitCode).containsExactly(0, 1, 3);
    }
}
