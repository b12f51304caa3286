package dev.mainstay.micrometer;

import dev.mainstay.PolicyAccess;
import dev.mainstay.event.Subscription;
import dev.mainstay.meter.Measured;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * What one {@link MainstayMetrics} has in one registry. Of several that want a meter of the same name and tags, the one
 * that came first has it, and the next gets it when that one goes: an instance that was evicted may leave after another
 * of its name has come.
 */
final class Binding {

    final MeterRegistry registry;
    final MeterStyle style;
    final Registrations registrations;

    /** Those who want a meter, the one that has it first. Lists are immutable. */
    private final ConcurrentMap<Key, List<MeterClaim<?>>> lines = new ConcurrentHashMap<>();

    Binding(MeterRegistry registry, MeterStyle style) {
        this.registry = registry;
        this.registrations = new Registrations(registry);
        this.style = style;
    }

    /** Binds these; what is returned takes their meters out again. */
    Subscription bind(List<Measured> measured) {
        CompositeSubscription ties = new CompositeSubscription();
        RegisteringSink description = new RegisteringSink(this, ties);
        measured.forEach(each -> PolicyAccess.describe(each, description));
        return ties;
    }

    /**
     * Puts a claim in line, and makes its meter if it is the first.
     *
     * @return false if the first one reads something else, which will then not be seen
     */
    boolean enter(MeterClaim<?> claim) {
        List<MeterClaim<?>> line = Objects.requireNonNull(lines.merge(Key.of(claim), List.of(claim), Binding::joined));
        MeterClaim<?> first = line.get(0);
        if (first == claim) {
            claim.make();
        }
        return first.mayReadTheSameAs(claim);
    }

    void leave(MeterClaim<?> claim) {
        List<MeterClaim<?>> line = lines.computeIfPresent(Key.of(claim), (id, before) -> without(before, claim));
        if (claim.takeBack() && line != null) {
            line.get(0).make();
        }
    }

    private static List<MeterClaim<?>> joined(List<MeterClaim<?>> line, List<MeterClaim<?>> more) {
        List<MeterClaim<?>> joined = new ArrayList<>(line);
        joined.addAll(more);
        return List.copyOf(joined);
    }

    private static @Nullable List<MeterClaim<?>> without(List<MeterClaim<?>> line, MeterClaim<?> claim) {
        List<MeterClaim<?>> rest = line.stream().filter(other -> other != claim).toList();
        return rest.isEmpty() ? null : rest;
    }

    /** What a registry tells meters apart by. */
    private record Key(String name, Map<String, String> tags) {

        static Key of(MeterClaim<?> claim) {
            return new Key(claim.id().name(), claim.id().tags());
        }
    }
}
