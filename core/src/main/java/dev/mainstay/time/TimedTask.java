package dev.mainstay.time;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Something to be done later by a {@link TimeSource}'s timer, and at the same time the node by which the timer holds
 * it, so that arming allocates nothing beyond the task.
 *
 * <p>One step decides between {@link #fire()} and {@link #cancel()}: exactly one of them wins.
 */
public abstract class TimedTask {

    /*
     * NEW ──arm──▶ (ARMING) ──▶ ARMED ──▶ FIRED
     *                             └─────▶ CANCELLED
     *
     * The system timer makes each of these steps in the same leaf section of its wheel in which it links or unlinks the
     * task, so that a stack overflow comes before both or after both. Other timers use the methods below; ARMING is
     * the moment in which such a timer links the task. Nobody can cancel it then, so that whoever cancels an ARMED task
     * finds it linked, and the slot written.
     */
    static final int NEW = 0;
    static final int ARMING = 1;
    static final int ARMED = 2;
    static final int FIRED = 3;
    static final int CANCELLED = 4;

    private static final VarHandle STATE = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "state", VarHandle.class, TimedTask.class, int.class);

    volatile int state;

    /** When to fire, in the units of the timer that holds this task. */
    long due;

    /** The place in the timer that holds this task. Owned by that timer, as are the neighbours. */
    @Nullable
    TimerSlot slot;

    /** The neighbours in that place; the task itself as long as it is in none. */
    TimedTask previous = this;

    TimedTask next = this;

    /** For subclasses. */
    protected TimedTask() {}

    /**
     * What to do when the time has come. Runs on the timer's thread: it must be short, must not block, and must hand
     * anything of the user's to an executor.
     *
     * <p>If it throws an {@link OutOfMemoryError}, as when something is to be handed over and there is no memory for
     * that, the system timer calls it again after some milliseconds, until it does not. A task that does several things
     * must therefore go on where it stopped. Whatever else it throws is logged, elsewhere, and otherwise ignored.
     */
    protected abstract void fire();

    /**
     * Takes the task back, and out of the timer's memory. If this throws a {@link StackOverflowError}, it has done
     * nothing.
     *
     * @return true if this call prevented it from firing; false if it has fired, was cancelled before or was never
     *     armed
     */
    public final boolean cancel() {
        if (state != ARMED) {
            return false;
        }
        TimerSlot slot = this.slot;
        return slot == null ? cancelled() : slot.cancel(this);
    }

    /** For timers: claims a new task for one of them, which then links it and calls {@link #armed()}. */
    final void arming() {
        if (!STATE.compareAndSet(this, NEW, ARMING)) {
            throw armedBefore();
        }
    }

    static IllegalStateException armedBefore() {
        return new IllegalStateException("a timer task can be armed only once");
    }

    /**
     * For timers: from here on the task can be cancelled. It must be linked, and its slot set. No later read may come
     * before: whoever arms a task and then finds it still wanted relies on it that whoever does not want it any more
     * finds it armed.
     */
    final void armed() {
        STATE.setVolatile(this, ARMED);
    }

    /** For timers: returns whether this call has cancelled the task, which is then to be unlinked. */
    final boolean cancelled() {
        return STATE.compareAndSet(this, ARMED, CANCELLED);
    }

    /** For timers: fires the task, which they have unlinked, unless it has been cancelled. Throws nothing. */
    final void fireUnlessCancelled() {
        if (!STATE.compareAndSet(this, ARMED, FIRED)) {
            return;
        }
        try {
            fire();
        } catch (Throwable t) {
            UncaughtExceptions.log("timer task", this, t);
        }
    }

    /** What holds armed tasks. */
    interface TimerSlot {

        /** Cancels a task that was armed here and unlinks it, unless it has fired or was cancelled before. */
        boolean cancel(TimedTask task);
    }
}
