package dev.mainstay;

import dev.mainstay.event.CallbackFailures;
import dev.mainstay.event.Subscription;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** An action to run at most once when a call is cancelled or times out, and a node in the list of those. Closing it takes the action back. */
final class CancelHook implements Subscription, Runnable {

    private final AtomicReference<@Nullable Runnable> action;
    final @Nullable CancelHook next;

    CancelHook(Runnable action, @Nullable CancelHook next) {
        this.action = new AtomicReference<>(action);
        this.next = next;
    }

    /** The same hook in one more list: running or closing either is running or closing both. */
    CancelHook(CancelHook same, @Nullable CancelHook next) {
        this.action = same.action;
        this.next = next;
    }

    boolean isDone() {
        return action.get() == null;
    }

    @Override
    public void run() {
        Runnable action = this.action.getAndSet(null);
        if (action == null) {
            return;
        }
        try {
            action.run();
        } catch (Throwable failure) {
            new CallbackFailures().report("call", "onCancel hook", failure);
        }
    }

    @Override
    public void close() {
        action.set(null);
    }
}
