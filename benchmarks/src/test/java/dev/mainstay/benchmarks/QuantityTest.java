package dev.mainstay.benchmarks;

import static dev.mainstay.benchmarks.Samples.cell;
import static dev.mainstay.benchmarks.Samples.exactly;
import static dev.mainstay.benchmarks.Samples.results;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QuantityTest {

    private static final Cell QUICK = cell("Stack", "quick");
    private static final Cell SLOW = cell("Stack", "slow");

    private final Results results = results(exactly(SLOW, 8), exactly(QUICK, 2));

    @Test
    void theBestOfSeveralPeersIsTheQuickest() {
        Quantity best = Quantity.leastOf(List.of(SLOW, QUICK));

        assertThat(best.in(results)).contains(Estimate.exactly(2));
        assertThat(best.whose(results)).isEqualTo("quick");
    }

    @Test
    void theGreatestIsTheSlowest() {
        assertThat(Quantity.greatestOf(List.of(SLOW, QUICK)).in(results)).contains(Estimate.exactly(8));
    }

    @Test
    void whoIsBestIsNotKnownBeforeAllAreMeasured() {
        Quantity best = Quantity.leastOf(List.of(QUICK, cell("Stack", "never asked")));

        assertThat(best.in(results)).isEmpty();
        assertThat(best.whose(results)).isEqualTo("?");
    }

    @Test
    void theExtremeOfOneContenderIsToldByItsCircumstances() {
        Cell narrow = new Cell("Stack", Map.of(Cell.CONTENDER, "quick", "window", "10 calls"), 1);
        Cell wide = new Cell("Stack", Map.of(Cell.CONTENDER, "quick", "window", "1000 calls"), 1);
        Results windows = results(exactly(narrow, 1), exactly(wide, 3));

        assertThat(Quantity.greatestOf(List.of(narrow, wide)).whose(windows)).isEqualTo("window 1000 calls");
    }

    @Test
    void aQuotientDividesAndNeedsBoth() {
        Quantity quotient = Quantity.of(SLOW).over(Quantity.of(QUICK));

        assertThat(quotient.in(results)).contains(Estimate.exactly(4));
        assertThat(quotient.cells()).containsExactly(SLOW, QUICK);
        assertThat(quotient.in(results(exactly(SLOW, 8)))).isEmpty();
    }
}
