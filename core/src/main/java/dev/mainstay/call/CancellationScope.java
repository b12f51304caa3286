package dev.mainstay.call;

import dev.mainstay.event.Subscription;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a call that can be ended from outside: by its time limit, or by a cancel. Scopes nest as the calls do:
 * what ends an outer one ends all within, and the deadline of an inner one is never later than that of an outer.
 *
 * <p>It is also the timer's node of the time limiter that opened it, so that a limited call allocates one object for
 * both.
 *
 * <p>For policies that end calls. Safe for use by many threads.
 */
public abstract class CancellationScope extends TimedTask {

    final @Nullable CancellationScope parent;
    final TimeSource time;

    /** When this scope's time is over, on {@link #time}; meaningless unless {@link #hasDeadline()}. */
    final long deadline;

    /** The first of the hooks, each linked to its neighbours. Written under this scope's monitor, in leaf sections. */
    private volatile CancelHook.@Nullable Place hooks;

    /**
     * For subclasses.
     *
     * @param parent the scope around this one, or null
     * @param deadline when this scope's time is over, on the given clock
     */
    protected CancellationScope(@Nullable CancellationScope parent, TimeSource time, long deadline) {
        this.parent = parent;
        this.time = time;
        this.deadline = deadline;
    }

    /** The scope around this one, or null. */
    public final @Nullable CancellationScope parent() {
        return parent;
    }

    /** The clock of this scope. */
    public final TimeSource time() {
        return time;
    }

    /** When this scope's time is over, on its {@link #time}; meaningless unless it {@link #hasDeadline()}. */
    public final long deadline() {
        return deadline;
    }

    /** Whether its time is limited; true unless overridden. */
    protected boolean hasDeadline() {
        return true;
    }

    /** Whether a time limiter has ended this scope. */
    protected abstract boolean timedOut();

    /** Whether anything has ended it, so that actions registered from now on run at once. */
    protected boolean ended() {
        return timedOut();
    }

    /** Whether this scope, or one around it, has run out of time. */
    final boolean outOfTime() {
        for (CancellationScope scope = this; scope != null; scope = scope.parent) {
            if (scope.timedOut() || (scope.hasDeadline() && scope.time.nanoTime() - scope.deadline >= 0)) {
                return true;
            }
        }
        return false;
    }

    /**
     * What is left until the nearest deadline, as seen at {@code now} on the given clock; {@link Nanos#FOREVER} without
     * one.
     */
    public final long remaining(TimeSource clock, long now) {
        long nearest = Nanos.FOREVER;
        for (CancellationScope scope = this; scope != null; scope = scope.parent) {
            if (scope.hasDeadline()) {
                long at = scope.time == clock && now != TimeSource.UNREAD ? now : scope.time.nanoTime();
                nearest = Math.min(nearest, scope.deadline - at);
            }
        }
        return nearest;
    }

    /** The nearest deadline, or null without one. */
    final @Nullable Deadline nearestDeadline() {
        CancellationScope nearest = null;
        long remaining = Nanos.FOREVER;
        for (CancellationScope scope = this; scope != null; scope = scope.parent) {
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
    public final Subscription onEnd(Runnable action) {
        return new CancelHook(action, this).join();
    }

    /** For hooks: takes the place in this scope's list, unless it was left already. */
    @LeafSection
    final synchronized void add(CancelHook.Place place) {
        if (!place.left && !place.linked) {
            CancelHook.Place first = hooks;
            place.linked = true;
            place.next = first;
            if (first != null) {
                first.previous = place;
            }
            hooks = place;
        }
    }

    /** For hooks: leaves the place for ever. */
    @LeafSection
    final synchronized void remove(CancelHook.Place place) {
        place.left = true;
        if (place.linked) {
            place.linked = false;
            CancelHook.Place previous = place.previous;
            CancelHook.Place next = place.next;
            if (previous == null) {
                hooks = next;
            } else {
                previous.next = next;
            }
            if (next != null) {
                next.previous = previous;
            }
            place.previous = null;
            place.next = null;
        }
    }

    /** Takes the first hook out of the list. */
    @LeafSection
    private synchronized CancelHook.@Nullable Place poll() {
        CancelHook.Place first = hooks;
        if (first != null) {
            CancelHook.Place next = first.next;
            hooks = next;
            if (next != null) {
                next.previous = null;
            }
            first.next = null;
            first.linked = false;
            first.left = true;
        }
        return first;
    }

    /** Whether there is anything to run when this scope ends. */
    public final boolean hasHooks() {
        return hooks != null;
    }

    /** Runs what was registered. For whoever has ended this scope; user code, so never on the timer's thread. */
    public final void runHooks() {
        for (CancelHook.Place place = poll(); place != null; place = poll()) {
            place.hook.run();
        }
    }

    /** A part of the call has ended by itself: takes back what was registered for it, in the scopes around it, too. */
    public final void closeHooks() {
        for (CancelHook.Place place = poll(); place != null; place = poll()) {
            place.hook.close();
        }
    }

    /** The call has ended by itself: forgets what was registered. */
    public final void forgetHooks() {
        while (hooks != null && poll() != null) {}
    }
}
