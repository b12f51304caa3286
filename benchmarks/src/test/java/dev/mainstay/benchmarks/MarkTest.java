package dev.mainstay.benchmarks;

import static dev.mainstay.benchmarks.Samples.CALL;
import static dev.mainstay.benchmarks.Samples.MACHINE;
import static dev.mainstay.benchmarks.Samples.cell;
import static dev.mainstay.benchmarks.Samples.exactly;
import static dev.mainstay.benchmarks.Samples.measured;
import static dev.mainstay.benchmarks.Samples.results;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MarkTest {

    private static final Mark HALF = new Mark("a call", 1, Quantity.of(CALL), new Quantity.Constant(20, "20 ns"), 0.5);
    private static final Cell FLOOR = cell("BulkheadEntered", "floor");
    private static final Mark HALF_OR_NEAR_FLOOR = HALF.orNear(new Floor(Quantity.of(FLOOR), "Two writes"));

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
    void aMarkThatIsMissedHoldsByItsFloorWhereAllOfTheBoundsAreNearThat() {
        assertThat(nearFloor(exactly(CALL, 11), exactly(FLOOR, 10))).isEqualTo(Mark.Verdict.HOLDS_BY_FLOOR);
        assertThat(nearFloor(exactly(CALL, 12), exactly(FLOOR, 10))).isEqualTo(Mark.Verdict.HOLDS_BY_FLOOR);
    }

    @Test
    void aMarkThatIsReachedHoldsHoweverLowItsFloor() {
        assertThat(nearFloor(exactly(CALL, 9), exactly(FLOOR, 1))).isEqualTo(Mark.Verdict.HOLDS);
    }

    @Test
    void aMarkIsMissedOnlyWhereItsFloorIsTooFarAsWell() {
        assertThat(nearFloor(exactly(CALL, 11), exactly(FLOOR, 9))).isEqualTo(Mark.Verdict.MISSED);
        assertThat(nearFloor(exactly(CALL, 11), measured(FLOOR, 8.0, 9.0, 10.0)))
                .isEqualTo(Mark.Verdict.UNDECIDED);
        assertThat(nearFloor(measured(CALL, 9.0, 10.0, 11.0), exactly(FLOOR, 1)))
                .isEqualTo(Mark.Verdict.UNDECIDED);
    }

    @Test
    void aFloorThatIsNotMeasuredExcusesNothing() {
        assertThat(nearFloor(exactly(CALL, 11))).isEqualTo(Mark.Verdict.MISSED);
    }

    @Test
    void theFloorIsMeasuredWithTheRest() {
        assertThat(HALF_OR_NEAR_FLOOR.cells()).containsExactly(CALL, FLOOR);
    }

    private static Mark.Verdict nearFloor(Measurement... measurements) {
        return HALF_OR_NEAR_FLOOR.verdict(results(measurements));
    }

    @Test
    void whatIsNotMeasuredIsNotJudged() {
        assertThat(HALF.verdict(Results.none(MACHINE))).isEqualTo(Mark.Verdict.NOT_MEASURED);
    }
}
