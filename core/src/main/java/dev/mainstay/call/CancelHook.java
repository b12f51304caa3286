package dev.mainstay.call;

import dev.mainstay.event.CallbackFailures;
import dev.mainstay.event.Subscription;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * An action to run at most once when a call is cancelled or times out. It has a place in the list of each scope around
 * the call, and leaves all of them when it has run or is closed, which takes the action back.
 */
final class CancelHook implements Subscription, Runnable {

    private static final AtomicReferenceFieldUpdater<CancelHook, @Nullable Runnable> ACTION =
            AtomicReferenceFieldUpdater.newUpdater(CancelHook.class, Runnable.class, "action");

    private final Place[] places;

    /** Read through {@link #ACTION}. */
    @SuppressWarnings("UnusedVariable")
    private volatile @Nullable Runnable action;

    CancelHook(Runnable action, CancellationScope innermost) {
        this.action = action;
        int depth = 0;
        for (CancellationScope scope = innermost; scope != null; scope = scope.parent) {
            depth++;
        }
        this.places = new Place[depth];
        CancellationScope scope = innermost;
        for (int i = 0; i < depth && scope != null; i++) {
            places[i] = new Place(this, scope);
            scope = scope.parent;
        }
    }

    /** Joins the lists; runs at once if a scope has ended already. */
    CancelHook join() {
        try {
            for (Place place : places) {
                place.scope.add(place);
                if (place.scope.ended()) {
                    run();
                }
            }
        } catch (Throwable noRoom) {
            close();
            throw noRoom;
        }
        return this;
    }

    @Override
    public void run() {
        Runnable action = ACTION.getAndSet(this, null);
        if (action == null) {
            return;
        }
        leave();
        try {
            action.run();
        } catch (Throwable failure) {
            new CallbackFailures().report("call", "onCancel hook", failure);
        }
    }

    @Override
    public void close() {
        action = null;
        leave();
    }

    private void leave() {
        for (Place place : places) {
            place.scope.remove(place);
        }
    }

    /** A hook's place in the list of one scope. All but the final fields are guarded by the scope's monitor. */
    static final class Place {

        final CancelHook hook;
        final CancellationScope scope;

        @Nullable
        Place previous;

        @Nullable
        Place next;

        boolean linked;
        boolean left;

        Place(CancelHook hook, CancellationScope scope) {
            this.hook = hook;
            this.scope = scope;
        }
    }
}
