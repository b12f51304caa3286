package dev.mainstay;

import dev.mainstay.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** One asynchronous call inside a gate: first perhaps in line, then in progress. */
final class GateCall<T extends @Nullable Object> extends CallFuture<T> implements BiConsumer<T, @Nullable Throwable> {

    /** What a call that was abandoned is held up by from then on: nothing. */
    private static final Object ABANDONED = new Object();

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<GateCall, @Nullable Object> HELD_BY =
            AtomicReferenceFieldUpdater.newUpdater(GateCall.class, Object.class, "heldBy");

    private final Gate gate;
    private final Classifier classifier;
    private final CallContext context;

    /** What a cancel must reach: the waiter in line, or the stage in progress; null before either, and {@link #ABANDONED} after the cancel. */
    @SuppressWarnings("UnusedVariable")
    private volatile @Nullable Object heldBy;

    private long permit;
    private long start;

    GateCall(Gate gate, Classifier classifier, CallContext context) {
        this.gate = gate;
        this.classifier = classifier;
        this.context = context;
    }

    /** The call was let in, and its stage is not complete yet. */
    CallFuture<T> follow(CompletableFuture<T> stage, long permit, long start) {
        this.permit = permit;
        this.start = start;
        if (!HELD_BY.compareAndSet(this, null, stage)) {
            stage.cancel(true);
        }
        stage.whenComplete(this);
        return this;
    }

    /** The call has to wait before it is let in. */
    CompletableFuture<T> queue(Chain inner, AsyncBody<? extends T> body, long now) {
        TimeSource time = gate.time();
        long begun = now == TimeSource.UNREAD ? time.nanoTime() : now;
        InLine waiter = new InLine(inner, body, inner.hop(time));
        heldBy = waiter;
        long allowed = gate.startWaiting(waiter, context, begun);
        if (allowed < 0) {
            return Stages.failed(gate.refuse(Gate.reasonOf(allowed), context, begun));
        }
        if (waiter.isWaiting()) {
            try {
                time.arm(waiter, allowed);
            } catch (Throwable noTimer) {
                waiter.leave();
                return Stages.failed(noTimer);
            }
            if (!waiter.isWaiting()) {
                waiter.cancel();
            }
        }
        return this;
    }

    @Override
    public void accept(T result, @Nullable Throwable thrown) {
        if (thrown == null) {
            gate.succeed(gate.standingAs(permit), permit, start, context, classifier, result);
            succeed(result);
        } else {
            Throwable failure = Stages.unwrap(thrown);
            gate.end(permit, start, context, classifier.ofFailure(context, failure), null, failure);
            fail(failure);
        }
    }

    @Override
    @SuppressWarnings("unchecked")
    protected void abandoned() {
        Object held = HELD_BY.getAndSet(this, ABANDONED);
        if (held instanceof GateCall<?>.InLine waiter) {
            waiter.leave();
        } else if (held instanceof CompletableFuture<?> stage) {
            stage.cancel(true);
        }
    }

    /** The call's place in line. */
    private final class InLine extends Waiter {

        private final Chain inner;
        private final AsyncBody<? extends T> body;
        private final Hop hop;

        InLine(Chain inner, AsyncBody<? extends T> body, Hop hop) {
            super(GateCall.this.context, null);
            this.inner = inner;
            this.body = body;
            this.hop = hop;
        }

        void leave() {
            if (giveUp()) {
                cancel();
                gate.abandonWaiting(this);
                gate.noteRefusal(RejectionReason.CANCELLED, context);
            }
        }

        @Override
        protected void granted() {
            cancel();
            hop.run(() -> proceed(permit()), refused -> turnedAway(permit(), refused));
        }

        @Override
        protected void fire() {
            if (!giveUp()) {
                return;
            }
            long end = gate.endWaiting(this);
            if (end < 0) {
                RejectionReason reason = Gate.reasonOf(end);
                Runnable fail =
                        () -> fail(gate.refuse(reason, context, gate.time().nanoTime()));
                hop.run(fail, ignored -> fail.run());
            } else {
                hop.run(() -> proceed(end), refused -> turnedAway(end, refused));
            }
        }

        private void proceed(long permit) {
            long start = gate.startOf(TimeSource.UNREAD);
            if (!HELD_BY.compareAndSet(GateCall.this, this, null)) {
                gate.end(permit, start, context, Verdict.IGNORED, null, null);
                return;
            }
            CallContext before = context.bind();
            CompletableFuture<T> stage;
            try {
                stage = inner.proceedAsync(context, start, body);
            } finally {
                CallContext.restore(before);
            }
            follow(stage, permit, start);
        }

        private void turnedAway(long permit, Throwable refused) {
            gate.exit(permit, TimeSource.UNREAD, Verdict.IGNORED, context, null, null);
            gate.noteCallRefused(RejectionReason.EXECUTOR, context);
            fail(new CallRejectedException(gate.name(), RejectionReason.EXECUTOR, -1, refused, false));
        }
    }
}
