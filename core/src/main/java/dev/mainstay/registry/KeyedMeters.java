package dev.mainstay.registry;

import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.event.Subscription;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.MeterSource;
import dev.mainstay.meter.MeterTotals;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The meters of a {@link KeyedRegistry}: its own, and those of its instances, put together or each by itself.
 *
 * @param <P> the kind of policy
 */
final class KeyedMeters<P extends Policy> {

    /** {@link KeyedRegistry#watch}. */
    interface Watch<P extends Policy> {
        Subscription watch(Function<P, Subscription> attach);
    }

    private final String name;
    private final P shared;
    private final boolean perKey;
    private final KeyedInstances<P> instances;
    private final Watch<P> registry;
    private final CallCounter sharedCalls = new CallCounter();
    private final AtomicReference<@Nullable MeterTotals> totals = new AtomicReference<>();

    KeyedMeters(String name, P shared, boolean perKey, KeyedInstances<P> instances, Watch<P> registry) {
        this.name = name;
        this.shared = shared;
        this.perKey = perKey;
        this.instances = instances;
        this.registry = registry;
    }

    void countSharedCall() {
        sharedCalls.increment();
    }

    void describe(MeterSink sink) {
        sink.gauge(
                MeterId.of("registry.instances", name, "Instances there are for keys", "instances"), instances::count);
        sink.counter(
                MeterId.of("registry.evictions", name, "Instances that made room for another key", "instances"),
                instances.evictions());
        sink.counter(
                MeterId.of("registry.shared.calls", name, "Calls through the instance that keys share", "calls"),
                sharedCalls);
        if (perKey) {
            sink.members(attach ->
                    registry.watch(policy -> attach.apply((MeterSource) to -> PolicyAccess.describe(policy, to))));
        } else {
            totals().describe(sink);
        }
    }

    private MeterTotals totals() {
        MeterTotals existing = totals.get();
        if (existing != null) {
            return existing;
        }
        MeterTotals made = new MeterTotals(name, shared.name(), sink -> PolicyAccess.describe(shared, sink));
        if (totals.compareAndSet(null, made)) {
            registry.watch(policy -> made.add(policy.name(), sink -> PolicyAccess.describe(policy, sink)));
            return made;
        }
        return totals();
    }
}
