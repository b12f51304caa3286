package dev.mainstay.benchmarks;

import static dev.mainstay.benchmarks.Samples.cell;
import static dev.mainstay.benchmarks.Samples.exactly;
import static dev.mainstay.benchmarks.Samples.measured;
import static dev.mainstay.benchmarks.Samples.results;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PageTest {

    private static final Cell OURS = cell("BulkheadEntered", "mainstay");
    private static final Cell THEIRS = cell("BulkheadEntered", "resilience4j");
    private static final Cell FLOOR = cell("BulkheadEntered", "floor");

    private final Mark mark = new Mark("bulkhead", 1, Quantity.of(OURS), Quantity.leastOf(List.of(THEIRS)), 0.5);

    @Test
    void aMarkStandsBesideWhatWasMeasured() {
        String page = page(exactly(OURS, 5), exactly(THEIRS, 20));

        assertThat(section(page, "Marks"))
                .contains("| bulkhead | 1 | 5.00 | resilience4j 20.0 | 0.25 [0.25–0.25] | ≤ 0.50 |  | holds |")
                .contains("Of 1 marks, 1 hold, 0 hold by their floor,\n0 are missed, 0 are undecided");
    }

    @Test
    void whereAnotherLibraryIsBetterThePageSaysSo() {
        String losing = section(page(exactly(OURS, 20), exactly(THEIRS, 10)), "Where we lose");

        assertThat(losing)
                .contains("In 1 comparisons, another library is better in these")
                .contains("| BulkheadEntered |  | 1 | resilience4j | 2.00 [2.00–2.00] |")
                .contains("| bulkhead | 1 | 20.0 | resilience4j 10.0 | 2.00 [2.00–2.00] | ≤ 0.50 |  | missed |");
    }

    @Test
    void whereNobodyIsBetterThePageSaysSo() {
        assertThat(section(page(exactly(OURS, 5), exactly(THEIRS, 20)), "Where we lose"))
                .contains("In 1 comparisons, no other library is better by more than the measurement's uncertainty.")
                .contains("Every mark that was measured holds.")
                .doesNotContain("|");
    }

    @Test
    void aDifferenceWithinTheUncertaintyIsNoLoss() {
        assertThat(section(page(measured(OURS, 9.0, 10.0, 11.0), measured(THEIRS, 8.0, 9.0, 11.0)), "Where we lose"))
                .contains("no other library is better");
    }

    @Test
    void aMarkThatIsUndecidedFallsShort() {
        assertThat(section(page(measured(OURS, 4.0, 4.5, 5.5), exactly(THEIRS, 10)), "Where we lose"))
                .contains("| undecided |");
    }

    @Test
    void theFloorIsNoLibraryThatWeCouldLoseTo() {
        assertThat(section(page(exactly(OURS, 20), exactly(FLOOR, 1)), "Where we lose"))
                .contains("In 0 comparisons");
    }

    @Test
    void whereAMarkHoldsByItsFloorThePageSaysWhyWithTheFigures() {
        String page = pageOf(
                mark.orNear(new Floor(Quantity.of(FLOOR), "Two writes")),
                exactly(OURS, 11),
                exactly(THEIRS, 20),
                exactly(FLOOR, 10));

        assertThat(section(page, "Marks"))
                .contains("Of 1 marks, 0 hold, 1 hold by their floor")
                .contains("| bulkhead | 1 | 11.0 | resilience4j 20.0 | 0.55 [0.55–0.55] | ≤ 0.50 |"
                        + " 1.10 [1.10–1.10] × 10.0 | holds by the floor |")
                .contains("are at most 1.20.")
                .contains("* bulkhead, 1 thread: Mainstay's 11.0 ns are 0.55 [0.55–0.55] of the 20.0 ns of"
                        + " resilience4j, and the mark asks for 0.50, which is 10.0 ns. Two writes alone take 10.0 ns"
                        + " here, 0.50 of the peer's; Mainstay takes 1.10 [1.10–1.10] times that, and 1.20 is enough:"
                        + " holds by the floor.");
        assertThat(section(page, "Where we lose")).contains("Every mark that was measured holds.");
    }

    @Test
    void whereAMarkIsReachedItsFloorIsNoArgument() {
        String page = pageOf(
                mark.orNear(new Floor(Quantity.of(FLOOR), "Two writes")),
                exactly(OURS, 5),
                exactly(THEIRS, 20),
                exactly(FLOOR, 4));

        assertThat(section(page, "Marks"))
                .contains("| 1.25 [1.25–1.25] × 4.00 | holds |")
                .doesNotContain("Two writes");
    }

    @Test
    void everyFigureIsThereWithItsUncertaintyAndWhatItAllocates() {
        String page = page(measured(OURS, 4.9, 5.0, 5.1), exactly(THEIRS, 20));

        assertThat(section(page, "All figures"))
                .contains(
                        "### BulkheadEntered\n\n" + Plan.asks("BulkheadEntered") + "\n\n|  | mainstay | resilience4j |")
                .contains("| 1 thread | 5.00 ± 0.57 · 0 B | 20.0 ± 0.000 · 0 B |");
    }

    @Test
    void thePageSaysWhereWhenAndOnWhatItWasMeasured() {
        assertThat(page(exactly(OURS, 5)))
                .contains("[`benchmarks/results/some.json`](../benchmarks/results/some.json)")
                .contains("Some VM 17, Linux amd64, 2 processors (Some processor). JVMs for each figure: 1,")
                .contains("from 2026-01-01T00:00:00Z");
    }

    @Test
    void noPlaceholderIsLeft() {
        assertThat(page(exactly(OURS, 5), exactly(THEIRS, 20))).doesNotContain("{{", "}}");
    }

    private String page(Measurement... measurements) {
        return pageOf(mark, measurements);
    }

    private static String pageOf(Mark mark, Measurement... measurements) {
        return new Page(List.of(mark), results(measurements), "benchmarks/results/some.json").markdown();
    }

    private static String section(String page, String title) {
        int start = page.indexOf("\n## " + title + "\n");
        assertThat(start).as(title).isNotNegative();
        int end = page.indexOf("\n## ", start + 1);
        return end < 0 ? page.substring(start) : page.substring(start, end);
    }
}
