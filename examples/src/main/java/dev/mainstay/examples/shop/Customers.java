package dev.mainstay.examples.shop;

import dev.mainstay.backoff.RandomSource;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.atomic.LongAdder;

/**
 * Many people who look at items, each by themselves: arrivals as of a Poisson process, which nothing that the shop does
 * makes slower or faster. Half of them come over the web, three in ten over the app, and two in ten over partners.
 */
final class Customers {
    private static final double USUAL_PER_SECOND = 40;
    private static final int ITEMS = 1_000;

    private final Shop shop;
    private final TimeSource time;
    private final RandomSource random;
    private final LongAdder answered = new LongAdder();
    private final LongAdder disappointed = new LongAdder();
    private volatile double perSecond = USUAL_PER_SECOND;
    private volatile boolean open;

    Customers(Shop shop, TimeSource time, RandomSource random) {
        this.shop = shop;
        this.time = time;
        this.random = random;
    }

    /** So many times as many as usual arrive from now on. */
    void come(double timesAsMany) {
        perSecond = USUAL_PER_SECOND * timesAsMany;
    }

    /** Lets the first come in. */
    void begin() {
        open = true;
        awaitNext(time.nanoTime());
    }

    /** Nobody comes any more. */
    void end() {
        open = false;
    }

    /** How many have seen what is in stock. */
    long answered() {
        return answered.sum();
    }

    /** How many have not. */
    long disappointed() {
        return disappointed.sum();
    }

    /**
     * Counted from when the one before was due, so that a machine which is late for one makes up for it with the next.
     */
    private void awaitNext(long lastDue) {
        long due = lastDue + (long) (-Math.log(1 - random.nextDouble()) / perSecond * 1e9);
        Appointment.in(due - time.nanoTime(), time, () -> arrive(due));
    }

    private void arrive(long due) {
        if (!open) {
            return;
        }
        awaitNext(due);
        shop.stockOf("item " + (int) (ITEMS * random.nextDouble()), channel())
                .whenComplete((pieces, failure) -> (failure == null ? answered : disappointed).increment());
    }

    private String channel() {
        double share = random.nextDouble();
        return share < 0.5 ? "web" : share < 0.8 ? "app" : "partners";
    }
}
