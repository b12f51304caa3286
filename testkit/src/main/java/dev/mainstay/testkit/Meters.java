package dev.mainstay.testkit;

import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.safe.Require;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * What a policy can be measured by, as a test wants to read it. Its counters count from the moment it was {@linkplain
 * #start started}: do that before the first call. Each reading asks the policy to describe itself anew, so that meters
 * may come and go.
 */
public final class Meters {

    private final Policy policy;

    private Meters(Policy policy) {
        this.policy = policy;
    }

    /** Starts the policy's counters. */
    public static Meters start(Policy policy) {
        PolicyAccess.describe(policy, new Starter());
        return of(policy);
    }

    /** The policy's meters as they are, its counters not started by this. */
    public static Meters of(Policy policy) {
        return new Meters(Require.present("policy", policy));
    }

    /** The policy. */
    public Policy policy() {
        return policy;
    }

    /** All readings: counters and gauges. */
    public Map<MeterId, Double> readings() {
        Map<MeterId, Double> readings = new LinkedHashMap<>();
        read().forEach((id, reading) -> readings.put(id, reading.value));
        return readings;
    }

    /**
     * The value of a meter. Of several counters that match, the sum.
     *
     * @param name as in {@code breaker.calls}
     * @param tags keys and values, alternating, that the meter must have among others
     * @throws AssertionError if there is none, or several gauges match
     */
    public double value(String name, String... tags) {
        Map<MeterId, Reading> matching = matching(name, tags);
        if (matching.isEmpty()) {
            throw new AssertionError("expected a meter " + wanted(name, tags) + ", but there are" + listing());
        }
        if (matching.size() > 1 && matching.values().stream().anyMatch(reading -> reading.kind == Kind.GAUGE)) {
            throw new AssertionError(
                    "expected one gauge " + wanted(name, tags) + ", but several match: " + matching.keySet());
        }
        return matching.values().stream().mapToDouble(reading -> reading.value).sum();
    }

    /** Whether there is such a meter. */
    public boolean has(String name, String... tags) {
        return !matching(name, tags).isEmpty();
    }

    /** The states in force according to the gauges {@code *.state{state=…}}, as those name them. */
    List<String> states() {
        return read().entrySet().stream()
                .filter(each -> each.getKey().name().endsWith(".state")
                        && each.getKey().tags().containsKey("state")
                        && each.getValue().value == 1)
                .map(each -> each.getKey().tags().get("state"))
                .toList();
    }

    private Map<MeterId, Reading> matching(String name, String... tags) {
        Map<String, String> wanted = tagsOf(tags);
        Map<MeterId, Reading> matching = new LinkedHashMap<>();
        read().forEach((id, reading) -> {
            if (id.name().equals(name) && id.tags().entrySet().containsAll(wanted.entrySet())) {
                matching.put(id, reading);
            }
        });
        return matching;
    }

    static String wanted(String name, String... tags) {
        return name + tagsOf(tags);
    }

    private static Map<String, String> tagsOf(String... tags) {
        Require.check(tags.length % 2 == 0, "tags", Arrays.asList(tags), "keys and values, alternating");
        Map<String, String> map = new TreeMap<>();
        for (int i = 0; i < tags.length; i += 2) {
            map.put(tags[i], tags[i + 1]);
        }
        return map;
    }

    private Map<MeterId, Reading> read() {
        Reader reader = new Reader();
        PolicyAccess.describe(policy, reader);
        return reader.readings;
    }

    /** All meters with their values, a line each, for messages. */
    String listing() {
        Map<MeterId, Reading> readings = read();
        return readings.isEmpty()
                ? " none"
                : readings.entrySet().stream()
                        .map(each -> "\n  " + each.getKey() + " = " + each.getValue())
                        .collect(Collectors.joining());
    }

    static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }

    @Override
    public String toString() {
        return "Meters of " + policy.name() + ":" + listing();
    }

    private enum Kind {
        COUNTER,
        STOPPED_COUNTER,
        GAUGE
    }

    private record Reading(Kind kind, double value) {

        @Override
        public String toString() {
            return number(value) + (kind == Kind.STOPPED_COUNTER ? " (never started: call Meters.start before)" : "");
        }
    }

    private static final class Reader implements MeterSink {

        private final Map<MeterId, Reading> readings = new LinkedHashMap<>();

        @Override
        public void counter(MeterId id, LongSupplier count) {
            boolean stopped = count instanceof CallCounter counter && !counter.isStarted();
            put(id, new Reading(stopped ? Kind.STOPPED_COUNTER : Kind.COUNTER, count.getAsLong()));
        }

        @Override
        public void gauge(MeterId id, DoubleSupplier value) {
            put(id, new Reading(Kind.GAUGE, value.getAsDouble()));
        }

        private void put(MeterId id, Reading reading) {
            if (readings.put(id, reading) != null) {
                throw new AssertionError("two meters are called " + id + ", of which a metrics library would drop one");
            }
        }

        @Override
        public void timer(MeterId id, Recorder recorder) {
            // Durations are handed over as they happen: there is nothing to read now.
        }
    }

    private static final class Starter implements MeterSink {

        @Override
        public void counter(MeterId id, LongSupplier count) {
            if (count instanceof CallCounter counter) {
                counter.start();
            }
        }

        @Override
        public void gauge(MeterId id, DoubleSupplier value) {
            // A gauge reads what is there anyway.
        }

        @Override
        public void timer(MeterId id, Recorder recorder) {
            // Durations are recorded once somebody attaches, and a test does that itself.
        }
    }
}
