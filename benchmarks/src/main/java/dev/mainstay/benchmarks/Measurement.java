package dev.mainstay.benchmarks;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What was measured.
 *
 * @param unit of the samples: ns for each call, or B at rest, which is exact
 * @param forks in how many JVMs one after the other
 * @param samples the mean of each iteration
 * @param allocated bytes for each call, where that was looked at
 * @param at when, in UTC
 */
record Measurement(
        Cell cell,
        String unit,
        int forks,
        List<Double> samples,
        @Nullable Double allocated,
        String at) {

    static final String NANOSECONDS = "ns";
    static final String BYTES = "B";

    /** With what was measured of the same figure in other JVMs, later. */
    Measurement and(Measurement later) {
        int all = forks + later.forks;
        Double bytes = allocated == null || later.allocated == null
                ? null
                : Double.valueOf((allocated * forks + later.allocated * later.forks) / all);
        return new Measurement(
                cell,
                unit,
                all,
                Stream.concat(samples.stream(), later.samples.stream()).toList(),
                bytes,
                later.at);
    }

    @JsonIgnore
    Estimate estimate() {
        return unit.equals(BYTES) ? Estimate.exactly(samples.get(0)) : Estimate.ofMean(samples);
    }
}
