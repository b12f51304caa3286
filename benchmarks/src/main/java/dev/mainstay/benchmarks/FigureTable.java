package dev.mainstay.benchmarks;

import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.Contenders;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * All figures of one question: a row for all that is the same but for the contender, a column for each contender.
 *
 * @param asks the question in words
 */
record FigureTable(String question, String asks, List<String> contenders, List<Row> rows) {

    record Row(String circumstances, List<String> figures) {}

    static FigureTable of(String question, Results results) {
        List<Measurement> own = results.measurements().stream()
                .filter(measurement -> measurement.cell().question().equals(question))
                .toList();
        List<String> contenders = Contenders.all().stream()
                .map(Contender::name)
                .filter(name -> own.stream()
                        .anyMatch(measurement -> measurement.cell().contender().equals(name)))
                .toList();
        List<Row> rows = own.stream()
                .map(measurement -> measurement.cell().to(""))
                .distinct()
                .map(cell -> new Row(
                        circumstances(cell),
                        contenders.stream()
                                .map(name -> figure(results.of(cell.to(name))))
                                .toList()))
                .toList();
        return new FigureTable(question, Plan.asks(question), contenders, rows);
    }

    private static String circumstances(Cell cell) {
        String threads = AtRest.isAsked(cell) ? "" : Figures.threads(cell.threads());
        return Stream.of(cell.circumstances(), threads)
                .filter(part -> !part.isEmpty())
                .reduce((left, right) -> left + ", " + right)
                .orElse("");
    }

    private static String figure(Optional<Measurement> measurement) {
        return measurement.map(FigureTable::figure).orElse("–");
    }

    private static String figure(Measurement measurement) {
        Estimate estimate = measurement.estimate();
        if (measurement.unit().equals(Measurement.BYTES)) {
            return Figures.number(estimate.value()) + " B";
        }
        String figure = Figures.number(estimate.value()) + " ± " + Figures.number(estimate.high() - estimate.value());
        Double allocated = measurement.allocated();
        return allocated == null ? figure : figure + " · " + Math.round(allocated) + " B";
    }
}
