package dev.mainstay.benchmarks;

import java.util.List;
import org.openjdk.jmh.util.ListStatistics;

/**
 * A value that is known within bounds. Arithmetic takes the widest bounds that are possible.
 *
 * @param value the best guess, greater than 0
 */
record Estimate(double value, double low, double high) {

    private static final double CONFIDENCE = 0.99;
    private static final int FEWEST_SAMPLES = 3;

    static Estimate exactly(double value) {
        return new Estimate(value, value, value);
    }

    /** The mean, within the bounds of Student's t for 99 %, of which fewer than three samples say nothing. */
    static Estimate ofMean(List<Double> samples) {
        ListStatistics statistics = new ListStatistics(
                samples.stream().mapToDouble(sample -> sample).toArray());
        double mean = statistics.getMean();
        double error =
                samples.size() < FEWEST_SAMPLES ? Double.POSITIVE_INFINITY : statistics.getMeanErrorAt(CONFIDENCE);
        return new Estimate(mean, Math.max(0, mean - error), mean + error);
    }

    Estimate plus(Estimate other) {
        return new Estimate(value + other.value, low + other.low, high + other.high);
    }

    Estimate over(Estimate other) {
        return new Estimate(value / other.value, low / other.high, high / other.low);
    }

    @Override
    public String toString() {
        return Figures.number(value) + " [" + Figures.number(low) + "–" + Figures.number(high) + "]";
    }
}
