package dev.mainstay;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call that waits to be let in by a gate: it holds no thread, and goes on on one of ours once it is
 * answered. {@link AsyncGateCall} draws the states; this class takes the call from the line to where it is in progress.
 */
final class AsyncGateWait<T extends @Nullable Object> extends Waiter {

    private final AsyncGateCall<T> call;
    private final EnteredGate entry;
    private final Gate gate;
    private final Chain inner;
    private final AsyncCallBody<? extends T> body;
    private final ThreadHandoff handoff;
    private volatile @Nullable TimedTask overdue;

    AsyncGateWait(
            AsyncGateCall<T> call,
            CallContext context,
            Chain inner,
            AsyncCallBody<? extends T> body,
            ThreadHandoff handoff) {
        super(context, call.entry.gate, null);
        this.call = call;
        this.entry = call.entry;
        this.gate = call.entry.gate;
        this.inner = inner;
        this.body = body;
        this.handoff = handoff;
    }

    /** The caller gives up. */
    void leave() {
        if (giveUp()) {
            cancel();
            gate.abandonWaiting(this);
            gate.noteRejection(gate.rejection(AsyncGateCall.CANCELLED, context(), TimeSource.UNREAD), context());
        }
    }

    @Override
    protected void answered() {
        if (isGranted()) {
            if (call.isAt(AsyncGateCall.LET_IN)) {
                handOver();
            } else {
                letIn(permit());
            }
            return;
        }
        Rejection rejection = rejection();
        if (rejection != null) {
            handoff.toOwnExecutor().run(() -> rejected(rejection), ThreadHandoff.NEVER_REJECTED);
        }
    }

    /**
     * On the timer's thread. If an answer has come and got no further, for want of stack or memory where it was
     * given, it goes on from here; and so it does if the permit that it waits for is owed, and nobody has come.
     */
    @Override
    protected void fire() {
        if (gate.owed.isEmpty()) {
            timeIsUp();
        } else {
            handoff.toOwnExecutor().run(this::giveBackOwed, ThreadHandoff.NEVER_REJECTED);
        }
    }

    private void giveBackOwed() {
        gate.giveBackOwed();
        timeIsUp();
    }

    private void timeIsUp() {
        if (giveUp()) {
            handoff.toOwnExecutor().run(this::expired, ThreadHandoff.NEVER_REJECTED);
        } else if (call.isAt(this) || call.isAt(AsyncGateCall.LET_IN)) {
            answered();
        }
    }

    private void expired() {
        try {
            long permit = gate.endWaiting(this, gate.timeSource().nanoTime());
            if (permit < 0) {
                rejected(gate.rejected(permit, context(), TimeSource.UNREAD));
            } else {
                letIn(permit);
            }
        } catch (Throwable broken) {
            call.endUnbegun(broken);
        }
    }

    private void rejected(Rejection rejection) {
        if (call.move(this, AsyncGateCall.ENDED)) {
            forgetTimers();
            if (rejection == rejection()) {
                gate.noteRejection(rejection, context());
            }
            call.endUnbegun(rejection.toException());
        }
    }

    /** The call has a permit, and goes on elsewhere. */
    private void letIn(long permit) {
        entry.permit = permit;
        if (call.move(this, AsyncGateCall.LET_IN)) {
            handOver();
        } else if (call.move(AsyncGateCall.ABANDONED, AsyncGateCall.ENDED)) {
            call.endUnusedByCaller();
        }
    }

    /** If this is done once more because it has thrown, only the first to arrive begins the call. */
    private void handOver() {
        handoff.run(this::proceed, this::turnedAway);
        watchDeadline();
    }

    /** An executor may drop what it was given. With a deadline, the call ends all the same. */
    private void watchDeadline() {
        long remaining = context().remainingNanos(gate.timeSource(), TimeSource.UNREAD);
        if (remaining < Nanos.FOREVER) {
            TimedTask task = new Overdue();
            overdue = task;
            gate.timeSource().arm(task, Math.max(0, remaining));
            if (!call.isAt(AsyncGateCall.LET_IN)) {
                task.cancel();
            }
        }
    }

    /** The caller has given up just as the gate let the call in: one of the two gives the permit back. */
    void giveBackIfAbandoned() {
        if (isGranted() && call.move(AsyncGateCall.ABANDONED, AsyncGateCall.ENDED)) {
            entry.permit = permit();
            call.endUnusedByCaller();
        }
    }

    private void proceed() {
        boolean begins = call.move(AsyncGateCall.LET_IN, AsyncGateCall.STARTING);
        forgetTimers();
        if (!begins) {
            return;
        }
        gate.noteBegin(this);
        CallContext context = context();
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
        boolean abandoned = !call.move(AsyncGateCall.STARTING, stage);
        Stages.followOnAnyStack(stage, call);
        if (abandoned) {
            call.cancelStage(stage);
        }
    }

    private void turnedAway(Throwable notTaken) {
        endUnused(RejectionReason.EXECUTOR, notTaken);
    }

    private void endUnused(RejectionReason reason, @Nullable Throwable cause) {
        if (call.move(AsyncGateCall.LET_IN, AsyncGateCall.ENDED)) {
            forgetTimers();
            call.giveBackUnused();
            Rejection rejection = gate.rejected(Gate.reject(reason), context(), TimeSource.UNREAD);
            call.endUnbegun(
                    cause == null ? rejection.toException() : new CallRejectedException(rejection, cause, false));
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
            handoff.toOwnExecutor().run(() -> endUnused(RejectionReason.DEADLINE, null), ThreadHandoff.NEVER_REJECTED);
        }
    }
}
