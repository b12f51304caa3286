package dev.mainstay.time;

import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A small elastic pool of daemon threads: made on demand, gone when idle. It never rejects, and what is thrown in it is
 * logged.
 */
final class WorkerPool implements Executor {

    /*
     * ThreadPoolExecutor would do this only with a queue that refuses work as long as a thread can be had, and takes it
     * afterwards; the queue made for that, LinkedTransferQueue, may forget the time limit of a poll on Java 17
     * (JDK-8301341), so that its threads never end.
     *
     * All work goes through the queue. A thread that waits counts as idle until it has taken the lock again, and looks
     * into the queue before it ends. So each piece of work that is queued is safe as long as there are as many idle
     * threads; otherwise a thread is added, up to the usual number.
     *
     * Work that waits for other work blocks such a pool for ever once it fills all threads. While work is queued that
     * no idle thread is about to take, somebody therefore looks after it from time to time, and if none has been taken
     * since, allows one thread more, up to a limit that only a defect reaches.
     */
    private final SystemTimer timer;
    private final int usual;
    private final int limit;
    private final long idleNanos;
    private final long lookNanos;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition queued = lock.newCondition();

    // Guarded by the lock.
    private Queue<Runnable> queue = new ArrayDeque<>();
    private int threads;
    private int idle;
    private int allowed;
    private long taken;
    private long threadsEver;
    private boolean watched;

    /**
     * @param usual how many threads there may be
     * @param limit how many there may be when they seem to wait for each other
     * @param idleNanos after how long an idle thread ends
     * @param lookNanos how often to look after queued work
     */
    WorkerPool(SystemTimer timer, int usual, int limit, long idleNanos, long lookNanos) {
        this.timer = timer;
        this.usual = usual;
        this.limit = limit;
        this.idleNanos = idleNanos;
        this.lookNanos = lookNanos;
        this.allowed = usual;
    }

    @Override
    public void execute(Runnable work) {
        Runnable logged = Uncaught.logged(Objects.requireNonNull(work, "work"));
        lock.lock();
        try {
            queue.add(logged);
            queued.signal();
            if (queue.size() > idle && !addThread()) {
                watch();
            }
        } catch (OutOfMemoryError e) {
            queue.remove(logged);
            throw e;
        } finally {
            lock.unlock();
        }
    }

    /** Returns false if those that are there must do: if there may be no more, or there is no memory for one. */
    private boolean addThread() {
        if (threads >= allowed) {
            return false;
        }
        Thread thread = DaemonThreads.create("mainstay-worker-" + ++threadsEver, this::work);
        try {
            thread.start();
        } catch (OutOfMemoryError e) {
            if (threads == 0) {
                throw e;
            }
            return false;
        }
        threads++;
        return true;
    }

    private void work() {
        for (Runnable work; (work = take()) != null; ) {
            work.run();
            // An interrupt was meant for this work, not for the next.
            Thread.interrupted();
        }
    }

    /** Waits for work; null if the thread is to end. */
    private @Nullable Runnable take() {
        lock.lock();
        try {
            long left = idleNanos;
            while (queue.isEmpty()) {
                if (left <= 0) {
                    end();
                    return null;
                }
                idle++;
                try {
                    left = queued.awaitNanos(left);
                } catch (InterruptedException e) {
                    // Nobody has a reason to interrupt an idle thread. It begins to wait anew.
                } finally {
                    idle--;
                }
            }
            taken++;
            return queue.remove();
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        if (--threads == 0) {
            // An array deque never shrinks.
            queue = new ArrayDeque<>();
        }
    }

    /** For tests. */
    int size() {
        lock.lock();
        try {
            return threads;
        } finally {
            lock.unlock();
        }
    }

    // ---- looking after queued work

    private void watch() {
        if (!watched) {
            timer.arm(new Look(taken), System.nanoTime(), lookNanos);
            watched = true;
        }
    }

    private void look(long takenBefore) {
        lock.lock();
        try {
            watched = false;
            if (queue.size() <= idle) {
                allowed = usual;
                return;
            }
            if (taken == takenBefore) {
                allowed = Math.min(threads + 1, limit);
            }
            addThread();
            watch();
        } finally {
            lock.unlock();
        }
    }

    private final class Look extends TimerTask {

        private final long takenBefore;

        Look(long takenBefore) {
            this.takenBefore = takenBefore;
        }

        @Override
        protected void fire() {
            look(takenBefore);
        }
    }
}
