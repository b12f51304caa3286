package dev.mainstay.time;

import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.StackReserve;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * An elastic pool of daemon threads: work begins at once, on a thread that is idle or else on a new one; a thread that
 * has been idle for some time ends. What is thrown in it is logged.
 *
 * <p>It rejects work only by throwing a {@link StackOverflowError} or an {@link OutOfMemoryError}, and then never runs
 * it.
 */
final class WorkerPool implements Executor {

    /*
     * ThreadPoolExecutor holds locks over calls, which a stack overflow leaves locked, and LinkedTransferQueue may
     * forget the time limit of a poll on Java 17 (JDK-8301341).
     *
     * All state is guarded by the pool's monitor and changes in leaf sections: synchronized methods that call nothing.
     * A thread whose stack overflows leaves nothing locked and nothing half done. Whoever brings work first makes sure
     * that the stack has room for all that follows.
     *
     *   idle      workers without work, the one that came last on top; each is parked, or about to be
     *   queue     work for which there was no worker, and no thread could be had; served before a worker becomes idle
     *   threads   workers that run or are being started
     *
     * Whoever brings work takes an idle worker off the stack, gives it the work in the same section, and unparks it.
     * Without an idle worker it starts a new one; beyond the limit it hands the work to another executor, if there is
     * one. If there is no memory for a thread, the work is queued, and from then on somebody looks after the queue from
     * time to time, since all workers may be blocked for good.
     *
     * An executor may throw after it has taken work. A job therefore is run by whoever claims it first, and execute()
     * throws only after it has claimed the job itself.
     */
    private static final int SOMEBODY_IDLE = -1;
    private static final int FULL = 0;
    private static final int ATTENDED = 0;
    private static final int UNATTENDED = 1;

    private final String threadNames;
    private final int limit;
    private final long idleNanos;
    private final SystemTimer timer;
    private final long lookNanos;
    private final @Nullable Executor beyond;

    private @Nullable Worker idle;
    private @Nullable Job first;
    private @Nullable Job last;
    private int threads;
    private int threadsEver;

    /** Looks after the queue; null if nobody does. */
    private @Nullable Look look;

    /**
     * @param threadNames what their names begin with; a number follows
     * @param limit how many threads there may be
     * @param idleNanos after how long an idle thread ends
     * @param lookNanos how often to look after queued work for which there was no memory
     * @param beyond where work goes when there are as many threads as there may be; null if it is to be queued
     */
    WorkerPool(
            String threadNames,
            int limit,
            long idleNanos,
            SystemTimer timer,
            long lookNanos,
            @Nullable Executor beyond) {
        this.threadNames = threadNames;
        this.limit = limit;
        this.idleNanos = idleNanos;
        this.timer = timer;
        this.lookNanos = lookNanos;
        this.beyond = beyond;
    }

    @Override
    public void execute(Runnable work) {
        submit(new Job(Objects.requireNonNull(work, "work")));
    }

    private void submit(Job job) {
        StackReserve.check();
        Worker worker = handOver(job);
        while (worker == null) {
            if (startWorker(job)) {
                return;
            }
            worker = handOver(job);
        }
        LockSupport.unpark(worker.thread);
    }

    @LeafSection
    private synchronized @Nullable Worker handOver(Job job) {
        Worker worker = idle;
        if (worker != null) {
            idle = worker.below;
            if (idle != null) {
                idle.above = null;
            }
            worker.below = null;
            worker.job = job;
        }
        return worker;
    }

    /**
     * Starts a worker for a job, or lets the job go elsewhere if there are too many.
     *
     * @return false if a worker is idle by now
     */
    private boolean startWorker(Job job) {
        int number = reservePlace();
        if (number == SOMEBODY_IDLE) {
            return false;
        }
        if (number == FULL && beyond == null) {
            return enqueue(job, false) != SOMEBODY_IDLE;
        }
        try {
            if (beyond != null && number == FULL) {
                beyond.execute(job);
            } else {
                new Worker(this, number, job).thread.start();
            }
            return true;
        } catch (OutOfMemoryError noThread) {
            giveBack(number);
            return queue(job);
        } catch (Throwable failure) {
            giveBack(number);
            if (job.claim() == null) {
                return true;
            }
            throw failure;
        }
    }

    /** The number of a new worker; or {@link #FULL} or {@link #SOMEBODY_IDLE}. */
    @LeafSection
    private synchronized int reservePlace() {
        if (idle != null) {
            return SOMEBODY_IDLE;
        }
        if (threads >= limit) {
            return FULL;
        }
        threads++;
        threadsEver++;
        return threadsEver;
    }

    @LeafSection
    private synchronized void giveBack(int number) {
        if (number != FULL) {
            threads--;
        }
    }

    // ---- the queue

    /**
     * Queues a job for which there was no memory, and sees to it that it is looked after.
     *
     * @return false if a worker is idle by now
     */
    private boolean queue(Job job) {
        int queued = enqueue(job, true);
        if (queued != UNATTENDED) {
            return queued != SOMEBODY_IDLE;
        }
        try {
            lookLater();
        } catch (Throwable failure) {
            if (job.claim() != null) {
                throw failure;
            }
        }
        return true;
    }

    @LeafSection
    private synchronized int enqueue(Job job, boolean lookAfter) {
        if (idle != null) {
            return SOMEBODY_IDLE;
        }
        if (last == null) {
            first = job;
        } else {
            last.next = job;
        }
        last = job;
        return lookAfter && look == null ? UNATTENDED : ATTENDED;
    }

    private void lookLater() {
        Look next = new Look(this);
        timer.arm(next, System.nanoTime(), lookNanos);
        expect(next);
    }

    @LeafSection
    private synchronized void expect(Look next) {
        if (!next.isOver) {
            look = next;
        }
    }

    /** Tries to have a worker for what is queued. */
    private void look(Look now) {
        if (!mustGoOn(now)) {
            return;
        }
        // Before anything that may fail for lack of memory: whatever becomes of this, somebody looks again.
        lookLater();
        Job job = dequeue();
        if (job != null) {
            submit(job);
        }
    }

    /** Returns whether anything is queued and nobody else looks after it. */
    @LeafSection
    private synchronized boolean mustGoOn(Look now) {
        now.isOver = true;
        if (look == now) {
            look = null;
        }
        return first != null && look == null;
    }

    @LeafSection
    private synchronized @Nullable Job dequeue() {
        Job job = first;
        if (job != null) {
            first = job.next;
            if (first == null) {
                last = null;
            }
            job.next = null;
        }
        return job;
    }

    // ---- workers

    /** Waits for work; null if the worker is to end, which is then forgotten. */
    private @Nullable Job next(Worker worker) {
        Job job = takeOrRest(worker);
        long start = System.nanoTime();
        long left = idleNanos;
        while (job == null && left > 0) {
            // Nobody has a reason to interrupt an idle thread, and the park would return at once.
            Thread.interrupted();
            LockSupport.parkNanos(this, left);
            job = take(worker);
            left = idleNanos - (System.nanoTime() - start);
        }
        return job == null ? takeOrEnd(worker) : job;
    }

    @LeafSection
    private synchronized @Nullable Job takeOrRest(Worker worker) {
        Job job = worker.job;
        if (job != null) {
            worker.job = null;
            return job;
        }
        job = first;
        if (job != null) {
            first = job.next;
            if (first == null) {
                last = null;
            }
            job.next = null;
            return job;
        }
        worker.below = idle;
        if (idle != null) {
            idle.above = worker;
        }
        idle = worker;
        return null;
    }

    /** Needs no section: a worker that has been given work is no longer idle, so that nobody gives it more. */
    private static @Nullable Job take(Worker worker) {
        Job job = worker.job;
        if (job != null) {
            worker.job = null;
        }
        return job;
    }

    @LeafSection
    private synchronized @Nullable Job takeOrEnd(Worker worker) {
        Job job = worker.job;
        if (job != null) {
            worker.job = null;
            return job;
        }
        threads--;
        if (worker.above == null) {
            idle = worker.below;
        } else {
            worker.above.below = worker.below;
        }
        if (worker.below != null) {
            worker.below.above = worker.above;
        }
        return null;
    }

    /** For tests. */
    @LeafSection
    synchronized int size() {
        return threads;
    }

    private static final class Worker implements Runnable {

        private final WorkerPool pool;
        private final Thread thread;

        /** Work that was given to it. Set in a section of the pool, and only while the worker is idle. */
        private volatile @Nullable Job job;

        /** The neighbours among the idle. Guarded by the pool. */
        private @Nullable Worker above;

        private @Nullable Worker below;

        Worker(WorkerPool pool, int number, Job job) {
            this.pool = pool;
            this.job = job;
            this.thread = DaemonThreads.create(pool.threadNames.concat(Integer.toString(number)), this);
        }

        @Override
        public void run() {
            boolean more = true;
            while (more) {
                more = workOnce();
            }
        }

        private boolean workOnce() {
            Job next = pool.next(this);
            if (next == null) {
                return false;
            }
            next.run();
            // An interrupt was meant for this work, not for the next, and so was a class loader.
            Thread.interrupted();
            thread.setContextClassLoader(null);
            return true;
        }
    }

    /** Work, to be done at most once. */
    private static final class Job implements Runnable {

        /** Null once it is claimed. Guarded by this. */
        private @Nullable Runnable work;

        /** The next in the queue. Guarded by the pool. */
        private @Nullable Job next;

        Job(Runnable work) {
            this.work = work;
        }

        @Override
        public void run() {
            Runnable work = claim();
            if (work == null) {
                return;
            }
            try {
                work.run();
            } catch (Throwable t) {
                Uncaught.log("task", work, t);
            }
        }

        @LeafSection
        private synchronized @Nullable Runnable claim() {
            Runnable claimed = work;
            work = null;
            return claimed;
        }
    }

    private static final class Look extends TimerTask {

        private final WorkerPool pool;

        /** Guarded by the pool. */
        private boolean isOver;

        Look(WorkerPool pool) {
            this.pool = pool;
        }

        @Override
        protected void fire() {
            pool.look(this);
        }
    }
}
