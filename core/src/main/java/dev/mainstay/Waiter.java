package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.Require;
import dev.mainstay.time.TimedTask;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A call that waits to be let in by a {@link Gate}: a thread that is parked, or a future that goes on elsewhere. It is
 * answered at most once: {@linkplain #grant let in} or {@linkplain #reject rejected} by the gate, or gone because the
 * caller gave up. Safe for use by many threads.
 */
public class Waiter extends TimedTask {

    /*
     *   WAITING ──claim──▶ CLAIMED ──publish──▶ GRANTED │ REJECTED
     *      └───────────────────────────────────▶ GONE
     *
     * The compare-and-set from WAITING decides. Who has claimed writes the answer, and then publishes it: nobody reads
     * an answer that was not the one given.
     */
    private static final int WAITING = 0;
    private static final int CLAIMED = 1;
    private static final int GRANTED = 2;
    private static final int REJECTED = 3;
    private static final int GONE = 4;

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
    private @Nullable Rejection rejection;
    private long ticket;
    private @Nullable Object attachment;

    /** Where it stands in a {@link WaitQueue}, or has stood. Written before the waiter is published. */
    WaitQueue.@Nullable Place place;

    /** Where it is noted that the waiter could not be woken, if anywhere. */
    private final @Nullable Gate gate;

    /** The next of those noted there; guarded by the monitor of {@link OwedPermits}. */
    @Nullable
    Waiter nextUnwoken;

    /**
     * For policies with a line of their own: a call that goes on elsewhere once it was answered, as {@link #answered()}
     * says.
     */
    protected Waiter(CallContext context) {
        this(context, null, null);
    }

    /**
     * A waiter that parks the given thread; or, if that is null, one that goes on elsewhere and overrides {@link
     * #answered()}.
     *
     * @param gate where it is noted if it cannot be woken, or null
     */
    Waiter(CallContext context, @Nullable Gate gate, @Nullable Thread thread) {
        this.context = context;
        this.gate = gate;
        this.thread = thread;
    }

    /** What the waiting call carries. */
    public final CallContext context() {
        return context;
    }

    /**
     * For the gate: a note of its own, such as the time at which the call joined the line. Written before the waiter is
     * published.
     */
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
     * For the gate: lets the call in. Runs none of the user's code and does not block.
     *
     * @param permit what {@link Gate#exit} will get, zero or more
     * @return false if the call has given up or was answered before; the permit is still the gate's
     */
    public final boolean grant(long permit) {
        return answer(GRANTED, permit, null);
    }

    /**
     * For the gate: rejects a call that stands in line, for example to shed load. Runs none of the user's code and does
     * not block.
     *
     * @return false if the call has given up or was answered before
     */
    public final boolean reject(Rejection rejection) {
        return answer(REJECTED, -1, Require.present("rejection", rejection));
    }

    @LeafSection
    private boolean answer(int answer, long permit, @Nullable Rejection rejection) {
        if (!STATE.compareAndSet(this, WAITING, CLAIMED)) {
            return false;
        }
        this.permit = permit;
        this.rejection = rejection;
        state = answer;
        try {
            wake();
        } catch (Throwable noRoom) {
            // The answer stands all the same. The next call that comes to the gate wakes this one; at the latest, it
            // finds the answer when its wait is over.
            Gate gate = this.gate;
            if (gate != null) {
                OwedPermits owed = gate.owed;
                try {
                    synchronized (owed) {
                        nextUnwoken = owed.unwoken;
                        owed.unwoken = this;
                    }
                } catch (Throwable noRoomToLock) {
                    // It waits on.
                }
            }
        }
        return true;
    }

    /** For the gate: wakes a call that was answered; once more, if that has thrown before. */
    final void wake() {
        if (thread != null) {
            LockSupport.unpark(thread);
        } else {
            answered();
        }
    }

    /** Whether it neither was answered nor has given up. */
    public final boolean isWaiting() {
        return state == WAITING;
    }

    /** Whether it was let in; once so, always so. */
    protected final boolean isGranted() {
        return settled() == GRANTED;
    }

    /** What the gate has rejected it with; null if it has not. */
    protected final @Nullable Rejection rejection() {
        return settled() == REJECTED ? rejection : null;
    }

    /** The permit with which it was let in. */
    protected final long permit() {
        return permit;
    }

    /** For the caller: gives up, unless the gate was faster. */
    protected final boolean giveUp() {
        return STATE.compareAndSet(this, WAITING, GONE);
    }

    /** The state, past the few instructions between claim and publication. */
    private int settled() {
        int seen = state;
        while (seen == CLAIMED) {
            Thread.onSpinWait();
            seen = state;
        }
        return seen;
    }

    /**
     * Called when a waiter without a thread was answered, on the thread of whoever did that: it must only hand over, to
     * a thread of ours.
     */
    protected void answered() {}

    /** Called on the timer's thread when the wait is over. */
    @Override
    protected void fire() {}
}
