package dev.mainstay.meter;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What a meter is called and what it measures.
 *
 * @param name dotted and without a product prefix, such as {@code breaker.calls}
 * @param description one sentence for the person who reads the chart
 * @param unit the base unit, such as {@code calls} or {@code seconds}; empty for plain numbers
 * @param tags fixed for the meter's life, sorted by key
 */
public record MeterId(String name, String description, String unit, Map<String, String> tags) {

    public MeterId {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(description, "description");
        Objects.requireNonNull(unit, "unit");
        tags = Collections.unmodifiableMap(new TreeMap<>(tags));
    }

    /** A meter of the policy with the given name, which becomes the tag {@code name}. */
    public static MeterId of(String meter, String policy, String description, String unit) {
        return new MeterId(meter, description, unit, Map.of("name", policy));
    }

    /** The same meter with one more tag. */
    public MeterId tag(String key, String value) {
        Map<String, String> more = new TreeMap<>(tags);
        more.put(key, value);
        return new MeterId(name, description, unit, more);
    }

    /** Name and tags, as {@code breaker.calls{name=inventory, outcome=success}}. */
    @Override
    public String toString() {
        return name + tags;
    }
}
