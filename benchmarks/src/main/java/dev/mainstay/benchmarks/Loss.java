package dev.mainstay.benchmarks;

import dev.mainstay.benchmarks.contenders.Contenders;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A figure of ours that a library beats, the bounds of both apart.
 *
 * @param ratio ours to theirs, more than 1 in all its bounds
 */
record Loss(Cell cell, String winner, Estimate ratio) {

    /** All there are, the greatest first. The floors are no library. */
    static List<Loss> all(Results results) {
        return results.measurements().stream()
                .filter(theirs -> !theirs.cell().contender().equals(Contenders.OURS))
                .filter(theirs -> !theirs.cell().contender().equals(Contenders.FLOOR))
                .flatMap(theirs -> against(theirs, results).stream())
                .sorted(Comparator.comparing((Loss loss) -> loss.ratio().value())
                        .reversed())
                .toList();
    }

    private static Optional<Loss> against(Measurement theirs, Results results) {
        return results.of(theirs.cell().to(Contenders.OURS))
                .map(ours -> new Loss(
                        ours.cell(), theirs.cell().contender(), ours.estimate().over(theirs.estimate())))
                .filter(loss -> loss.ratio().low() > 1);
    }

    /** Where nobody else was asked there is nothing to win. */
    static long comparisons(Results results) {
        return Stream.of(results.measurements())
                .flatMap(List::stream)
                .filter(theirs -> !theirs.cell().contender().equals(Contenders.OURS))
                .filter(theirs -> !theirs.cell().contender().equals(Contenders.FLOOR))
                .filter(theirs -> results.of(theirs.cell().to(Contenders.OURS)).isPresent())
                .count();
    }
}
