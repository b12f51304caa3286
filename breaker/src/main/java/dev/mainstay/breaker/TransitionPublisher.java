package dev.mainstay.breaker;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells of transitions, each once and in the order in which they were made, whichever threads make them and whatever a
 * listener does.
 */
final class TransitionPublisher {

    /*
     * A transition is in line from the very compare-and-set that makes it: the new snapshot refers to it, and it refers
     * to the one before that has not been told. So none can be lost between being made and being put in line, not even
     * if the thread runs out of stack there.
     *
     * One thread at a time tells, and holds no lock. Whoever makes a transition meanwhile, another thread or the
     * listener itself, leaves it in line: the one that tells looks once more after it has stopped. A listener that
     * blocks delays what other listeners hear, and no call.
     */
    private static final VarHandle TELLING = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "telling", VarHandle.class, TransitionPublisher.class, boolean.class);

    private final Consumer<StateChanged> listener;
    private volatile boolean telling;
    private volatile @Nullable Transition told;

    TransitionPublisher(Consumer<StateChanged> listener) {
        this.listener = listener;
    }

    /** Whether there is something to tell, and nobody who tells it. */
    boolean isBehind(BreakerSnapshot snapshot) {
        return snapshot.last != told && !telling;
    }

    /** Tells what has not been told; or leaves it to the thread that is telling. Never throws. */
    void tell(StateMachine machine) {
        try {
            while (machine.snapshot().last != told && TELLING.compareAndSet(this, false, true)) {
                try {
                    tellInOrder(machine.snapshot().last);
                } finally {
                    telling = false;
                }
            }
        } catch (Throwable noRoom) {
            // Out of stack or memory. What has not been told stays in line, and whoever looks at the breaker next tells
            // it.
        }
    }

    private void tellInOrder(@Nullable Transition last) {
        if (last == null || last == told) {
            return;
        }
        Transition before = last.previous;
        if (before == null || before == told) {
            // The everyday case: one transition, told by the thread that made it.
            tell(last);
            return;
        }
        Deque<Transition> line = new ArrayDeque<>();
        for (Transition each = last; each != null && each != told; each = each.previous) {
            line.push(each);
        }
        for (Transition next : line) {
            tell(next);
        }
    }

    private void tell(Transition next) {
        Transition before = told;
        boolean done = false;
        told = next;
        try {
            listener.accept(next.event);
            done = true;
        } finally {
            if (!done) {
                // The listener does not throw: there was no room. Better told again than never.
                told = before;
            }
        }
        next.previous = null;
    }

    /** A transition that has been made. */
    static final class Transition {

        private final StateChanged event;

        /** The one before it, until this one is told. */
        private volatile @Nullable Transition previous;

        Transition(StateChanged event, @Nullable Transition previous) {
            this.event = event;
            this.previous = previous;
        }
    }
}
