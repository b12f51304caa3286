package dev.mainstay.time;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Something to be done later by a {@link TimeSource}'s timer, and at the same time the node by which the timer holds
 * it, so that arming allocates nothing beyond the task.
 *
 * <p>One compare-and-set decides between {@link #fire()} and {@link #cancel()}: exactly one of them wins.
 */
public abstract class TimerTask {

    /*
     * NEW ──arm──▶ ARMING ──▶ ARMED ──▶ FIRED
     *                           └─────▶ CANCELLED
     *
     * ARMING is the moment in which a timer links the task. Nobody can cancel it then, so that whoever cancels an
     * ARMED task finds it linked, and the slot written.
     */
    private static final int NEW = 0;
    private static final int ARMING = 1;
    private static final int ARMED = 2;
    private static final int FIRED = 3;
    private static final int CANCELLED = 4;

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(TimerTask.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile int state;

    /** When to fire, in the units of the timer that holds this task. */
    long due;

    /** The place in the timer that holds this task. Owned by that timer, as are the neighbours. */
    @Nullable
    TimerSlot slot;

    /** The neighbours in that place; the task itself as long as it is in none. */
    TimerTask previous = this;

    TimerTask next = this;

    /** For subclasses. */
    protected TimerTask() {}

    /**
     * What to do when the time has come. Runs on the timer's thread: it must be short, must not block, and must hand
     * anything of the user's to an executor. What it throws is logged and otherwise ignored.
     */
    protected abstract void fire();

    /**
     * Takes the task back, and out of the timer's memory.
     *
     * @return true if this call prevented it from firing; false if it has fired, was cancelled before or was never
     *     armed
     */
    public final boolean cancel() {
        if (state != ARMED || !STATE.compareAndSet(this, ARMED, CANCELLED)) {
            return false;
        }
        TimerSlot slot = this.slot;
        if (slot != null) {
            slot.remove(this);
        }
        return true;
    }

    /** For timers: claims a new task for one of them, which then links it and calls {@link #armed()}. */
    final void arming() {
        if (!STATE.compareAndSet(this, NEW, ARMING)) {
            throw new IllegalStateException("a timer task can be armed only once");
        }
    }

    /**
     * For timers: from here on the task can be cancelled. It must be linked, and its slot set. No later read may come before: whoever arms a task and then finds
     * it still wanted relies on it that whoever does not want it any more finds it armed.
     */
    final void armed() {
        STATE.setVolatile(this, ARMED);
    }

    /** For timers: fires the task, which they have unlinked, unless it has been cancelled. Throws nothing. */
    final void fireUnlessCancelled() {
        if (!STATE.compareAndSet(this, ARMED, FIRED)) {
            return;
        }
        try {
            fire();
        } catch (Throwable t) {
            Uncaught.log("timer task", this, t);
        }
    }

    /** What holds armed tasks: unlinks one of them when it is cancelled, if it is still there. */
    interface TimerSlot {
        void remove(TimerTask task);
    }
}
