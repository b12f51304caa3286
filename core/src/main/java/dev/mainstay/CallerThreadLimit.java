package dev.mainstay;

import dev.mainstay.call.CancellationScope;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * The time limit of a call that runs on its caller's thread: has it interrupted when the time is up, unless
 * it is to be left alone.
 *
 * <p>The timer task's own state decides between the end of the call and the end of its time. If the time was up first,
 * {@link #finish} takes the interrupt back: what has not been delivered never is, and what has been is cleared.
 */
class CallerThreadLimit extends InterruptibleScope {

    /** The call runs, and has seen an interrupt that is not ours. */
    private static final Object FOREIGN_SEEN = new Object();

    /** The call has no limit. */
    private static final Object UNLIMITED = new Object();

    /** The call ended before it was interrupted, though its time was up. */
    private static final Object TOO_LATE = new Object();

    /** The call has ended where the stack had no room for {@link #finish}. */
    static final Object ENDED = new Object();

    private static final AtomicReferenceFieldUpdater<CallerThreadLimit, @Nullable Object> FATE =
            AtomicReferenceFieldUpdater.newUpdater(CallerThreadLimit.class, Object.class, "fate");

    private final Thread thread = Thread.currentThread();

    /**
     * Null while the call runs; one of the constants; or its {@link Interruption}. Where the stack may be full, it is
     * written without a call.
     */
    volatile @Nullable Object fate;

    private CallerThreadLimit(@Nullable CancellationScope parent, TimeSource time, long deadline) {
        super(parent, time, deadline);
    }

    /**
     * A limit that is not armed yet.
     *
     * @param snapshot what actions that were registered with the call see of its thread; null for nothing
     * @param cancels whether the call is interrupted, and what was registered with it runs, when the time is up
     */
    static CallerThreadLimit of(
            @Nullable CancellationScope parent,
            TimeSource time,
            long deadline,
            ContextCarrier.@Nullable Snapshot snapshot,
            boolean cancels) {
        if (!cancels) {
            return new Lenient(parent, time, deadline);
        }
        return snapshot == null
                ? new CallerThreadLimit(parent, time, deadline)
                : new Carrying(parent, time, deadline, snapshot);
    }

    /** Starts the clock. */
    void arm(long now, long timeoutNanos) {
        if (timeoutNanos == Nanos.FOREVER) {
            fate = UNLIMITED;
        } else {
            time().arm(this, now, timeoutNanos);
        }
    }

    /**
     * The call has ended. If it was too late, our interrupt is cleared, and one that is not ours or an outer limit's is
     * put back.
     *
     * @param failure how, or null with a result
     * @return whether it was in time
     */
    boolean finish(@Nullable Throwable failure) {
        boolean beforeTheTimer = cancel() || fate == UNLIMITED;
        return (beforeTheTimer && !TimeLimiter.ranOutWith(this, failure)) || finishLate(failure);
    }

    private boolean finishLate(@Nullable Throwable failure) {
        Object fate = this.fate;
        if (!(fate instanceof Interruption)) {
            if (FATE.compareAndSet(this, fate, TOO_LATE)) {
                new Interruption(thread, fate == FOREIGN_SEEN).end(failure, parent());
                return false;
            }
            fate = this.fate;
        }
        if (fate instanceof Interruption interruption) {
            interruption.end(failure, parent());
        }
        return false;
    }

    /** On the timer's thread. */
    @Override
    protected void fire() {
        Interruption interruption = new Interruption(thread, false);
        if (!FATE.compareAndSet(this, null, interruption)) {
            interruption = new Interruption(thread, true);
            if (!FATE.compareAndSet(this, FOREIGN_SEEN, interruption)) {
                return;
            }
        }
        expired(interruption);
    }

    /** The time is up, and nobody was faster. */
    void expired(Interruption interruption) {
        try {
            time().completions().execute(interruption);
        } finally {
            if (hasHooks()) {
                time().completions().execute(hooks());
            }
        }
    }

    @Override
    protected boolean timedOut() {
        Object fate = this.fate;
        return fate instanceof Interruption || fate == TOO_LATE;
    }

    @Override
    @Nullable
    Interruption interruptionOf(Thread thread) {
        return thread == this.thread && fate instanceof Interruption interruption ? interruption : null;
    }

    @Override
    void foreignInterruptSeenBy(Thread thread) {
        if (thread == this.thread) {
            FATE.compareAndSet(this, null, FOREIGN_SEEN);
        }
    }

    /** What to run when the time is up, if anything was registered. */
    Runnable hooks() {
        return this::runHooks;
    }

    /** A limit that says when the time is up, and disturbs nobody. Its interruption is never delivered. */
    private static final class Lenient extends CallerThreadLimit {

        Lenient(@Nullable CancellationScope parent, TimeSource time, long deadline) {
            super(parent, time, deadline);
        }

        @Override
        void expired(Interruption interruption) {}

        @Override
        protected boolean ended() {
            return false;
        }
    }

    /** A limit of a call that carries something: apart, so that the others need not make room for it. */
    private static final class Carrying extends CallerThreadLimit {

        private final ContextCarrier.Snapshot snapshot;

        Carrying(@Nullable CancellationScope parent, TimeSource time, long deadline, ContextCarrier.Snapshot snapshot) {
            super(parent, time, deadline);
            this.snapshot = snapshot;
        }

        @Override
        Runnable hooks() {
            return ThreadHandoff.carried(snapshot, super.hooks());
        }
    }
}
