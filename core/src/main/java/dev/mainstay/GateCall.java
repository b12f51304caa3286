package dev.mainstay;

import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimerTask;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One asynchronous call inside a gate: first perhaps in line, then in progress.
 *
 * <pre>
 *  in line (its waiter) ──let in──▶ LET_IN ──on its thread──▶ STARTING ──▶ in progress (its stage) ──complete──▶ ENDED
 *          │                          │                          │                │
 *          └── cancelled ──▶ ENDED ◀──┘                          └── cancelled ───┴─▶ ABANDONED, and ENDED when its stage is complete
 * </pre>
 *
 * Who takes it to ENDED gives the permit back, if there is one. That is mostly the stage's callback. But the JDK drops
 * callbacks on a full stack, and an executor may drop what it was given: so a cancel, which is also what a time limit
 * further out does, looks whether the stage is complete or the call was never begun, and then ends it.
 */
final class GateCall<T extends @Nullable Object> extends CallFuture<T> implements BiConsumer<T, @Nullable Throwable> {

    private static final long CANCELLED = Gate.reject(RejectionReason.CANCELLED);
    private static final Object LET_IN = new Object();
    private static final Object STARTING = new Object();
    private static final Object ABANDONED = new Object();
    private static final Object ENDED = new Object();

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<GateCall, Object> HELD_BY =
            AtomicReferenceFieldUpdater.newUpdater(GateCall.class, Object.class, "heldBy");

    private final Gate gate;
    private final Classifier classifier;
    private final CallContext context;

    /** What a cancel must reach: the waiter in line, or the stage in progress; or one of the constants. */
    private volatile Object heldBy = STARTING;

    private long permit;
    private long start;

    GateCall(Gate gate, Classifier classifier, CallContext context) {
        super(gate.time());
        this.gate = gate;
        this.classifier = classifier;
        this.context = context;
    }

    /** The call was let in at once, and its stage is not complete yet. Nobody else knows of this call. */
    CallFuture<T> follow(CompletableFuture<T> stage, long permit, long start) {
        this.permit = permit;
        this.start = start;
        HELD_BY.lazySet(this, stage);
        Stages.follow(stage, this);
        return this;
    }

    /** Whether the permit is this caller's to give back. */
    boolean claimEnd() {
        return HELD_BY.getAndSet(this, ENDED) != ENDED;
    }

    /** The call has to wait before it is let in. */
    CompletableFuture<T> queue(Chain inner, AsyncBody<? extends T> body, long now) {
        // Once it stands in line, a full stack could leave a call there whose caller has no future.
        StackReserve.check();
        TimeSource time = gate.time();
        long begun = now == TimeSource.UNREAD ? time.nanoTime() : now;
        InLine waiter = new InLine(inner, body, inner.hop(time));
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

    @Override
    public void accept(T result, @Nullable Throwable thrown) {
        if (claimEnd()) {
            end(result, thrown == null ? null : Stages.unwrap(thrown));
        }
    }

    /** Gives the permit back, then completes the future, and then tells listeners. */
    @LeafSection
    private void end(T result, @Nullable Throwable failure) {
        Verdict verdict = Verdict.SUCCESS;
        long now = TimeSource.UNREAD;
        try {
            if (failure != null) {
                verdict = classifier.ofFailure(context, failure);
                now = gate.giveBack(permit, start, context, verdict, null, failure);
            } else if (!gate.isSettledBy(permit)) {
                verdict = classifier.ofResult(context, result);
                now = gate.giveBack(permit, start, context, verdict, result, null);
            }
        } catch (Throwable noRoom) {
            synchronized (gate.owing) {
                if (gate.owed == 0 || gate.owedPermit == permit) {
                    gate.owedPermit = permit;
                    gate.owed++;
                }
            }
        }
        if (failure == null) {
            succeed(result);
        } else {
            fail(failure);
        }
        gate.tellEnded(start, now, context, verdict);
    }

    /** Gives the permit of a call back that was not begun. */
    @LeafSection
    private void giveBackUnused() {
        try {
            gate.end(permit, TimeSource.UNREAD, context, Verdict.IGNORED, null, null);
        } catch (Throwable noRoom) {
            synchronized (gate.owing) {
                if (gate.owed == 0 || gate.owedPermit == permit) {
                    gate.owedPermit = permit;
                    gate.owed++;
                }
            }
        }
    }

    @Override
    @SuppressWarnings("unchecked")
    protected void abandoned() {
        Object held = heldBy;
        if (held instanceof GateCall<?>.InLine waiter) {
            waiter.leave();
            if (HELD_BY.compareAndSet(this, waiter, ABANDONED)) {
                waiter.giveBackIfAbandoned();
                waiter.forgetTimers();
                return;
            }
            held = heldBy;
        }
        if (held == LET_IN) {
            if (HELD_BY.compareAndSet(this, LET_IN, ENDED)) {
                giveBackUnused();
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
        stage.cancel(true);
        if (stage.isDone() && claimEnd()) {
            Throwable failure = Stages.failureOf(stage);
            end(failure == null ? stage.join() : null, failure);
        }
    }

    /** The call's place in line. */
    private final class InLine extends Waiter {

        private final Chain inner;
        private final AsyncBody<? extends T> body;
        private final Hop hop;
        private volatile @Nullable TimerTask overdue;

        InLine(Chain inner, AsyncBody<? extends T> body, Hop hop) {
            super(GateCall.this.context, null);
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
                letIn(permit());
                return;
            }
            Rejection rejection = rejection();
            if (rejection != null) {
                hop.toOwnExecutor().run(() -> rejected(rejection), Hop.NEVER_REJECTED);
            }
        }

        /**
         * On the timer's thread. If an answer has come and got no further, for want of stack or memory where it was
         * given, it goes on from here; and so it does if the permit that it waits for is owed, and nobody has come.
         */
        @Override
        protected void fire() {
            if (gate.owed == 0) {
                timeIsUp();
            } else {
                hop.toOwnExecutor().run(this::giveBackOwed, Hop.NEVER_REJECTED);
            }
        }

        private void giveBackOwed() {
            gate.giveBackOwed();
            timeIsUp();
        }

        private void timeIsUp() {
            if (giveUp()) {
                hop.toOwnExecutor().run(this::expired, Hop.NEVER_REJECTED);
            } else if (heldBy == this) {
                answered();
            } else if (heldBy == LET_IN) {
                hop.run(this::proceed, this::turnedAway);
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
            if (HELD_BY.compareAndSet(GateCall.this, this, ENDED)) {
                forgetTimers();
                if (rejection == rejection()) {
                    gate.noteRejection(rejection, context);
                }
                fail(rejection.toException());
            }
        }

        /** The call has a permit, and goes on elsewhere. */
        private void letIn(long permit) {
            GateCall.this.permit = permit;
            if (HELD_BY.compareAndSet(GateCall.this, this, LET_IN)) {
                hop.run(this::proceed, this::turnedAway);
                watchDeadline();
            } else if (HELD_BY.compareAndSet(GateCall.this, ABANDONED, ENDED)) {
                giveBackUnused();
            }
        }

        /** An executor may drop what it was given. With a deadline, the call ends all the same. */
        private void watchDeadline() {
            long remaining = context.remainingNanos(gate.time(), TimeSource.UNREAD);
            if (remaining < Nanos.FOREVER) {
                TimerTask task = new Overdue();
                overdue = task;
                gate.time().arm(task, Math.max(0, remaining));
                if (heldBy != LET_IN) {
                    task.cancel();
                }
            }
        }

        /** The caller has given up just as the gate let the call in: one of the two gives the permit back. */
        void giveBackIfAbandoned() {
            if (isGranted() && HELD_BY.compareAndSet(GateCall.this, ABANDONED, ENDED)) {
                GateCall.this.permit = permit();
                giveBackUnused();
            }
        }

        private void proceed() {
            boolean begins = HELD_BY.compareAndSet(GateCall.this, LET_IN, STARTING);
            forgetTimers();
            if (!begins) {
                return;
            }
            CompletableFuture<T> stage;
            @Nullable Object[] place = CallContext.place();
            Object before = place[0];
            place[0] = context;
            try {
                start = gate.startOf(TimeSource.UNREAD);
                stage = inner.proceedAsync(context, start, body);
            } catch (Throwable broken) {
                stage = Stages.failed(broken);
            } finally {
                place[0] = before;
            }
            boolean abandoned = !HELD_BY.compareAndSet(GateCall.this, STARTING, stage);
            Stages.follow(stage, GateCall.this);
            if (abandoned) {
                GateCall.this.cancel(stage);
            }
        }

        private void turnedAway(Throwable notTaken) {
            endUnused(RejectionReason.EXECUTOR, notTaken);
        }

        private void endUnused(RejectionReason reason, @Nullable Throwable cause) {
            if (HELD_BY.compareAndSet(GateCall.this, LET_IN, ENDED)) {
                forgetTimers();
                giveBackUnused();
                Rejection rejection = gate.rejected(Gate.reject(reason), context, TimeSource.UNREAD);
                fail(cause == null ? rejection.toException() : new CallRejectedException(rejection, cause, false));
            }
        }

        void forgetTimers() {
            cancel();
            TimerTask task = overdue;
            if (task != null) {
                task.cancel();
            }
        }

        /** The deadline of a call that has a permit and whose executor has not begun it. */
        private final class Overdue extends TimerTask {

            @Override
            protected void fire() {
                hop.toOwnExecutor().run(() -> endUnused(RejectionReason.DEADLINE, null), Hop.NEVER_REJECTED);
            }
        }
    }
}
