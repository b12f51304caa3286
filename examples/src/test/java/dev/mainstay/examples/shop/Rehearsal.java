package dev.mainstay.examples.shop;

import dev.mainstay.backoff.RandomSource;
import dev.mainstay.time.VirtualTime;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import java.util.function.IntConsumer;

/** The shop and its incident in virtual time: the same customers, requests and decisions in each run. */
final class Rehearsal {
    static final Incident SCRIPT = Incident.ofSeconds(20, 15, 25, 20, 20);

    /** So that the last calls end, and whatever is summed up is told. */
    static final int SECONDS_AFTER = 30;

    private static final long SEED = Long.getLong("incident.seed", 1);

    final VirtualTime time = VirtualTime.create();
    final Inventory inventory = new Inventory(time, RandomSource.seeded(SEED));
    final ObservationRegistry observations = ObservationRegistry.create();
    final Shop shop = new Shop(inventory, time, RandomSource.seeded(SEED + 1), observations);
    final Customers customers = new Customers(shop, time, RandomSource.seeded(SEED + 2));

    /** @param eachSecond is told of each second when it is over, from 0 */
    void play(IntConsumer eachSecond) {
        SCRIPT.play(time, inventory, customers, phase -> {});
        for (int second = 0; second < SCRIPT.length().toSeconds() + SECONDS_AFTER; second++) {
            time.advance(Duration.ofSeconds(1));
            eachSecond.accept(second);
        }
    }

    /** The first second of a phase. */
    static int startOf(Phase phase) {
        return Math.toIntExact(SCRIPT.startOf(phase).toSeconds());
    }

    /** The first second after a phase. */
    static int endOf(Phase phase) {
        return Math.toIntExact(SCRIPT.endOf(phase).toSeconds());
    }
}
