package dev.mainstay;

import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * The time limit of a call that runs on its caller's thread: interrupts it when the time is up.
 *
 * <p>The timer task's own state decides between the end of the call and the end of its time. If the time was up first, {@link #finish} waits for the few instructions until the
 * interrupt has been delivered and clears it, so that it cannot hit what the thread does next.
 */
class ThreadLimit extends Scope {

    private static final int EXPIRED = 1;
    private static final int INTERRUPTED = 2;
    private static final int UNLIMITED = 3;

    private final Thread thread = Thread.currentThread();
    /** Zero while the call runs. */
    private volatile int state;

    private ThreadLimit(@Nullable Scope parent, TimeSource time, long deadline) {
        super(parent, time, deadline);
    }

    /**
     * A limit that is not armed yet.
     *
     * @param snapshot what actions that were registered with the call see of its thread; null for nothing
     */
    static ThreadLimit of(
            @Nullable Scope parent, TimeSource time, long deadline, ContextCarrier.@Nullable Snapshot snapshot) {
        return snapshot == null
                ? new ThreadLimit(parent, time, deadline)
                : new Carrying(parent, time, deadline, snapshot);
    }

    /** Starts the clock. */
    void arm(long now, long timeoutNanos) {
        if (timeoutNanos == Nanos.FOREVER) {
            state = UNLIMITED;
        } else {
            time.arm(this, now, timeoutNanos);
        }
    }

    /** The call has ended. Returns whether it was in time; if not, our interrupt is cleared, and an outer limit's put back. */
    boolean finish() {
        if (cancel() || state == UNLIMITED) {
            return true;
        }
        while (state != INTERRUPTED) {
            Thread.onSpinWait();
        }
        boolean ignored = Thread.interrupted();
        for (Scope outer = parent; outer != null; outer = outer.parent) {
            if (outer.hasInterrupted(thread)) {
                thread.interrupt();
            }
        }
        return false;
    }

    @Override
    protected void fire() {
        state = EXPIRED;
        thread.interrupt();
        state = INTERRUPTED;
        if (hasHooks()) {
            time.executor().execute(hooks());
        }
    }

    @Override
    boolean timedOut() {
        int state = this.state;
        return state == EXPIRED || state == INTERRUPTED;
    }

    @Override
    boolean hasInterrupted(Thread thread) {
        return thread == this.thread && timedOut();
    }

    /** What to run when the time is up, if anything was registered. */
    Runnable hooks() {
        return this::runHooks;
    }

    /** A limit of a call that carries something: apart, so that the others need not make room for it. */
    private static final class Carrying extends ThreadLimit {

        private final ContextCarrier.Snapshot snapshot;

        Carrying(@Nullable Scope parent, TimeSource time, long deadline, ContextCarrier.Snapshot snapshot) {
            super(parent, time, deadline);
            this.snapshot = snapshot;
        }

        @Override
        Runnable hooks() {
            return Hop.carried(snapshot, super.hooks());
        }
    }
}
