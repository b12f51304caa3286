package dev.mainstay.examples.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What the report's script draws, as plain values: times in seconds since time zero, points as {@code [time, value]}.
 */
record Charts(
        double end,
        Outage outage,
        List<double[]> offered,
        List<Lines> arms,
        List<double[]> breaker,
        List<double[]> budget) {

    /** When the service was out. */
    record Outage(double start, double end) {}

    /** The curves of one arm. */
    record Lines(String name, List<double[]> goodput, List<double[]> waits, List<double[]> requests) {}

    static Charts of(Comparison comparison) {
        var times = comparison.plan().timetable();
        var gauges = comparison.guarded().gauges();
        return new Charts(
                Seconds.of(times.end()),
                new Outage(Seconds.of(times.outageStart()), Seconds.of(times.outageEnd())),
                offered(comparison.bare().timeline()),
                List.of(lines(comparison.bare()), lines(comparison.guarded())),
                breaker(gauges),
                budget(gauges));
    }

    /** The same for both arms: same seed, same arrivals. */
    private static List<double[]> offered(Timeline timeline) {
        double length = Seconds.of(timeline.sliceLength());
        return curve(timeline, slice -> slice.offered() / length);
    }

    private static Lines lines(TrialResult trial) {
        var timeline = trial.timeline();
        double length = Seconds.of(timeline.sliceLength());
        return new Lines(
                trial.name(),
                curve(timeline, slice -> slice.answered() / length),
                curve(timeline, Slice::p99Seconds),
                curve(timeline, Slice::requestsPerCall));
    }

    /** One point in the middle of each slice. */
    private static List<double[]> curve(Timeline timeline, ToDoubleFunction<Slice> value) {
        double length = Seconds.of(timeline.sliceLength());
        var points = new ArrayList<double[]>();
        for (var slice : timeline.slices()) {
            points.add(new double[] {(points.size() + 0.5) * length, value.applyAsDouble(slice)});
        }
        return points;
    }

    private static List<double[]> breaker(List<Gauges> gauges) {
        return gauges.stream()
                .flatMap(sample ->
                        sample.breaker().stream().map(state -> new double[] {Seconds.of(sample.time()), state.level()}))
                .toList();
    }

    private static List<double[]> budget(List<Gauges> gauges) {
        return gauges.stream()
                .filter(sample -> sample.retryBudget().isPresent())
                .map(sample -> new double[] {
                    Seconds.of(sample.time()), sample.retryBudget().getAsDouble()
                })
                .toList();
    }
}
