package dev.mainstay.time;

import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;

/** The real clock. */
final class SystemTime implements TimeSource {

    private static final long NANOS_PER_MILLI = 1_000_000;

    static final SystemTime INSTANCE = new SystemTime();

    private final SystemTimer timer;
    private final WorkerPool workers;

    private SystemTime() {
        long idleNanos = 10_000 * NANOS_PER_MILLI;
        int processors = Runtime.getRuntime().availableProcessors();
        this.timer = new SystemTimer(idleNanos, stripes(processors));
        int usual = Math.max(8, 4 * processors);
        this.workers = new WorkerPool(timer, usual, Math.max(256, usual), idleNanos, 100 * NANOS_PER_MILLI);
    }

    /** A power of two, so many that threads find one of their own. */
    private static int stripes(int processors) {
        return Math.min(128, Integer.highestOneBit(4 * processors - 1) << 1);
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
    public void arm(TimerTask task, long delayNanos) {
        timer.arm(task, System.nanoTime(), delayNanos);
    }

    @Override
    public void arm(TimerTask task, long now, long delayNanos) {
        timer.arm(task, now == UNREAD ? System.nanoTime() : now, delayNanos);
    }

    @Override
    public Executor executor() {
        return workers;
    }

    @Override
    public String toString() {
        return "TimeSource.system()";
    }
}
