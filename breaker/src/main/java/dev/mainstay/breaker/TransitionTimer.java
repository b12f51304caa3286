package dev.mainstay.breaker;

import dev.mainstay.time.TimedTask;
import java.lang.ref.WeakReference;

/**
 * Looks at a breaker when something is due in it that need not wait for the next call. Does not keep the breaker: one
 * that nobody uses any more need not wait for its timer to be collected.
 */
final class TransitionTimer extends TimedTask {

    private final WeakReference<StateMachine> machine;
    private final Generation generation;

    TransitionTimer(StateMachine machine, Generation generation) {
        this.machine = new WeakReference<>(machine);
        this.generation = generation;
    }

    /** A transition tells listeners, who must not keep the timer's thread. */
    @Override
    protected void fire() {
        StateMachine stillUsed = machine.get();
        if (stillUsed == null) {
            return;
        }
        try {
            stillUsed.time().executor().execute(() -> stillUsed.onTimer(this, generation));
        } catch (Throwable noThread) {
            // Whoever looks at the breaker next does what was due, and sets another timer.
            boolean ignored = generation.takeAlarm(this);
        }
    }
}
