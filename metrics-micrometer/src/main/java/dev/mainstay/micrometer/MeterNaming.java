package dev.mainstay.micrometer;

import dev.mainstay.meter.MeterId;
import java.util.Objects;

/**
 * What a policy's meter is called in the meter registry: given the name and tags that the policy gives it ({@code
 * breaker.calls}, with tags), those that the registry shall know. Of the names that come out, those that are equal must
 * have the same tag keys, or registries such as Prometheus' reject them.
 *
 * <p>Asked once for each meter, when it is bound. Implementations are safe for use by many threads.
 */
@FunctionalInterface
public interface MeterNaming {

    /**
     * What the meter with this name, description, unit and these tags shall be called, and which tags it shall have.
     */
    MeterId rename(MeterId id);

    /** The names of the documentation: each with the prefix {@code mainstay.}, and tags as they are. */
    static MeterNaming standard() {
        return prefixed("mainstay.");
    }

    /** Each name with this prefix, which includes the dot, and tags as they are. */
    static MeterNaming prefixed(String prefix) {
        Objects.requireNonNull(prefix, "prefix");
        return id -> new MeterId(prefix + id.name(), id.description(), id.unit(), id.tags());
    }
}
