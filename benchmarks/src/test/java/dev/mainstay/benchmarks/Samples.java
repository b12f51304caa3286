package dev.mainstay.benchmarks;

import static dev.mainstay.benchmarks.contenders.Contenders.OURS;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Made-up results. */
final class Samples {

    static final Machine MACHINE = new Machine("Some processor", 2, "Linux amd64", "Some VM 17");

    static final Cell CALL = cell("BulkheadEntered", OURS);

    private Samples() {}

    static Cell cell(String question, String contender) {
        return new Cell(question, Map.of(Cell.CONTENDER, contender), 1);
    }

    static Measurement measured(Cell cell, Double... samples) {
        return new Measurement(cell, "ns", 1, List.of(samples), 0.0, "2026-01-01T00:00:00Z");
    }

    /** Measured as if without any uncertainty. */
    static Measurement exactly(Cell cell, double value) {
        return measured(cell, value, value, value);
    }

    static Results results(Measurement... measurements) {
        return Arrays.stream(measurements).reduce(Results.none(MACHINE), Results::with, (one, other) -> other);
    }
}
