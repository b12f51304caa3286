package dev.mainstay.time;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A clock that stands still unless it is set, and a timer for one task, which fires when it is told to.
 *
 * <p>It orders as little between threads as a timer may, so that it hides nothing: whoever fires a task sees what was
 * written before it was armed, and that is all.
 */
public final class HandTime implements TimeSource {

    private static final VarHandle TASK = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "task", VarHandle.class, HandTime.class, TimedTask.class);

    @SuppressWarnings("UnusedVariable")
    private @Nullable TimedTask task;

    private long now;

    /** Sets the clock on. Only before others know it. */
    public void advance(long nanos) {
        now += nanos;
    }

    /** Fires what is armed, if anything is. */
    public void fire() {
        TimedTask task = (TimedTask) TASK.getAcquire(this);
        if (task != null) {
            task.fireUnlessCancelled();
        }
    }

    /** The same, but gives the other thread a moment to arm something first. */
    public void fireSoon() {
        for (int i = 0; i < 100 && TASK.getAcquire(this) == null; i++) {
            Thread.onSpinWait();
        }
        fire();
    }

    /** Whether a task was left behind that has neither fired nor been cancelled. */
    public boolean isArmed() {
        TimedTask task = (TimedTask) TASK.getAcquire(this);
        return task != null && task.cancel();
    }

    @Override
    public void arm(TimedTask task, long delayNanos) {
        task.arming();
        task.armed();
        TASK.setRelease(this, task);
    }

    @Override
    public long nanoTime() {
        return now;
    }

    @Override
    public void sleep(long nanos) {
        throw new AssertionError("time does not pass");
    }

    @Override
    public void parkNanos(Object blocker, long nanos) {
        Thread.onSpinWait();
    }

    /** On the spot. */
    @Override
    public Executor executor() {
        return Runnable::run;
    }
}
