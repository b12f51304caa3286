package dev.mainstay.time;

import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.StackReserve;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
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
     * Whoever brings work first makes sure that the stack has room for all that follows, so that no overflow comes in
     * the middle. The stack of idle workers is free of locks, since a thousand workers may become idle at once; the
     * rest changes in leaf sections: synchronized methods that call nothing.
     *
     *   idle      places of workers without work, the one that came last on top; whoever claims a place first, to give
     *             its worker work or to end, has it; claimed ones are dropped when they are on top
     *   queue     work for which there was no worker, and no thread could be had; served before a worker becomes idle
     *   threads   workers that run or are being started
     *
     * Whoever brings work claims an idle worker, gives it the work, and unparks it.
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

    private static final AtomicReferenceFieldUpdater<WorkerPool, @Nullable Place> IDLE =
            AtomicReferenceFieldUpdater.newUpdater(WorkerPool.class, Place.class, "idle");

    private volatile @Nullable Place idle;
    private volatile @Nullable Job first;
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

    private @Nullable Worker handOver(Job job) {
        Place top;
        while ((top = idle) != null) {
            if (IDLE.compareAndSet(this, top, top.below) && top.claim()) {
                top.worker.job = job;
                return top.worker;
            }
        }
        return null;
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
            return enqueue(job, false) != SOMEBODY_IDLE && serveIdle();
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
            return queued != SOMEBODY_IDLE && serveIdle();
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
        if (idle != null || (threads < limit && !lookAfter)) {
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

    /** A worker that became idle just before something was queued does not know of it. Returns true. */
    private boolean serveIdle() {
        Job job = idle == null ? null : dequeue();
        if (job != null) {
            submit(job);
        }
        return true;
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
        while (true) {
            Job job = worker.take();
            if (job == null) {
                job = dequeue();
            }
            if (job != null) {
                return job;
            }
            Place place = rest(worker);
            long start = System.nanoTime();
            long left = first == null ? idleNanos : 0;
            while ((job = worker.take()) == null && left > 0) {
                // Nobody has a reason to interrupt an idle thread, and the park would return at once.
                Thread.interrupted();
                LockSupport.parkNanos(this, left);
                left = idleNanos - (System.nanoTime() - start);
            }
            if (job != null) {
                return job;
            }
            if (!place.claim()) {
                return worker.awaitJob();
            }
            if (end()) {
                return null;
            }
        }
    }

    private Place rest(Worker worker) {
        Place place = new Place(worker);
        Place top;
        do {
            top = idle;
            place.below = top;
        } while (!IDLE.compareAndSet(this, top, place));
        return place;
    }

    /** Returns false if there is something to do. */
    @LeafSection
    private synchronized boolean end() {
        if (first != null) {
            return false;
        }
        threads--;
        return true;
    }

    /** Loads and links what is needed when work comes, which must not be tried first where a stack ends. */
    void prepare() {
        Job job = new Job(UncaughtExceptions.logged(() -> {}));
        Worker worker = new Worker(this, 0, job);
        Place place = new Place(worker);
        if (place.claim() && new Look(this).isOver) {
            job.run();
        }
        worker.take();
        job.claim();
    }

    /** For tests. */
    @LeafSection
    synchronized int size() {
        return threads;
    }

    private static final class Worker implements Runnable {

        private final WorkerPool pool;
        private final Thread thread;

        /** Work that was given to it by whoever has claimed its place. */
        private volatile @Nullable Job job;

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

        private @Nullable Job take() {
            Job given = job;
            if (given != null) {
                job = null;
            }
            return given;
        }

        /** Somebody is about to give it work. */
        private Job awaitJob() {
            Job given;
            while ((given = take()) == null) {
                Thread.yield();
            }
            return given;
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

    /** Of an idle worker. */
    private static final class Place {

        private final Worker worker;
        private @Nullable Place below;
        private final AtomicBoolean claimed = new AtomicBoolean();

        Place(Worker worker) {
            this.worker = worker;
        }

        boolean claim() {
            return claimed.compareAndSet(false, true);
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
                UncaughtExceptions.log("task", work, t);
            }
        }

        @LeafSection
        private synchronized @Nullable Runnable claim() {
            Runnable claimed = work;
            work = null;
            return claimed;
        }
    }

    private static final class Look extends TimedTask {

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
