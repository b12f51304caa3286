package dev.mainstay.time;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A small elastic pool of daemon threads: made on demand, gone when idle; it never rejects, and what is thrown in it is
 * logged.
 */
final class WorkerPool implements Executor {

    /*
     * Work goes to an idle thread if there is one; else to a new one, up to the usual number; else it queues.
     *
     * Work that waits for other work would block such a pool for ever once it fills all threads. So while work is
     * queued, somebody looks from time to time, and if nothing at all has been finished since the last look, allows one
     * thread more, up to a limit that only a defect reaches.
     */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final SystemTimer timer;
    private final int usual;
    private final int limit;
    private final Handoff queue = new Handoff();
    private final ThreadPoolExecutor threads;
    private final AtomicBoolean watched = new AtomicBoolean();

    WorkerPool(SystemTimer timer, int usual, int limit, long idleNanos) {
        this.timer = timer;
        this.usual = usual;
        this.limit = limit;
        AtomicLong number = new AtomicLong();
        this.threads = new ThreadPoolExecutor(
                0,
                usual,
                idleNanos,
                TimeUnit.NANOSECONDS,
                queue,
                work -> DaemonThreads.create("mainstay-worker-" + number.incrementAndGet(), work),
                (work, pool) -> enqueue(work));
    }

    @Override
    public void execute(Runnable work) {
        Runnable logged = Uncaught.logged(Objects.requireNonNull(work, "work"));
        try {
            threads.execute(logged);
        } catch (OutOfMemoryError e) {
            // No memory for one more thread: those that are there must do.
            if (threads.getPoolSize() == 0) {
                throw e;
            }
            enqueue(logged);
        }
    }

    /** For tests. */
    int size() {
        return threads.getPoolSize();
    }

    private void enqueue(Runnable work) {
        queue.add(work);
        if (threads.getPoolSize() == 0) {
            // All threads have gone idle and died since the work was refused. A thread that is still counted looks into
            // the queue once more when it ends.
            threads.execute(() -> {});
        }
        watch();
    }

    private void watch() {
        if (!queue.isEmpty() && watched.compareAndSet(false, true)) {
            try {
                timer.arm(new Look(threads.getCompletedTaskCount()), System.nanoTime(), LOOK_NANOS);
            } catch (OutOfMemoryError e) {
                // The work is queued all the same; whoever queues next tries to watch over it.
                watched.set(false);
            }
        }
    }

    private final class Look extends TimerTask {

        private final long completedBefore;

        Look(long completedBefore) {
            this.completedBefore = completedBefore;
        }

        @Override
        protected void fire() {
            watched.set(false);
            int allowed = threads.getMaximumPoolSize();
            if (queue.isEmpty()) {
                threads.setMaximumPoolSize(usual);
            } else if (threads.getCompletedTaskCount() == completedBefore && allowed < limit) {
                threads.setMaximumPoolSize(allowed + 1);
                threads.execute(() -> {});
            }
            watch();
        }
    }

    /** A queue that takes work from the pool only if a thread is waiting for it, and any work that is added. */
    private static final class Handoff extends LinkedTransferQueue<Runnable> {

        private static final long serialVersionUID = 1L;

        @Override
        public boolean offer(Runnable work) {
            return tryTransfer(work);
        }

        @Override
        public boolean add(Runnable work) {
            return super.offer(work);
        }
    }
}
