package dev.mainstay;

import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimerTask;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a call that can be ended from outside: by its time limit, or by a cancel. Scopes nest as the calls do: what ends an outer
 * one ends all within, and the deadline of an inner one is never later than that of an outer.
 *
 * <p>It is also the timer's node of the time limiter that opened it, so that a limited call allocates one object for both.
 */
abstract class Scope extends TimerTask {

    private static final AtomicReferenceFieldUpdater<Scope, @Nullable CancelHook> HOOKS =
            AtomicReferenceFieldUpdater.newUpdater(Scope.class, CancelHook.class, "hooks");

    final @Nullable Scope parent;
    final TimeSource time;

    /** When this scope's time is over, on {@link #time}; meaningless unless {@link #hasDeadline()}. */
    final long deadline;

    private volatile @Nullable CancelHook hooks;

    Scope(@Nullable Scope parent, TimeSource time, long deadline) {
        this.parent = parent;
        this.time = time;
        this.deadline = deadline;
    }

    boolean hasDeadline() {
        return true;
    }

    /** Whether a time limiter has ended this scope. */
    abstract boolean timedOut();

    /** Whether anything has ended it. */
    boolean ended() {
        return timedOut();
    }

    /** Whether ending this scope has interrupted the thread. */
    boolean hasInterrupted(Thread thread) {
        return false;
    }

    /** Whether this scope, or one around it, has run out of time. */
    final boolean outOfTime() {
        for (Scope scope = this; scope != null; scope = scope.parent) {
            if (scope.timedOut() || (scope.hasDeadline() && scope.time.nanoTime() - scope.deadline >= 0)) {
                return true;
            }
        }
        return false;
    }

    /** What is left until the nearest deadline, as seen at {@code now} on the given clock; {@link Nanos#FOREVER} without one. */
    final long remaining(TimeSource clock, long now) {
        long nearest = Nanos.FOREVER;
        for (Scope scope = this; scope != null; scope = scope.parent) {
            if (scope.hasDeadline()) {
                long at = scope.time == clock && now != TimeSource.UNREAD ? now : scope.time.nanoTime();
                nearest = Math.min(nearest, scope.deadline - at);
            }
        }
        return nearest;
    }

    /** The nearest deadline, or null without one. */
    final @Nullable Deadline nearestDeadline() {
        Scope nearest = null;
        long remaining = Nanos.FOREVER;
        for (Scope scope = this; scope != null; scope = scope.parent) {
            if (scope.hasDeadline()) {
                long left = scope.deadline - scope.time.nanoTime();
                if (nearest == null || left < remaining) {
                    nearest = scope;
                    remaining = left;
                }
            }
        }
        return nearest == null ? null : new Deadline(nearest.time, nearest.deadline);
    }

    /** Sees to it that the action runs, once, if this scope or one around it is ended. */
    final CancelHook onEnd(Runnable action) {
        CancelHook hook = new CancelHook(action, null);
        for (Scope scope = this; scope != null; scope = scope.parent) {
            scope.link(hook);
        }
        return hook;
    }

    private void link(CancelHook hook) {
        HOOKS.updateAndGet(this, first -> new CancelHook(hook, live(first)));
        if (ended()) {
            hook.run();
        }
    }

    /** Drops hooks that are done with from the head of the list, so that a retry loop that adds one per attempt does not pile them up. */
    private static @Nullable CancelHook live(@Nullable CancelHook first) {
        CancelHook hook = first;
        while (hook != null && hook.isDone()) {
            hook = hook.next;
        }
        return hook;
    }

    /** Whether there is anything to run when this scope ends. */
    final boolean hasHooks() {
        return hooks != null;
    }

    /** Runs what was registered. For whoever has ended this scope; user code, so never on the timer's thread. */
    final void runHooks() {
        for (CancelHook hook = HOOKS.getAndSet(this, null); hook != null; hook = hook.next) {
            hook.run();
        }
    }
}
