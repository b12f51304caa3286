package dev.mainstay.benchmarks;

import static dev.mainstay.benchmarks.Samples.CALL;
import static dev.mainstay.benchmarks.Samples.exactly;
import static dev.mainstay.benchmarks.Samples.results;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class BenchmarksTest {

    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    @Test
    void theCommittedPageIsWhatTheToolWritesFromItsResults() throws IOException {
        String page = Files.readString(ROOT.resolve("docs/performance.md"));
        Matcher source =
                Pattern.compile("\\(\\.\\./(benchmarks/results/[^)]+)\\)").matcher(page);
        assertThat(source.find()).isTrue();

        assertThat(page)
                .as("write it anew: java -jar benchmarks/target/benchmarks.jar page %s", source.group(1))
                .isEqualTo(
                        new Page(Marks.all(), Results.read(ROOT.resolve(source.group(1))), source.group(1)).markdown());
    }

    @Test
    void pageWritesThePage(@TempDir Path folder) throws IOException {
        Path results = folder.resolve("results.json");
        Path page = folder.resolve("page.md");
        results(exactly(CALL, 5)).write(results);

        assertThat(run("page", results.toString(), "--out", page.toString())).isZero();
        assertThat(page).content().startsWith("# Performance\n").contains("BulkheadEntered");
    }

    @Test
    void marksShowsEachMarkWithItsVerdict(@TempDir Path folder) throws IOException {
        Path results = folder.resolve("results.json");
        results(exactly(CALL, 5)).write(results);

        assertThat(run("marks", results.toString())).isZero();
        assertThat(written.toString(StandardCharsets.UTF_8))
                .containsPattern("\\| bulkhead +\\| +1 \\| +5\\.00 \\|.*≤ 0\\.85 \\| +– × – \\| not measured \\|");
    }

    @Test
    void shortMeasuresWhatTheMarksNeedAndKeepsTheRest(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("results.json");
        Measurement earlier = exactly(CALL, 5);
        Results.none(Machine.here()).with(earlier).write(file);

        assertThat(run("short", "--only", "^bulkhead at rest$", "--results", file.toString()))
                .isZero();

        assertThat(Results.read(file).measurements())
                .hasSize(2)
                .contains(earlier)
                .anyMatch(measurement -> measurement.cell().question().equals(AtRest.INSTANCE));
        assertThat(written.toString(StandardCharsets.UTF_8))
                .contains("1 of 2, 1 of 1: ", "| bulkhead at rest |", "| holds |");
    }

    @Test
    void anotherNumberOfJvmsIsAtLeastOne() {
        StringWriter errors = new StringWriter();
        CommandLine commands = Benchmarks.commands(System.out).setErr(new PrintWriter(errors));

        assertThat(commands.execute("full", "--forks", "0")).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(errors.toString()).contains("'--forks': '0' is not a number from 1 to 9999");
    }

    private int run(String... arguments) {
        return Benchmarks.commands(new PrintStream(written, true, StandardCharsets.UTF_8))
                .execute(arguments);
    }
}
