package dev.mainstay;

import dev.mainstay.call.CancellationScope;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * The interrupt by which a call is ended on its thread: delivered at most once, and not after the call. It is cleared
 * when the call ends; an interrupt that is not ours stays.
 */
final class Interruption implements Runnable {

    /*
     * QUEUED ──deliver──▶ DELIVERING ──▶ DELIVERED
     *    └──call ended──▶ OVER
     *
     * Thread.interrupt() may be overridden, and closes the interruptible channel on which the thread is blocked. So it
     * runs on a thread of the time source's own, never on the timer's.
     *
     * What is not ours
     * ================
     * A thread has one flag, whoever sets it, and several limits may interrupt it, one inside another. Each notes
     * whether it found the flag set. So it is known how often ours have set it, and somebody else has
     *   - if one of ours found it set, and none of ours had set it before,
     *   - if the call failed with an InterruptedException, and ours do not account for it and for a flag that is still
     *     set.
     * The first to find that out tells the limits around it, which would otherwise clear the flag as theirs.
     */
    static final int QUEUED = 0;
    static final int DELIVERING = 1;
    static final int DELIVERED = 2;
    static final int OVER = 3;

    private static final AtomicIntegerFieldUpdater<Interruption> STATE =
            AtomicIntegerFieldUpdater.newUpdater(Interruption.class, "state");

    private static final int SPINS = 100;

    /** How long to wait for an overridden {@code interrupt()} to return: 100 ms. */
    private static final long PATIENCE_NANOS = 100_000_000;

    private final Thread thread;

    /** Written without a call, too, where the stack may be full. */
    volatile int state;

    /** Whether the thread has seen an interrupt that is not ours. Known to that thread only. */
    private boolean foreign;

    /** Whether the flag was set before ours was delivered. Published by {@link #state}. */
    private boolean flagWasSet;

    /** When the delivery began and ended, on the system clock. Published by {@link #state}. */
    private long from;

    private long until;

    Interruption(Thread thread, boolean foreign) {
        this.thread = thread;
        this.foreign = foreign;
    }

    boolean isOf(Thread thread) {
        return thread == this.thread;
    }

    /** The call has ended, and nobody has interrupted it yet: nobody will. False if somebody has. */
    boolean prevent() {
        return STATE.compareAndSet(this, QUEUED, OVER);
    }

    /** For the thread: it has seen an interrupt that is not ours. */
    void foreignSeen() {
        foreign = true;
    }

    /** Delivers it, unless the call has ended. May run code of the user's. */
    @Override
    public void run() {
        if (!STATE.compareAndSet(this, QUEUED, DELIVERING)) {
            return;
        }
        try {
            from = TimeSource.system().nanoTime();
            flagWasSet = thread.isInterrupted();
            thread.interrupt();
        } catch (Throwable overridden) {
            // It interrupts as well as it can.
        } finally {
            until = TimeSource.system().nanoTime();
            state = DELIVERED;
        }
    }

    /**
     * The call has ended, on its thread.
     *
     * @param unseen the failure, of which nobody will hear; null if there is none
     * @param around what may have interrupted the thread, too
     */
    void end(@Nullable Throwable unseen, @Nullable CancellationScope around) {
        boolean delivered = !STATE.compareAndSet(this, QUEUED, OVER) && isDelivered();
        boolean pending =
                delivered ? Thread.interrupted() : Thread.currentThread().isInterrupted();
        int ours = delivered && !flagWasSet ? 1 : 0;
        boolean keep = false;
        for (CancellationScope outer = around; outer != null; outer = outer.parent()) {
            Interruption other = InterruptibleScope.interruptionOf(outer, thread);
            if (other != null && other.isDelivered()) {
                keep = true;
                ours += other.flagWasSet ? 0 : 1;
            }
        }
        if (foreign
                || (delivered && isUnexplained(around))
                || (unseen instanceof InterruptedException && ours < (pending ? 2 : 1))) {
            keep = true;
            tell(around);
        } else if (delivered && !flagWasSet) {
            explain(around);
        }
        if (keep) {
            interruptSelf();
        }
    }

    /** Whether this one found a flag that none of ours had set. */
    private boolean isUnexplained(@Nullable CancellationScope around) {
        if (!flagWasSet) {
            return false;
        }
        for (CancellationScope outer = around; outer != null; outer = outer.parent()) {
            Interruption other = InterruptibleScope.interruptionOf(outer, thread);
            if (other != null && other.isDelivered() && !other.flagWasSet && until - other.from >= 0) {
                return false;
            }
        }
        return true;
    }

    /** Tells limits further out of an interrupt that is not ours. */
    private void tell(@Nullable CancellationScope around) {
        for (CancellationScope outer = around; outer != null; outer = outer.parent()) {
            Interruption other = InterruptibleScope.interruptionOf(outer, thread);
            if (other != null) {
                other.foreign = true;
            } else {
                InterruptibleScope.foreignInterruptSeenBy(outer, thread);
            }
        }
    }

    /** What limits further out found may have been this one. */
    private void explain(@Nullable CancellationScope around) {
        for (CancellationScope outer = around; outer != null; outer = outer.parent()) {
            Interruption other = InterruptibleScope.interruptionOf(outer, thread);
            if (other != null && other.isDelivered() && other.until - from >= 0) {
                other.flagWasSet = false;
            }
        }
    }

    /** Sets the current thread's flag. */
    static void interruptSelf() {
        try {
            Thread.currentThread().interrupt();
        } catch (Throwable overridden) {
            // The call's outcome is not changed by it.
        }
    }

    /** Whether the thread was interrupted. Waits for the few instructions in between. */
    boolean isDelivered() {
        if (state == DELIVERING) {
            awaitDelivery();
        }
        return state == DELIVERED;
    }

    /** Without bound if the method is the JDK's own: it returns. One that is overridden may block. */
    private void awaitDelivery() {
        boolean jdksOwn = thread.getClass().getClassLoader() == null;
        long begun = jdksOwn ? 0 : TimeSource.system().nanoTime();
        for (int spins = 0; state == DELIVERING; spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else if (jdksOwn || TimeSource.system().nanoTime() - begun < PATIENCE_NANOS) {
                Thread.yield();
            } else {
                return;
            }
        }
    }
}
