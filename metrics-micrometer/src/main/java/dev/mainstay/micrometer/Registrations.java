package dev.mainstay.micrometer;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Registers meters, and tells one that was made from one that was in the registry before and is therefore not ours. A
 * registry does not say so when asked, and a look at all its meters would cost more for each new one. But it tells a
 * listener of each that is made, on the thread that registers it.
 *
 * <p>Safe for use by many threads.
 */
final class Registrations {

    /** What was made on each thread that is registering a meter. */
    private final ConcurrentMap<Thread, List<Meter>> underWay = new ConcurrentHashMap<>();

    Registrations(MeterRegistry registry) {
        registry.config().onMeterAdded(new Listener(new WeakReference<>(this)));
    }

    /** The meter, if it was made by this registration; null if it was there before, or if the registry takes none. */
    <M extends Meter> @Nullable M made(Supplier<M> registration) {
        Thread thread = Thread.currentThread();
        List<Meter> made = new ArrayList<>();
        List<Meter> outer = underWay.put(thread, made);
        try {
            M meter = registration.get();
            return contains(made, meter) ? meter : null;
        } finally {
            if (outer == null) {
                underWay.remove(thread);
            } else {
                underWay.put(thread, outer);
            }
        }
    }

    @SuppressWarnings("ReferenceEquality") // meters with the same name and tags are equal
    private static boolean contains(List<Meter> made, Meter meter) {
        for (Meter each : made) {
            if (each == meter) {
                return true;
            }
        }
        return false;
    }

    private void added(Meter meter) {
        List<Meter> made = underWay.get(Thread.currentThread());
        if (made != null) {
            made.add(meter);
        }
    }

    /** A registry keeps its listeners: this one keeps nothing. */
    private record Listener(WeakReference<Registrations> registrations) implements Consumer<Meter> {

        @Override
        public void accept(Meter meter) {
            Registrations stillUsed = registrations.get();
            if (stillUsed != null) {
                stillUsed.added(meter);
            }
        }
    }
}
