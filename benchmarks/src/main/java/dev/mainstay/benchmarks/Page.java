package dev.mainstay.benchmarks;

import com.samskivert.mustache.Mustache;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the documentation says about results. */
final class Page {

    private final List<Mark> marks;
    private final Results results;
    private final String source;

    /** @param source the file that the results are read from, as the page names it */
    Page(List<Mark> marks, Results results, String source) {
        this.marks = marks;
        this.results = results;
        this.source = source;
    }

    String markdown() {
        return Mustache.compiler()
                .escapeHTML(false)
                .compile(resource("performance.md.mustache"))
                .execute(values());
    }

    private Map<String, Object> values() {
        List<Mark.Verdict> verdicts =
                marks.stream().map(mark -> mark.verdict(results)).toList();
        List<MarkRow> rows = MarkRow.of(marks, results);
        List<Loss> losses = Loss.all(results);
        Map<String, Object> values = new HashMap<>();
        values.put("machine", results.machine());
        values.put("source", source);
        values.put("from", moments().min(String::compareTo).orElse(""));
        values.put("to", moments().max(String::compareTo).orElse(""));
        values.put(
                "forks",
                results.measurements().stream()
                        .map(Measurement::forks)
                        .filter(forks -> forks > 0)
                        .distinct()
                        .sorted()
                        .map(String::valueOf)
                        .collect(Collectors.joining(" or ")));
        values.put("marks", rows.stream().map(Page::line).toList());
        values.put("all", marks.size());
        for (Mark.Verdict verdict : Mark.Verdict.values()) {
            values.put(verdict.name(), verdicts.stream().filter(verdict::equals).count());
        }
        List<String> arguments = marks.stream()
                .filter(mark -> mark.verdict(results) != Mark.Verdict.HOLDS)
                .flatMap(mark ->
                        Stream.ofNullable(mark.floor()).flatMap(floor -> floor.argument(mark, results).stream()))
                .toList();
        values.put("near", Figures.number(Floor.NEAR));
        values.put("arguments", arguments);
        values.put("argues", !arguments.isEmpty());
        values.put("comparisons", Loss.comparisons(results));
        values.put("losses", losses.stream().map(Page::line).toList());
        values.put("loses", !losses.isEmpty());
        List<String> short_ = rows.stream()
                .filter(row -> row.verdict().fallsShort())
                .map(Page::line)
                .toList();
        values.put("short", short_);
        values.put("fallsShort", !short_.isEmpty());
        values.put(
                "tables",
                Plan.questions().stream()
                        .map(question -> FigureTable.of(question, results))
                        .filter(table -> !table.rows().isEmpty())
                        .map(Page::table)
                        .toList());
        return values;
    }

    private Stream<String> moments() {
        return results.measurements().stream().map(Measurement::at);
    }

    private static String line(MarkRow row) {
        return cells(Stream.of(
                row.question(),
                Integer.toString(row.threads()),
                row.ours(),
                row.peer(),
                row.ratio(),
                row.limit(),
                row.floor(),
                row.verdict().toString()));
    }

    private static String line(Loss loss) {
        return cells(Stream.of(
                loss.cell().question(),
                loss.cell().circumstances(),
                Integer.toString(loss.cell().threads()),
                loss.winner(),
                loss.ratio().toString()));
    }

    private static Map<String, Object> table(FigureTable table) {
        Stream<List<String>> head = Stream.of(
                Stream.concat(Stream.of(""), table.contenders().stream()).toList(),
                Stream.concat(Stream.of("---"), table.contenders().stream().map(name -> "---:"))
                        .toList());
        Stream<List<String>> body = table.rows().stream()
                .map(row -> Stream.concat(Stream.of(row.circumstances()), row.figures().stream())
                        .toList());
        return Map.of(
                "question",
                table.question(),
                "asks",
                table.asks(),
                "lines",
                Stream.concat(head, body).map(cells -> cells(cells.stream())).toList());
    }

    private static String cells(Stream<String> cells) {
        return cells.map(cell -> cell.replace("|", "\\|")).collect(Collectors.joining(" | ", "| ", " |"));
    }

    private static String resource(String name) {
        try (var in = Page.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("The class path lacks " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
