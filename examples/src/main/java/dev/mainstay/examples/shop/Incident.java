package dev.mainstay.examples.shop;

import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The script: how long each phase takes. They follow each other as they are declared.
 *
 * @param lengths of every phase
 */
record Incident(Map<Phase, Duration> lengths) {

    Incident {
        lengths = Collections.unmodifiableMap(new EnumMap<>(lengths));
    }

    /** An incident with phases of so many seconds. */
    static Incident ofSeconds(int quiet, int latency, int failures, int overload, int recovery) {
        return new Incident(Map.of(
                Phase.CALM, Duration.ofSeconds(quiet),
                Phase.LATENCY, Duration.ofSeconds(latency),
                Phase.FAILURES, Duration.ofSeconds(failures),
                Phase.OVERLOAD, Duration.ofSeconds(overload),
                Phase.RECOVERY, Duration.ofSeconds(recovery)));
    }

    /** When a phase begins, from the beginning of the first. */
    Duration startOf(Phase phase) {
        var start = Duration.ZERO;
        for (var each : lengths.entrySet()) {
            if (each.getKey() == phase) {
                return start;
            }
            start = start.plus(each.getValue());
        }
        throw new IllegalArgumentException(phase + " has no length");
    }

    Duration endOf(Phase phase) {
        return startOf(phase).plus(lengths.get(phase));
    }

    Duration length() {
        return endOf(Phase.RECOVERY);
    }

    /**
     * Begins the incident.
     *
     * @param announcement hears of each phase when it begins
     * @return complete when the last phase is over; nobody comes any more then
     */
    CompletableFuture<@Nullable Void> play(
            TimeSource time, Inventory inventory, Customers customers, Consumer<Phase> announcement) {
        var over = new CompletableFuture<@Nullable Void>();
        lengths.keySet()
                .forEach(phase -> Appointment.in(startOf(phase).toNanos(), time, () -> {
                    announcement.accept(phase);
                    inventory.become(phase.condition());
                    customers.come(phase.load());
                }));
        Appointment.in(length().toNanos(), time, () -> {
            customers.end();
            over.complete(null);
        });
        customers.begin();
        return over;
    }
}
