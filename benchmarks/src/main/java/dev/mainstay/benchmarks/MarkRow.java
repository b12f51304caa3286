package dev.mainstay.benchmarks;

import java.util.List;

/** A mark beside what was measured, in words. */
record MarkRow(
        String question,
        int threads,
        String ours,
        String peer,
        String ratio,
        String limit,
        String floor,
        Mark.Verdict verdict) {

    static List<MarkRow> of(List<Mark> marks, Results results) {
        return marks.stream().map(mark -> of(mark, results)).toList();
    }

    static MarkRow of(Mark mark, Results results) {
        return new MarkRow(
                mark.question(),
                mark.threads(),
                value(mark.ours(), results),
                mark.peer().whose(results) + " " + value(mark.peer(), results),
                mark.ratio(results).map(Estimate::toString).orElse("–"),
                "≤ " + Figures.number(mark.limit()),
                floor(mark, results),
                mark.verdict(results));
    }

    private static String floor(Mark mark, Results results) {
        Floor floor = mark.floor();
        return floor == null
                ? ""
                : mark.ratioToFloor(results).map(Estimate::toString).orElse("–") + " × " + value(floor.cost(), results);
    }

    private static String value(Quantity quantity, Results results) {
        return quantity.in(results)
                .map(estimate -> Figures.number(estimate.value()))
                .orElse("–");
    }
}
