package dev.mainstay.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.benchmarks.contenders.Contenders;
import java.util.List;
import org.junit.jupiter.api.Test;

class MarksTest {

    @Test
    void everyFigureThatAMarkNeedsCanBeMeasured() {
        List<Cell> full = Plan.full();

        assertThat(Plan.ofMarks(Marks.all()))
                .isNotEmpty()
                .allSatisfy(cell -> assertThat(full).contains(cell));
    }

    @Test
    void noMarkIsThereTwice() {
        assertThat(Marks.all().stream().map(mark -> mark.question() + mark.threads()))
                .doesNotHaveDuplicates();
    }

    @Test
    void whatIsComparedIsOurs() {
        assertThat(Marks.all())
                .allSatisfy(mark ->
                        assertThat(mark.ours().cells().map(Cell::contender)).containsOnly(Contenders.OURS));
    }

    @Test
    void aMarkComparesFiguresOfItsOwnThreadsOrScaling() {
        assertThat(Marks.all())
                .allSatisfy(mark -> assertThat(mark.cells().map(Cell::threads)).contains(mark.threads()));
    }
}
