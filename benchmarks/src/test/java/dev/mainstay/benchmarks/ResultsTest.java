package dev.mainstay.benchmarks;

import static dev.mainstay.benchmarks.Samples.CALL;
import static dev.mainstay.benchmarks.Samples.MACHINE;
import static dev.mainstay.benchmarks.Samples.cell;
import static dev.mainstay.benchmarks.Samples.exactly;
import static dev.mainstay.benchmarks.Samples.measured;
import static dev.mainstay.benchmarks.Samples.results;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {

    private final Measurement atRest = new Measurement(
            AtRest.keyedBreakers("mainstay"), Measurement.BYTES, 0, List.of(1e9), null, "2026-01-02T00:00:00Z");

    @Test
    void whatIsWrittenIsReadAgain(@TempDir Path folder) throws IOException {
        Results results = results(measured(CALL, 1.0, 2.0), atRest);
        Path file = folder.resolve("new/results.json");

        results.write(file);

        assertThat(Results.read(file)).isEqualTo(results);
        assertThat(Results.readOrNone(file, MACHINE)).isEqualTo(results);
    }

    @Test
    void whatIsMeasuredAgainTakesThePlaceOfTheFormer() {
        Results results = results(exactly(CALL, 1), exactly(cell("Stack", "other"), 3), exactly(CALL, 2));

        assertThat(results.measurements()).hasSize(2);
        assertThat(results.of(CALL)).contains(exactly(CALL, 2));
    }

    @Test
    void withoutAFileThereIsNothing(@TempDir Path folder) throws IOException {
        assertThat(Results.readOrNone(folder.resolve("none.json"), MACHINE)).isEqualTo(Results.none(MACHINE));
    }

    @Test
    void figuresOfTwoMachinesDoNotMix(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("results.json");
        results(exactly(CALL, 1)).write(file);
        Machine other = new Machine("Another processor", 64, "Linux amd64", "Some VM 17");

        assertThatThrownBy(() -> Results.readOrNone(file, other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("name another file");
    }

    @Test
    void bytesAtRestAreExact() {
        assertThat(atRest.estimate()).isEqualTo(Estimate.exactly(1e9));
    }
}
