package dev.mainstay.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class EstimateTest {

    @Test
    void theBoundsOfARatioAreTheWidestPossible() {
        Estimate ratio = new Estimate(10, 8, 12).over(new Estimate(20, 16, 25));

        assertThat(ratio).isEqualTo(new Estimate(0.5, 8 / 25.0, 12 / 16.0));
    }

    @Test
    void theBoundsOfAMeanAreThoseOfStudentsTFor99Percent() {
        Estimate mean = Estimate.ofMean(List.of(9.0, 10.0, 11.0, 10.0, 10.0));

        // t for 4 degrees of freedom is 4.604; the standard error is sqrt(0.5 / 5)
        assertThat(mean.value()).isEqualTo(10);
        assertThat(mean.high() - 10).isCloseTo(4.604 * Math.sqrt(0.1), within(0.001));
        assertThat(10 - mean.low()).isCloseTo(4.604 * Math.sqrt(0.1), within(0.001));
    }

    @Test
    void twoSamplesSayNothingOfTheBounds() {
        assertThat(Estimate.ofMean(List.of(9.0, 11.0))).isEqualTo(new Estimate(10, 0, Double.POSITIVE_INFINITY));
    }

    @Test
    void noBoundIsNegative() {
        assertThat(Estimate.ofMean(List.of(1.0, 2.0, 100.0)).low()).isZero();
    }

    @Test
    void whatMayBeNothingMayMakeARatioOfAnySize() {
        Estimate ratio = Estimate.exactly(1).over(new Estimate(1, 0, 2));

        assertThat(ratio).isEqualTo(new Estimate(1, 0.5, Double.POSITIVE_INFINITY));
    }
}
