package dev.mainstay.time;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A time source over a scheduler that is there already, such as that of a reactive library: for adapters, which say how
 * the scheduler is called. A delay of {@link Nanos#FOREVER} or more is never handed to it.
 *
 * <p>Sleeping and parking block the calling thread, until the scheduler wakes it. Safe for use by many threads if the
 * scheduler is.
 */
public abstract class ScheduledTime implements TimeSource {

    @SuppressWarnings("UnnecessaryLambda") // it marks a task
    private static final Runnable CANCELLED = () -> {};

    /** For subclasses. */
    protected ScheduledTime() {}

    /**
     * Has the scheduler run a task once, no sooner than after this delay.
     *
     * @param delayNanos zero or more, and less than {@link Nanos#FOREVER}
     * @return what takes the task back, or does nothing if it has run; must not throw
     * @throws RuntimeException if the scheduler does not take it
     */
    protected abstract Runnable schedule(Runnable task, long delayNanos);

    @Override
    public final void arm(TimedTask task, long delayNanos) {
        task.arming();
        Scheduled scheduled = new Scheduled(task);
        task.slot = scheduled;
        task.armed();
        if (delayNanos < Nanos.FOREVER) {
            scheduled.start(Math.max(0, delayNanos));
        }
    }

    @Override
    public final void sleep(long nanos) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        long start = nanoTime();
        for (long left = nanos; left > 0; left = nanos - (nanoTime() - start)) {
            parkNanos(this, nanos >= Nanos.FOREVER ? nanos : left);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }

    @Override
    public final void parkNanos(Object blocker, long nanos) {
        Objects.requireNonNull(blocker, "blocker");
        if (nanos <= 0) {
            return;
        }
        if (nanos >= Nanos.FOREVER) {
            LockSupport.park(blocker);
            return;
        }
        Thread thread = Thread.currentThread();
        Runnable cancel = schedule(() -> LockSupport.unpark(thread), nanos);
        LockSupport.park(blocker);
        cancel.run();
    }

    /** An armed task in the scheduler. */
    private final class Scheduled implements TimedTask.TimerSlot, Runnable {

        private static final AtomicReferenceFieldUpdater<Scheduled, @Nullable Runnable> CANCEL =
                AtomicReferenceFieldUpdater.newUpdater(Scheduled.class, Runnable.class, "cancel");

        private final TimedTask task;

        /** What takes it back; {@link #CANCELLED} once somebody has asked for that. Read through {@link #CANCEL}. */
        @SuppressWarnings("UnusedVariable")
        private volatile @Nullable Runnable cancel;

        Scheduled(TimedTask task) {
            this.task = task;
        }

        void start(long delayNanos) {
            Runnable taken;
            try {
                taken = schedule(this, delayNanos);
            } catch (Throwable notTaken) {
                boolean ignored = task.cancelled();
                throw notTaken;
            }
            if (!CANCEL.compareAndSet(this, null, taken)) {
                taken.run();
            }
        }

        @Override
        public void run() {
            task.fireUnlessCancelled();
        }

        @Override
        public boolean cancel(TimedTask armed) {
            if (!armed.cancelled()) {
                return false;
            }
            Runnable taken = CANCEL.getAndSet(this, CANCELLED);
            if (taken != null) {
                taken.run();
            }
            return true;
        }
    }
}
