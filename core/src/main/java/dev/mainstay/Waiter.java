package dev.mainstay;

import dev.mainstay.time.TimerTask;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A call that waits to be let in by a {@link Gate}: a thread that is parked, or a future that will go on. One compare-and-set decides between
 * the gate that grants and the caller that gives up.
 */
public class Waiter extends TimerTask {

    private static final int WAITING = 0;
    private static final int GRANTED = 1;
    private static final int GONE = 2;

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Waiter.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final CallContext context;
    private final @Nullable Thread thread;
    private volatile int state;
    private long permit;
    private long ticket;
    private @Nullable Object attachment;

    /** For policies with a line of their own: a call that goes on elsewhere once it was let in, as {@link #granted()} says. */
    protected Waiter(CallContext context) {
        this(context, null);
    }

    /** A waiter that parks the given thread; or, if that is null, one that goes on elsewhere and overrides {@link #granted()}. */
    Waiter(CallContext context, @Nullable Thread thread) {
        this.context = context;
        this.thread = thread;
    }

    /** What the waiting call carries. */
    public final CallContext context() {
        return context;
    }

    /** For the gate: a note of its own, such as the slot that it reserved. Written before the waiter is published. */
    public final long ticket() {
        return ticket;
    }

    /** For the gate: sets its note. */
    public final void ticket(long ticket) {
        this.ticket = ticket;
    }

    /** For the gate: a note of its own that no number can hold. Written before the waiter is published. */
    public final @Nullable Object attachment() {
        return attachment;
    }

    /** For the gate: sets that note. */
    public final void attach(@Nullable Object attachment) {
        this.attachment = attachment;
    }

    /**
     * For the gate: lets the call in. It runs none of the user's code and does not block.
     *
     * @param permit what {@link Gate#exit} will get, zero or more
     * @return false if the call has given up; the gate keeps the permit
     */
    public final boolean grant(long permit) {
        this.permit = permit;
        if (!STATE.compareAndSet(this, WAITING, GRANTED)) {
            return false;
        }
        if (thread != null) {
            LockSupport.unpark(thread);
        } else {
            granted();
        }
        return true;
    }

    /** Whether it neither was let in nor has given up. */
    public final boolean isWaiting() {
        return state == WAITING;
    }

    final boolean isGranted() {
        return state == GRANTED;
    }

    final long permit() {
        return permit;
    }

    /** For the caller: gives up, unless the gate was faster. */
    protected final boolean giveUp() {
        return STATE.compareAndSet(this, WAITING, GONE);
    }

    /** Called once when a waiter without a thread was let in, on the thread of whoever did that. */
    protected void granted() {}

    /** Called on the timer's thread when the wait is over. */
    @Override
    protected void fire() {}
}
