package dev.mainstay;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.CallFuture;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One asynchronous call inside a gate, or inside several that stand next to each other: first perhaps in line for the
 * innermost, then in progress.
 *
 * <pre>
 *  in line (its waiter) ──let in──▶ LET_IN ──on its thread──▶ STARTING ──▶ in progress (its stage) ──complete──▶ ENDED
 *          │                          │                          │                │
 *          └── cancelled ──▶ ENDED ◀──┘                          └── cancelled ───┴─▶ ABANDONED ──▶ ENDED
 * </pre>
 *
 * Who takes it to ENDED gives the permits back, if there are any. That is mostly the stage's callback. But the JDK
 * drops callbacks on a full stack, and an executor may drop what it was given: so a cancel, which is also what a time
 * limit further out does, looks whether the stage is complete or the call was never begun, and then ends it.
 */
final class AsyncGateCall<T extends @Nullable Object> extends CallFuture<T>
        implements BiConsumer<T, @Nullable Throwable> {

    private static final long CANCELLED = Gate.reject(RejectionReason.CANCELLED);
    private static final Object LET_IN = new Object();
    private static final Object STARTING = new Object();
    private static final Object ABANDONED = new Object();
    private static final Object ENDED = new Object();

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<AsyncGateCall, Object> HELD_BY =
            AtomicReferenceFieldUpdater.newUpdater(AsyncGateCall.class, Object.class, "heldBy");

    private final CallContext context;

    /** The gates, from the innermost outwards. */
    final EnteredGate entry;

    private EnteredGate outermost;

    /** What a cancel must reach: the waiter in line, or the stage in progress; or one of the constants. */
    private volatile Object heldBy;

    /** The stage of a call that was let in, until it is followed; nobody else knows of the call so long. */
    @Nullable
    CompletableFuture<T> unfollowed;

    /** A call that has to wait before it is let in. */
    AsyncGateCall(EnteredGate entry, CallContext context) {
        super(entry.gate.time());
        this.context = context;
        this.entry = entry;
        this.outermost = entry;
        this.heldBy = STARTING;
    }

    /** A call that was let in at once, and whose stage is not complete yet. */
    AsyncGateCall(EnteredGate entry, CallContext context, CompletableFuture<T> stage) {
        super(entry.gate.time());
        this.context = context;
        this.entry = entry;
        this.outermost = entry;
        this.heldBy = stage;
        this.unfollowed = stage;
    }

    /** The gate around those of this call, which is not followed yet, ends with them. */
    void enclose(EnteredGate outer) {
        outermost.outer = outer;
        outermost = outer;
    }

    /** All gates have been entered: from now on, the end of the stage ends the call. */
    CallFuture<T> follow() {
        CompletableFuture<T> stage = unfollowed;
        if (stage != null) {
            unfollowed = null;
            Stages.followOnAnyStack(stage, this);
        }
        return this;
    }

    /** Whether the permits are this caller's to give back. */
    boolean claimEnd() {
        return HELD_BY.getAndSet(this, ENDED) != ENDED;
    }

    /** The call has to wait before it is let in. */
    CompletableFuture<T> queue(Chain inner, AsyncCallBody<? extends T> body, long now) {
        // Once it stands in line, a full stack could leave a call there whose caller has no future.
        StackReserve.check();
        Gate gate = entry.gate;
        TimeSource time = gate.time();
        long begun = now == TimeSource.UNREAD ? time.nanoTime() : now;
        InLine waiter = new InLine(inner, body, inner.handoff(time));
        heldBy = waiter;
        try {
            long allowed = gate.startWaiting(waiter, context, begun);
            if (allowed < 0) {
                return Stages.failed(gate.rejected(allowed, context, begun).toException());
            }
            if (waiter.isWaiting()) {
                time.arm(waiter, allowed);
                if (heldBy != waiter) {
                    waiter.cancel();
                }
            }
        } catch (Throwable broken) {
            waiter.leave();
            return Stages.failed(broken);
        }
        return this;
    }

    /**
     * The stage is complete. A stack that is full leaves no permit in use; the future itself is then ended by a cancel
     * or a time limit.
     */
    @Override
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    public void accept(T result, @Nullable Throwable thrown) {
        boolean ours = false;
        try {
            ours = claimEnd();
            if (ours) {
                end(result, thrown == null ? null : Stages.unwrap(thrown));
            }
        } catch (Throwable noRoom) {
            for (EnteredGate e = ours ? entry : null; e != null; e = e.outer) {
                try {
                    synchronized (e.gate.owing) {
                        if (!e.over && (e.gate.owed == 0 || e.gate.owedPermit == e.permit)) {
                            e.gate.owedPermit = e.permit;
                            e.gate.owed++;
                        }
                        e.over = true;
                    }
                } catch (Throwable noRoomToLock) {
                    if (!e.over) {
                        e.over = true;
                        e.gate.strayPermit = e.permit;
                        e.gate.strays = e.gate.strays + 1;
                    }
                }
            }
            throw noRoom;
        }
    }

    /** Gives the permits back, from the innermost outwards, then completes the future, and then tells listeners. */
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void end(T result, @Nullable Throwable failure) {
        for (EnteredGate e = entry; e != null; e = e.outer) {
            try {
                e.giveBack(context, result, failure);
                e.over = true;
            } catch (Throwable noRoom) {
                try {
                    synchronized (e.gate.owing) {
                        if (e.gate.owed == 0 || e.gate.owedPermit == e.permit) {
                            e.gate.owedPermit = e.permit;
                            e.gate.owed++;
                        }
                        e.over = true;
                    }
                } catch (Throwable noRoomToLock) {
                    e.over = true;
                    e.gate.strayPermit = e.permit;
                    e.gate.strays = e.gate.strays + 1;
                }
            }
        }
        if (failure == null) {
            succeed(result);
        } else {
            fail(failure);
        }
        for (EnteredGate e = entry; e != null; e = e.outer) {
            e.tellEnded(context);
        }
    }

    /** The caller gave up a call that had a permit and was not begun. */
    private void endUnusedByCaller() {
        giveBackUnused();
        entry.gate.noteRejection(entry.gate.rejection(CANCELLED, context, TimeSource.UNREAD), context);
    }

    /** Gives the permit of a call back that was not begun: for listeners and meters, it was never let in. */
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void giveBackUnused() {
        Gate gate = entry.gate;
        long permit = entry.permit;
        try {
            long ignored = gate.giveBack(permit, TimeSource.UNREAD, context, Verdict.IGNORED, null, null);
        } catch (Throwable noRoom) {
            try {
                synchronized (gate.owing) {
                    if (gate.owed == 0 || gate.owedPermit == permit) {
                        gate.owedPermit = permit;
                        gate.owed++;
                    }
                }
            } catch (Throwable noRoomToLock) {
                gate.strayPermit = permit;
                gate.strays = gate.strays + 1;
            }
        }
    }

    @Override
    @SuppressWarnings("unchecked")
    protected void abandoned() {
        Object held = heldBy;
        if (held instanceof AsyncGateCall<?>.InLine waiter) {
            waiter.leave();
            if (HELD_BY.compareAndSet(this, waiter, ABANDONED)) {
                waiter.giveBackIfAbandoned();
                waiter.forgetTimers();
                fail(new CancellationException());
                return;
            }
            held = heldBy;
        }
        if (held == LET_IN) {
            if (HELD_BY.compareAndSet(this, LET_IN, ENDED)) {
                endUnusedByCaller();
                fail(new CancellationException());
                return;
            }
            held = heldBy;
        }
        if (held == STARTING && !HELD_BY.compareAndSet(this, STARTING, ABANDONED)) {
            held = heldBy;
        }
        if (held instanceof CompletableFuture<?> stage) {
            cancel((CompletableFuture<T>) stage);
        }
    }

    /** Cancels the stage in progress. If the stage is complete and its callback was dropped, this ends the call. */
    @SuppressWarnings("NullAway") // the result is null only where T admits it
    private void cancel(CompletableFuture<T> stage) {
        giveUp(stage);
        if (stage.isDone() && claimEnd()) {
            Throwable failure = Stages.failureOf(stage);
            end(failure == null ? stage.join() : null, failure);
        }
    }

    /** The call's place in line. */
    private final class InLine extends Waiter {

        private final Gate gate = entry.gate;
        private final Chain inner;
        private final AsyncCallBody<? extends T> body;
        private final ThreadHandoff hop;
        private volatile @Nullable TimedTask overdue;

        InLine(Chain inner, AsyncCallBody<? extends T> body, ThreadHandoff hop) {
            super(AsyncGateCall.this.context, entry.gate, null);
            this.inner = inner;
            this.body = body;
            this.hop = hop;
        }

        /** The caller gives up. */
        void leave() {
            if (giveUp()) {
                cancel();
                gate.abandonWaiting(this);
                gate.noteRejection(gate.rejection(CANCELLED, context, TimeSource.UNREAD), context);
            }
        }

        @Override
        protected void answered() {
            if (isGranted()) {
                if (heldBy == LET_IN) {
                    handOver();
                } else {
                    letIn(permit());
                }
                return;
            }
            Rejection rejection = rejection();
            if (rejection != null) {
                hop.toOwnExecutor().run(() -> rejected(rejection), ThreadHandoff.NEVER_REJECTED);
            }
        }

        /**
         * On the timer's thread. If an answer has come and got no further, for want of stack or memory where it was
         * given, it goes on from here; and so it does if the permit that it waits for is owed, and nobody has come.
         */
        @Override
        protected void fire() {
            if (gate.owesNothing()) {
                timeIsUp();
            } else {
                hop.toOwnExecutor().run(this::giveBackOwed, ThreadHandoff.NEVER_REJECTED);
            }
        }

        private void giveBackOwed() {
            gate.giveBackOwed();
            timeIsUp();
        }

        private void timeIsUp() {
            if (giveUp()) {
                hop.toOwnExecutor().run(this::expired, ThreadHandoff.NEVER_REJECTED);
            } else if (heldBy == this || heldBy == LET_IN) {
                answered();
            }
        }

        private void expired() {
            try {
                long permit = gate.endWaiting(this, gate.time().nanoTime());
                if (permit < 0) {
                    rejected(gate.rejected(permit, context, TimeSource.UNREAD));
                } else {
                    letIn(permit);
                }
            } catch (Throwable broken) {
                fail(broken);
            }
        }

        private void rejected(Rejection rejection) {
            if (HELD_BY.compareAndSet(AsyncGateCall.this, this, ENDED)) {
                forgetTimers();
                if (rejection == rejection()) {
                    gate.noteRejection(rejection, context);
                }
                fail(rejection.toException());
            }
        }

        /** The call has a permit, and goes on elsewhere. */
        private void letIn(long permit) {
            entry.permit = permit;
            if (HELD_BY.compareAndSet(AsyncGateCall.this, this, LET_IN)) {
                handOver();
            } else if (HELD_BY.compareAndSet(AsyncGateCall.this, ABANDONED, ENDED)) {
                endUnusedByCaller();
            }
        }

        /** If this is done once more because it has thrown, only the first to arrive begins the call. */
        private void handOver() {
            hop.run(this::proceed, this::turnedAway);
            watchDeadline();
        }

        /** An executor may drop what it was given. With a deadline, the call ends all the same. */
        private void watchDeadline() {
            long remaining = context.remainingNanos(gate.time(), TimeSource.UNREAD);
            if (remaining < Nanos.FOREVER) {
                TimedTask task = new Overdue();
                overdue = task;
                gate.time().arm(task, Math.max(0, remaining));
                if (heldBy != LET_IN) {
                    task.cancel();
                }
            }
        }

        /** The caller has given up just as the gate let the call in: one of the two gives the permit back. */
        void giveBackIfAbandoned() {
            if (isGranted() && HELD_BY.compareAndSet(AsyncGateCall.this, ABANDONED, ENDED)) {
                entry.permit = permit();
                endUnusedByCaller();
            }
        }

        private void proceed() {
            boolean begins = HELD_BY.compareAndSet(AsyncGateCall.this, LET_IN, STARTING);
            forgetTimers();
            if (!begins) {
                return;
            }
            gate.noteBegin(this);
            CompletableFuture<T> stage;
            @Nullable Object[] place = CallContext.place();
            Object before = place[0];
            place[0] = context;
            try {
                entry.start = gate.startOf(TimeSource.UNREAD);
                stage = inner.proceedAsync(context, entry.start, body);
            } catch (Throwable broken) {
                stage = Stages.failed(broken);
            } finally {
                place[0] = before;
            }
            boolean abandoned = !HELD_BY.compareAndSet(AsyncGateCall.this, STARTING, stage);
            Stages.followOnAnyStack(stage, AsyncGateCall.this);
            if (abandoned) {
                AsyncGateCall.this.cancel(stage);
            }
        }

        private void turnedAway(Throwable notTaken) {
            endUnused(RejectionReason.EXECUTOR, notTaken);
        }

        private void endUnused(RejectionReason reason, @Nullable Throwable cause) {
            if (HELD_BY.compareAndSet(AsyncGateCall.this, LET_IN, ENDED)) {
                forgetTimers();
                giveBackUnused();
                Rejection rejection = gate.rejected(Gate.reject(reason), context, TimeSource.UNREAD);
                fail(cause == null ? rejection.toException() : new CallRejectedException(rejection, cause, false));
            }
        }

        void forgetTimers() {
            cancel();
            TimedTask task = overdue;
            if (task != null) {
                task.cancel();
            }
        }

        /** The deadline of a call that has a permit and whose executor has not begun it. */
        private final class Overdue extends TimedTask {

            @Override
            protected void fire() {
                hop.toOwnExecutor().run(() -> endUnused(RejectionReason.DEADLINE, null), ThreadHandoff.NEVER_REJECTED);
            }
        }
    }
}
