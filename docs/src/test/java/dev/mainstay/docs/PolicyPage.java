package dev.mainstay.docs;

import dev.mainstay.ContextCarrier;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/** The tables of a policy's page, and what should be in them. */
final class PolicyPage {

    private final Page page;

    PolicyPage(String name) {
        page = Page.read("docs/" + name + ".md");
    }

    /** Option by option, what the page says the default is. */
    Map<String, String> defaults() {
        return defaults("Option");
    }

    /** The same for one of several tables. */
    Map<String, String> defaults(String title) {
        Map<String, String> defaults = new TreeMap<>();
        page.tableRows("Defaults").stream()
                .filter(row -> row.containsKey(title))
                .forEach(row -> defaults.put(row.get(title), row.get("Default")));
        return defaults;
    }

    /**
     * Option by option, what a config says.
     *
     * @param setters the options whose setter has another name than the config's component
     */
    static Map<String, String> defaultsOf(Record config, Map<String, String> setters) {
        Map<String, String> defaults = new TreeMap<>();
        for (RecordComponent component : config.getClass().getRecordComponents()) {
            String name = component.getName();
            defaults.put(setters.getOrDefault(name, name), text(valueOf(component, config)));
        }
        return defaults;
    }

    static Map<String, String> defaultsOf(Record config) {
        return defaultsOf(config, Map.of());
    }

    private static Object valueOf(RecordComponent component, Record config) {
        try {
            return component.getAccessor().invoke(config);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(component.getName() + " cannot be read", e);
        }
    }

    /** A value as pages write it. */
    static String text(Object value) {
        if (value == null || value == ContextCarrier.none()) {
            return "none";
        }
        if (value instanceof Duration duration) {
            return duration.isZero() ? "0" : spaced(Nanos.format(duration.toNanos()));
        }
        if (value instanceof Backoff backoff) {
            return spaced(backoff.toString()).replaceAll("x(\\d)", "×$1").replace("jitter 0.5", "± 50 %");
        }
        if (value instanceof Double number) {
            return number == Math.rint(number) ? Long.toString(number.longValue()) : number.toString();
        }
        if (value == Classifier.standard()) {
            return "standard";
        }
        return value == TimeSource.system() ? "system" : value.toString();
    }

    private static String spaced(String duration) {
        return duration.replaceAll("(\\d)([a-z])", "$1 $2");
    }

    /** Meter by meter, what the page says its kind, tags and unit are. */
    Map<String, String> meters() {
        return meters("Telemetry");
    }

    /** The same for a table that stands elsewhere. */
    Map<String, String> meters(String section) {
        Map<String, String> meters = new TreeMap<>();
        page.tableRows(section).stream()
                .filter(row -> row.containsKey("Meter"))
                .forEach(row -> meters.put(
                        row.get("Meter"), row.get("Kind") + "; " + sorted(row.get("Tags")) + "; " + row.get("Unit")));
        return meters;
    }

    private static String sorted(String tags) {
        int colon = tags.indexOf(": ");
        return colon < 0
                ? tags
                : Arrays.stream(tags.substring(colon + 2).split(", "))
                        .sorted()
                        .collect(Collectors.joining(", ", tags.substring(0, colon + 2), ""));
    }

    /** Meter by meter, how a policy describes it; the tag {@code name}, which every meter has, left out. */
    static Map<String, String> metersOf(Policy policy) {
        Described described = new Described();
        PolicyAccess.describe(policy, described);
        return described.meters();
    }

    private static final class Described implements MeterSink {

        private record Kind(String kind, String unit, Map<String, TreeSet<String>> tags) {

            String text() {
                String all = tags.entrySet().stream()
                        .map(tag -> tag.getKey() + ": " + String.join(", ", tag.getValue()))
                        .collect(Collectors.joining("; "));
                return kind + "; " + (all.isEmpty() ? "–" : all) + "; " + (unit.isEmpty() ? "–" : unit);
            }
        }

        private final Map<String, Kind> kinds = new TreeMap<>();

        Map<String, String> meters() {
            Map<String, String> meters = new TreeMap<>();
            kinds.forEach((name, kind) -> meters.put(name, kind.text()));
            return meters;
        }

        private void add(MeterId id, String kind) {
            Kind known = kinds.computeIfAbsent(id.name(), name -> new Kind(kind, id.unit(), new TreeMap<>()));
            id.tags().forEach((key, value) -> {
                if (!key.equals("name")) {
                    known.tags.computeIfAbsent(key, tag -> new TreeSet<>()).add(value);
                }
            });
        }

        @Override
        public void counter(MeterId id, LongSupplier count) {
            add(id, "counter");
        }

        @Override
        public void gauge(MeterId id, DoubleSupplier value) {
            add(id, "gauge");
        }

        @Override
        public void timer(MeterId id, Recorder recorder) {
            add(id, "timer");
        }
    }
}
