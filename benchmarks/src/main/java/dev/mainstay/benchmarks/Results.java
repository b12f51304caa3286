package dev.mainstay.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What was measured on one machine, possibly in several runs of the tool, of which the last word counts.
 *
 * @param measurements in the order of their cells
 */
record Results(Machine machine, List<Measurement> measurements) {

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    static Results none(Machine machine) {
        return new Results(machine, List.of());
    }

    static Results read(Path file) throws IOException {
        return JSON.readValue(file.toFile(), Results.class);
    }

    /** What the file has, or nothing if there is no file; a file of another machine is an error. */
    static Results readOrNone(Path file, Machine machine) throws IOException {
        if (!Files.exists(file)) {
            return none(machine);
        }
        Results results = read(file);
        if (!results.machine.equals(machine)) {
            throw new IllegalArgumentException("results are those of " + results.machine + " in " + file
                    + " but must be of this machine, " + machine + ": name another file");
        }
        return results;
    }

    void write(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Files.writeString(file, JSON.writeValueAsString(this) + "\n");
    }

    /** With one more, in place of what was measured of the same before. */
    Results with(Measurement measurement) {
        List<Measurement> all = new ArrayList<>(measurements);
        all.removeIf(earlier -> earlier.cell().equals(measurement.cell()));
        all.add(measurement);
        all.sort(Comparator.comparing(Measurement::cell));
        return new Results(machine, all);
    }

    Optional<Measurement> of(Cell cell) {
        return measurements.stream()
                .filter(measurement -> measurement.cell().equals(cell))
                .findFirst();
    }
}
