package dev.mainstay.benchmarks;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Something that a mark compares: a figure, or what can be computed from figures. */
sealed interface Quantity {

    /** Its value, or nothing if a figure is missing. */
    Optional<Estimate> in(Results results);

    /** The figures it needs. */
    Stream<Cell> cells();

    /** Whose it turns out to be, in words; for the best of several that is known only from results. */
    String whose(Results results);

    static Quantity of(Cell cell) {
        return new Figure(cell);
    }

    static Quantity leastOf(List<Cell> cells) {
        return new Extreme(cells, Comparator.naturalOrder());
    }

    static Quantity greatestOf(List<Cell> cells) {
        return new Extreme(cells, Comparator.reverseOrder());
    }

    default Quantity over(Quantity other) {
        return new Quotient(this, other);
    }

    default Quantity plus(Quantity other) {
        return new Sum(this, other);
    }

    /** What was measured. */
    record Figure(Cell cell) implements Quantity {

        @Override
        public Optional<Estimate> in(Results results) {
            return results.of(cell).map(Measurement::estimate);
        }

        @Override
        public Stream<Cell> cells() {
            return Stream.of(cell);
        }

        @Override
        public String whose(Results results) {
            return cell.contender();
        }
    }

    /** The first of several by the order of their values: the least, or the greatest. */
    record Extreme(List<Cell> all, Comparator<Double> order) implements Quantity {

        @Override
        public Optional<Estimate> in(Results results) {
            return first(results).map(Measurement::estimate);
        }

        private Optional<Measurement> first(Results results) {
            List<Measurement> measured =
                    all.stream().map(results::of).flatMap(Optional::stream).toList();
            return measured.size() < all.size()
                    ? Optional.empty()
                    : measured.stream()
                            .min(Comparator.comparing(
                                    measurement -> measurement.estimate().value(), order));
        }

        @Override
        public Stream<Cell> cells() {
            return all.stream();
        }

        @Override
        public String whose(Results results) {
            return first(results)
                    .map(Measurement::cell)
                    .map(cell -> isOfOneContender() ? cell.circumstances() : cell.contender())
                    .orElse("?");
        }

        private boolean isOfOneContender() {
            return all.size() > 1
                    && all.stream().map(Cell::contender).distinct().count() == 1;
        }
    }

    /** One over another. */
    record Quotient(Quantity dividend, Quantity divisor) implements Quantity {

        @Override
        public Optional<Estimate> in(Results results) {
            return dividend.in(results).flatMap(above -> divisor.in(results).map(above::over));
        }

        @Override
        public Stream<Cell> cells() {
            return Stream.concat(dividend.cells(), divisor.cells());
        }

        @Override
        public String whose(Results results) {
            return dividend.whose(results);
        }
    }

    /** One and another. */
    record Sum(Quantity first, Quantity second) implements Quantity {

        @Override
        public Optional<Estimate> in(Results results) {
            return first.in(results).flatMap(one -> second.in(results).map(one::plus));
        }

        @Override
        public Stream<Cell> cells() {
            return Stream.concat(first.cells(), second.cells());
        }

        @Override
        public String whose(Results results) {
            return first.whose(results);
        }
    }

    /** A number that is given. */
    record Constant(double value, String name) implements Quantity {

        @Override
        public Optional<Estimate> in(Results results) {
            return Optional.of(Estimate.exactly(value));
        }

        @Override
        public Stream<Cell> cells() {
            return Stream.empty();
        }

        @Override
        public String whose(Results results) {
            return name;
        }
    }
}
