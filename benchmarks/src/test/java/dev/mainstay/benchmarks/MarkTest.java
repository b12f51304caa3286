package dev.mainstay.benchmarks;

import static dev.mainstay.benchmarks.Samples.CALL;
import static dev.mainstay.benchmarks.Samples.MACHINE;
import static dev.mainstay.benchmarks.Samples.measured;
import static dev.mainstay.benchmarks.Samples.results;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MarkTest {

    private static final Mark HALF = new Mark("a call", 1, Quantity.of(CALL), new Quantity.Constant(20, "20 ns"), 0.5);

    @Test
    void aMarkHoldsWhenAllOfItsBoundsDo() {
        assertThat(HALF.verdict(results(measured(CALL, 8.9, 9.0, 9.1)))).isEqualTo(Mark.Verdict.HOLDS);
    }

    @Test
    void aMarkHoldsAtItsLimit() {
        assertThat(HALF.verdict(results(measured(CALL, 10.0, 10.0, 10.0)))).isEqualTo(Mark.Verdict.HOLDS);
    }

    @Test
    void aMarkIsMissedWhenAllOfItsBoundsMissIt() {
        assertThat(HALF.verdict(results(measured(CALL, 10.9, 11.0, 11.1)))).isEqualTo(Mark.Verdict.MISSED);
    }

    @Test
    void aMarkWithinTheBoundsIsUndecidedOnEitherSide() {
        assertThat(HALF.verdict(results(measured(CALL, 9.0, 9.8, 9.9)))).isEqualTo(Mark.Verdict.UNDECIDED);
        assertThat(HALF.verdict(results(measured(CALL, 9.0, 10.9, 10.9)))).isEqualTo(Mark.Verdict.UNDECIDED);
    }

    @Test
    void whatIsNotMeasuredIsNotJudged() {
        assertThat(HALF.verdict(Results.none(MACHINE))).isEqualTo(Mark.Verdict.NOT_MEASURED);
    }
}
