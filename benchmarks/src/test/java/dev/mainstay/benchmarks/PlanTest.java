package dev.mainstay.benchmarks;

import static dev.mainstay.benchmarks.Samples.cell;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.Contenders;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlanTest {

    private final List<Cell> full = Plan.full();

    @Test
    void onlyThoseAreAskedWhoHaveAnAnswer() {
        assertThat(full.stream()
                        .filter(cell -> cell.question().equals("RateLimiterGranting") && cell.threads() == 2)
                        .map(Cell::contender))
                .containsExactlyInAnyOrder(
                        "mainstay", "resilience4j", "failsafe", "smallrye", "guava", "bucket4j", "floor");
    }

    @Test
    void everyCombinationOfParametersIsAsked() {
        assertThat(full.stream()
                        .filter(cell -> cell.question().equals("BreakerClosed")
                                && cell.contender().equals(Contenders.OURS)
                                && cell.threads() == 1))
                .hasSize(2 * 3 * 2)
                .contains(new Cell(
                        "BreakerClosed",
                        Map.of(Cell.CONTENDER, "mainstay", "window", "10 s", "failures", "HALF", "metrics", "BOUND"),
                        1));
    }

    @Test
    void everyQuestionIsPutToSomebody() {
        assertThat(full.stream().map(Cell::question)).containsAll(Plan.questions());
        assertThat(full).doesNotHaveDuplicates();
    }

    @Test
    void everyContenderAnswersToSomething() {
        assertThat(full.stream().map(Cell::contender))
                .containsAll(Contenders.all().stream().map(Contender::name).toList());
    }

    @Test
    void whatMarksShareIsMeasuredOnce() {
        Quantity shared = Quantity.of(cell("Stack", "shared"));
        Mark mark = new Mark("one", 1, shared, Quantity.of(cell("Stack", "peer")), 1);
        Mark other = new Mark("two", 1, shared, Quantity.of(cell("Stack", "other")), 1);

        assertThat(Plan.ofMarks(List.of(mark, other)).stream().map(Cell::contender))
                .containsExactly("shared", "peer", "other");
    }
}
