package dev.mainstay.examples.shop;

import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Statistic;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** What a monitoring system knows: every meter, looked at once a second. Of meters that match, the sum. */
final class Samples {
    private static final Set<Statistic> CURVES = Set.of(Statistic.COUNT, Statistic.VALUE);

    private final MeterRegistry registry;
    private final List<Map<Meter.Id, Double>> samples = new ArrayList<>();

    Samples(MeterRegistry registry) {
        this.registry = registry;
    }

    MeterRegistry registry() {
        return registry;
    }

    /** Looks at every meter: a counter's and a timer's count, a gauge's value. */
    void take() {
        Map<Meter.Id, Double> sample = new HashMap<>();
        for (Meter meter : registry.getMeters()) {
            for (Measurement measurement : meter.measure()) {
                if (CURVES.contains(measurement.getStatistic())) {
                    sample.put(meter.getId(), measurement.getValue());
                }
            }
        }
        samples.add(sample);
    }

    /** The value at the end of a second; zero before the first and where there is no such meter. */
    double value(int second, String name, String... tags) {
        return second < 0
                ? 0
                : samples.get(second).entrySet().stream()
                        .filter(each -> matches(each.getKey(), name, tags))
                        .mapToDouble(Map.Entry::getValue)
                        .sum();
    }

    /** By how much it rose from the beginning of a second to that of another. */
    double rise(int from, int to, String name, String... tags) {
        return value(to - 1, name, tags) - value(from - 1, name, tags);
    }

    /** The seconds in which it rose. */
    List<Integer> seconds(String name, String... tags) {
        return IntStream.range(0, samples.size())
                .filter(second -> rise(second, second + 1, name, tags) > 0)
                .boxed()
                .toList();
    }

    private static boolean matches(Meter.Id id, String name, String... tags) {
        return id.getName().equals(name)
                && id.getTags().containsAll(Tags.of(tags).stream().toList());
    }
}
