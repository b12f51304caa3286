package dev.mainstay.bulkhead;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Makes calls through bulkheads at the very edge of the stack, in a JVM of its own, and says how many slots are lost
 * and whether they still let calls in. Every call is made a little further from the edge than the one before, so that
 * the overflow comes at every call of ours.
 */
final class OverflowProbe {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Bulkhead bulkhead = Bulkhead.of("direct", c -> c.maxConcurrentCalls(3));
    private final Bulkhead line =
            Bulkhead.of("line", c -> c.maxConcurrentCalls(1).maxWaitDuration(Duration.ofSeconds(30)));
    private final ThreadPoolBulkhead pool = ThreadPoolBulkhead.of("pool", c -> c.maxThreads(2));

    private final int wanted;
    private final Thread other = new Thread(this::comeAndGo);
    private volatile boolean done;
    private int overflows;
    private long seed = 1;

    private OverflowProbe(int wanted) {
        this.wanted = wanted;
    }

    /**
     * Runs the probe.
     *
     * @param arguments the kind of call, and how many overflows
     */
    public static void main(String[] arguments) throws Exception {
        OverflowProbe probe = new OverflowProbe(Integer.parseInt(arguments[1]));
        switch (arguments[0]) {
            case "direct" -> probe.atTheEdge(probe::direct);
            case "line" -> {
                probe.other.start();
                probe.atTheEdge(probe::inLine);
            }
            default -> probe.atTheEdge(probe::pooled);
        }
        probe.report();
    }

    private void direct() {
        int ignored = bulkhead.get(() -> 1);
    }

    /** Another thread comes and waits, and gets the slot from where this call ends: at the edge. */
    private void inLine() {
        int ignored = line.get(() -> 1);
    }

    private void pooled() {
        int ignored = pool.get(() -> 1);
    }

    private void atTheEdge(Runnable call) {
        call.run();
        while (overflows < wanted) {
            // Another depth at which the recursion begins puts the edge elsewhere within the call.
            seed = seed * 6364136223846793005L + 1442695040888963407L;
            offset((int) (seed >>> 33) % 16, call);
        }
    }

    private int offset(int frames, Runnable call) {
        if (frames <= 0) {
            try {
                return descend(call, 0);
            } catch (StackOverflowError expected) {
                overflows++;
                return 0;
            }
        }
        return 1 + offset(frames - 1, call);
    }

    /** Down to the edge, and then the call at every depth on the way back until it succeeds. */
    @SuppressWarnings("InfiniteRecursion") // to the end of the stack
    private int descend(Runnable call, int depth) {
        boolean deeper = false;
        try {
            int ignored = descend(call, depth + 1);
            return depth;
        } catch (StackOverflowError edge) {
            deeper = true;
        }
        if (deeper) {
            overflows++;
            call.run();
        }
        return depth;
    }

    private void comeAndGo() {
        while (!done) {
            int ignored = line.get(() -> 1);
        }
    }

    private void report() throws Exception {
        done = true;
        other.join(10_000);
        System.out.println(other.isAlive() ? "the other thread was forgotten in line" : "nobody is forgotten");
        long begun = System.nanoTime();
        while ((pool.inUse() > 0 || line.inUse() > 0) && System.nanoTime() - begun < PATIENCE_NANOS) {
            Thread.yield();
        }
        System.out.println("overflows " + overflows + " lost " + (bulkhead.inUse() + line.inUse() + pool.inUse())
                + " waiting " + (line.queued() + pool.queued()));
        int ignored = bulkhead.get(() -> 1) + line.get(() -> 1) + pool.get(() -> 1);
        bulkhead.reconfigure(bulkhead.config().toBuilder().maxConcurrentCalls(2).build());
        line.reconfigure(line.config().toBuilder().maxConcurrentCalls(2).build());
        pool.reconfigure(pool.config().toBuilder().maxThreads(1).build());
        System.out.println("alive");
        System.exit(0);
    }
}
