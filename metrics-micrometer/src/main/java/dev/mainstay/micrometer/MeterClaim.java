package dev.mainstay.micrometer;

import dev.mainstay.event.Subscription;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.Recorder;
import io.micrometer.core.instrument.Meter;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A wish for a meter in a registry, and the meter once it is there. */
final class MeterClaim<M extends Meter> implements Subscription {

    private static final Subscription GIVEN_UP = () -> {};

    private final Binding binding;
    private final MeterId id;
    private final Object source;
    private final Supplier<M> registration;
    private final Function<M, Subscription> feeding;

    /** What takes the meter out again; null as long as there is none. */
    private final AtomicReference<@Nullable Subscription> held = new AtomicReference<>();

    /**
     * @param id its name in the registry
     * @param source what it reads
     * @param registration registers it, or finds one that is there
     * @param feeding makes the source tell the meter what it has to be told
     */
    MeterClaim(
            Binding binding, MeterId id, Object source, Supplier<M> registration, Function<M, Subscription> feeding) {
        this.binding = binding;
        this.id = id;
        this.source = source;
        this.registration = registration;
        this.feeding = feeding;
    }

    MeterId id() {
        return id;
    }

    /**
     * Suppliers are often made anew by each description, and tell nothing; counters and recorders are the policy's own.
     */
    boolean mayReadTheSameAs(MeterClaim<?> other) {
        return !(source instanceof CallCounter || source instanceof Recorder) || source.equals(other.source);
    }

    /** Registers the meter, unless one of another binding is there already. */
    void make() {
        M meter = binding.registrations.made(registration);
        if (meter == null) {
            return;
        }
        Subscription fed = feeding.apply(meter);
        Subscription undo = () -> {
            fed.close();
            binding.registry.remove(meter);
        };
        if (!held.compareAndSet(null, undo)) {
            // It was given up, or somebody else was asked to make it at the same time.
            fed.close();
            if (held.get() == GIVEN_UP) {
                undo.close();
            }
        }
    }

    /** Takes the meter out of the registry for good. Says whether there was one. */
    boolean takeBack() {
        Subscription undo = held.getAndSet(GIVEN_UP);
        if (undo == null || undo == GIVEN_UP) {
            return false;
        }
        undo.close();
        return true;
    }

    @Override
    public void close() {
        binding.leave(this);
    }
}
