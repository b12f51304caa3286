package dev.mainstay.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.runner.RunnerException;

/** Each question, with all its parameters, is put once to each contender that has an answer, so that none can rot. */
class EveryBenchmarkRunsTest {

    private final Runs runs = new Runs(Effort.SINGLE_CALL);

    static Stream<Cell> timed() {
        return Plan.full().stream().filter(cell -> cell.threads() == 1 && !AtRest.isAsked(cell));
    }

    @ParameterizedTest
    @MethodSource("timed")
    void aCallIsMeasured(Cell cell) throws RunnerException {
        assertThat(runs.measure(cell).samples())
                .singleElement()
                .satisfies(nanos -> assertThat(nanos).isPositive());
    }

    static Stream<Cell> atRest() {
        return AtRest.cells()
                .map(cell -> cell.question().equals(AtRest.KEYED) ? AtRest.keyedBreakers(100, cell.contender()) : cell);
    }

    @ParameterizedTest
    @MethodSource("atRest")
    void memoryIsMeasured(Cell cell) throws RunnerException {
        assertThat(runs.measure(cell).samples())
                .singleElement()
                .satisfies(bytes -> assertThat(bytes).isPositive());
    }
}
