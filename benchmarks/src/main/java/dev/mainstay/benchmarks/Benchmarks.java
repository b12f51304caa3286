package dev.mainstay.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** Measures Mainstay beside its peers, says which marks hold, and writes the page about it. */
@Command(
        name = "benchmarks",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        description = "Measures Mainstay beside its peers, says which marks hold, and writes the page about it.")
public final class Benchmarks {

    private static final Path FOLDER = Path.of("benchmarks", "results");

    private final PrintStream terminal;

    private Benchmarks(PrintStream terminal) {
        this.terminal = terminal;
    }

    /** Runs a command; without one, says which there are. */
    public static void main(String[] args) {
        System.exit(commands(new PrintStream(System.out, true, StandardCharsets.UTF_8))
                .execute(args));
    }

    static CommandLine commands(PrintStream terminal) {
        CommandLine commands = new CommandLine(new Benchmarks(terminal));
        Objects.requireNonNull(commands.getSubcommands().get("jmh")).setUnmatchedOptionsArePositionalParams(true);
        return commands;
    }

    private static Path file(Effort effort) {
        return FOLDER.resolve(
                Figures.words(effort.name()) + "-" + Runtime.version().feature() + ".json");
    }

    @Command(
            name = "short",
            description = "Measures what the marks need, in minutes, and shows which hold.",
            mixinStandardHelpOptions = true)
    int inShort(
            @Option(
                            names = "--only",
                            paramLabel = "<regex>",
                            defaultValue = "",
                            description =
                                    "Only the marks in whose words this is found; the results of others are kept.")
                    Pattern only,
            @Option(names = "--results", paramLabel = "<file>", description = "Where results go.") @Nullable
                    Path results)
            throws IOException, RunnerException {
        List<Mark> marks = Marks.all().stream()
                .filter(mark -> only.matcher(mark.question()).find())
                .toList();
        Path file = results == null ? file(Effort.SHORT) : results;
        measure(Effort.SHORT, Effort.SHORT.forks(), Plan.ofMarks(marks), file);
        showMarks(marks, file);
        return 0;
    }

    @Command(
            name = "full",
            description = "Measures everything, in hours, and shows which marks hold.",
            mixinStandardHelpOptions = true)
    int inFull(
            @Option(
                            names = "--only",
                            paramLabel = "<regex>",
                            defaultValue = "",
                            description =
                                    "Only the figures in whose names this is found; the results of others are kept.")
                    Pattern only,
            @Option(names = "--marks", description = "Only what the marks need.") boolean marksOnly,
            @Option(
                            names = "--forks",
                            paramLabel = "<n>",
                            converter = AtLeastOne.class,
                            description = "JVMs for each figure: more make its bounds narrower. Default: 3")
                    @Nullable
                    Integer forks,
            @Option(names = "--results", paramLabel = "<file>", description = "Where results go.") @Nullable
                    Path results)
            throws IOException, RunnerException {
        List<Cell> cells = (marksOnly ? Plan.ofMarks(Marks.all()) : Plan.full())
                .stream().filter(cell -> only.matcher(cell.toString()).find()).toList();
        Path file = results == null ? file(Effort.FULL) : results;
        measure(Effort.FULL, forks == null ? Effort.FULL.forks() : forks, cells, file);
        showMarks(Marks.all(), file);
        return 0;
    }

    @Command(
            name = "marks",
            description = "Shows which marks hold by results that are there.",
            mixinStandardHelpOptions = true)
    int marks(@Parameters(paramLabel = "<results>", description = "The file.") Path results) throws IOException {
        showMarks(Marks.all(), results);
        return 0;
    }

    @Command(
            name = "page",
            description = "Writes the page about results that are there.",
            mixinStandardHelpOptions = true)
    int page(
            @Parameters(paramLabel = "<results>", description = "The file.") Path results,
            @Option(
                            names = "--out",
                            paramLabel = "<file>",
                            defaultValue = "docs/performance.md",
                            description = "The page. Default: ${DEFAULT-VALUE}")
                    Path out)
            throws IOException {
        String source = results.toString().replace('\\', '/');
        Files.writeString(out, new Page(Marks.all(), Results.read(results), source).markdown());
        terminal.println("Written: " + out);
        return 0;
    }

    @Command(name = "jmh", description = "Gives all further arguments to JMH's own command line.")
    int jmh(@Parameters(paramLabel = "<argument>", arity = "0..*") List<String> arguments) throws IOException {
        org.openjdk.jmh.Main.main(arguments.toArray(String[]::new));
        return 0;
    }

    /**
     * The JVMs of different figures take turns, so that a slow minute of the machine meets them all. Each is written as
     * soon as it is there, so that a run can be broken off.
     */
    private void measure(Effort effort, int rounds, List<Cell> cells, Path file) throws IOException, RunnerException {
        Results all = Results.readOrNone(file, Machine.here());
        Runs runs = new Runs(effort);
        Map<Cell, Measurement> measured = new HashMap<>();
        for (int round = 1; round <= rounds; round++) {
            int number = 0;
            for (Cell cell : cells) {
                number++;
                if (round > 1 && AtRest.isAsked(cell)) {
                    continue;
                }
                Measurement measurement = measured.merge(cell, runs.measure(cell), Measurement::and);
                all = all.with(measurement);
                all.write(file);
                terminal.printf(
                        "%d of %d, %d of %d: %s: %s %s%n",
                        round, rounds, number, cells.size(), cell, measurement.estimate(), measurement.unit());
            }
        }
        terminal.println("Results: " + file);
    }

    private void showMarks(List<Mark> marks, Path file) throws IOException {
        terminal.println(MarksTable.of(MarkRow.of(marks, Results.read(file))));
    }

    private static final class AtLeastOne implements ITypeConverter<Integer> {

        @Override
        public Integer convert(String value) {
            if (!value.matches("[1-9][0-9]{0,3}")) {
                throw new TypeConversionException("'" + value + "' is not a number from 1 to 9999");
            }
            return Integer.valueOf(value);
        }
    }
}
