package dev.mainstay.time;

import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;

/** The real clock. */
final class SystemTime implements TimeSource {

    private static final long NANOS_PER_MILLI = 1_000_000;

    static final SystemTime INSTANCE = new SystemTime();

    private static final long IDLE_NANOS = 10_000 * NANOS_PER_MILLI;

    /** After how long to try again to have a thread, when there was no memory for one. */
    private static final long LOOK_NANOS = 50 * NANOS_PER_MILLI;

    /** Only a defect, or a disaster, blocks so many threads. */
    private static final int MOST_THREADS = 8_192;

    private final SystemTimer timer;
    private final WorkerPool workers;
    private final WorkerPool completions;

    private SystemTime() {
        int processors = Runtime.getRuntime().availableProcessors();
        this.timer = new SystemTimer(IDLE_NANOS, wheels(processors), this::report);
        this.workers = new WorkerPool("mainstay-worker-", MOST_THREADS, IDLE_NANOS, timer, LOOK_NANOS, null);
        this.completions = completions(processors);
        timer.prepare();
        workers.prepare();
    }

    /** A power of two, so many that threads seldom meet. */
    private static int wheels(int processors) {
        return Math.min(64, Integer.highestOneBit(2 * processors - 1) << 1);
    }

    /**
     * A pool of their own, as bodies may block every thread of the other. Virtual threads make a thousand callbacks
     * that wait as cheap as a few, but one that computes keeps its carrier from all others: so the first callbacks have
     * threads of their own, and only a crowd is virtual.
     */
    private WorkerPool completions(int processors) {
        Executor virtual = VirtualThreads.executor("mainstay-completion");
        int limit = virtual == null ? MOST_THREADS : Math.max(16, 4 * processors);
        return new WorkerPool("mainstay-completion-", limit, IDLE_NANOS, timer, LOOK_NANOS, virtual);
    }

    private void report(Runnable logging) {
        completions.execute(logging);
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public void sleep(long nanos) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        long start = System.nanoTime();
        long left = nanos;
        while (left > 0) {
            // Thread.sleep may round up to whole milliseconds, so that what is less than one is parked away.
            if (left >= NANOS_PER_MILLI) {
                Thread.sleep(left / NANOS_PER_MILLI);
            } else {
                LockSupport.parkNanos(this, left);
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
            left = nanos - (System.nanoTime() - start);
        }
    }

    @Override
    public void parkNanos(Object blocker, long nanos) {
        if (nanos >= Nanos.FOREVER) {
            LockSupport.park(blocker);
        } else {
            LockSupport.parkNanos(blocker, nanos);
        }
    }

    @Override
    public void arm(TimedTask task, long delayNanos) {
        timer.arm(task, System.nanoTime(), delayNanos);
    }

    @Override
    public void arm(TimedTask task, long now, long delayNanos) {
        timer.arm(task, now == UNREAD ? System.nanoTime() : now, delayNanos);
    }

    @Override
    public Executor executor() {
        return workers;
    }

    @Override
    public Executor completions() {
        return completions;
    }

    @Override
    public String toString() {
        return "TimeSource.system()";
    }
}
