package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.future.CallFuture;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * A permit that is waited for without a thread: its caller stands in the gate's line, and gets the permit by a future.
 *
 * <pre>
 *  in line ──granted, rejected, expired──▶ answered ──on our thread──▶ complete
 *     └──────────────cancelled───────────────┴───────────────────────▶ cancelled
 * </pre>
 *
 * <p>Who takes over the answer, by one compare-and-set, either hands it to the caller or, after a cancel, gives the
 * permit back. A future that was cancelled just before it is completed gives the permit back, too.
 */
final class PermitFuture extends CallFuture<Permit> {

    private static final long CANCELLED = Gate.reject(RejectionReason.CANCELLED);

    private static final AtomicIntegerFieldUpdater<PermitFuture> TAKEN_OVER =
            AtomicIntegerFieldUpdater.newUpdater(PermitFuture.class, "takenOver");

    private final Gate gate;
    private final CallContext context;
    private final Permit permit;
    private final InLine waiter;
    private final ThreadHandoff hop;

    /** One when somebody sees to the answer. Written through {@link #TAKEN_OVER}. */
    @SuppressWarnings("UnusedVariable")
    private volatile int takenOver;

    /** @param permit what the caller gets when the gate has let it in */
    PermitFuture(Gate gate, CallContext context, Permit permit) {
        super(gate.timeSource());
        this.gate = gate;
        this.context = context;
        this.permit = permit;
        this.waiter = new InLine();
        this.hop = ThreadHandoff.of(gate.timeSource());
    }

    /** Joins the line. Gives another future, which has failed, if there is no place in it. */
    CompletableFuture<Permit> queue(long now) {
        // Once it stands in line, a full stack could leave a waiter there whose caller has no future.
        StackReserve.check();
        TimeSource time = gate.timeSource();
        try {
            long begun = now == TimeSource.UNREAD ? time.nanoTime() : now;
            long allowed = gate.startWaiting(waiter, context, begun);
            if (allowed < 0) {
                return Stages.failed(gate.rejected(allowed, context, begun).toException());
            }
            if (waiter.isWaiting()) {
                time.arm(waiter, allowed);
                if (takenOver != 0) {
                    waiter.cancel();
                }
            }
            return this;
        } catch (Throwable broken) {
            leave();
            return Stages.failed(broken);
        }
    }

    private boolean takeOver() {
        return TAKEN_OVER.compareAndSet(this, 0, 1);
    }

    /** The caller gives up: it leaves the line, or gives back what it was given there. */
    private void leave() {
        if (waiter.giveUpNow()) {
            waiter.cancel();
            gate.abandonWaiting(waiter);
            gate.noteRejection(gate.rejection(CANCELLED, context, TimeSource.UNREAD), context);
        } else if (waiter.wasGranted() && takeOver()) {
            waiter.cancel();
            permit.permit = waiter.granted();
            permit.close();
        }
    }

    @Override
    protected void abandoned() {
        leave();
    }

    /** The permit came when the caller had given up. */
    @Override
    protected void discarded(Permit permit) {
        permit.close();
    }

    private void complete(long granted) {
        try {
            permit.letIn(granted);
        } catch (Throwable broken) {
            fail(broken);
            return;
        }
        succeed(permit);
    }

    /** The caller's place in line. */
    private final class InLine extends Waiter {

        InLine() {
            super(PermitFuture.this.context);
        }

        boolean giveUpNow() {
            return giveUp();
        }

        boolean wasGranted() {
            return isGranted();
        }

        long granted() {
            return permit();
        }

        /** On the thread of whoever has answered. */
        @Override
        protected void answered() {
            ThreadHandoff way = isGranted() ? hop : hop.toOwnExecutor();
            way.run(this::handOver, ThreadHandoff.NEVER_REJECTED);
        }

        private void handOver() {
            // Once it is taken over, it must get to the caller.
            StackReserve.check();
            if (!takeOver()) {
                return;
            }
            cancel();
            Rejection rejection = rejection();
            if (rejection == null) {
                complete(permit());
            } else {
                gate.noteRejection(rejection, context());
                fail(rejection.toException());
            }
        }

        /** On the timer's thread. An answer that has got no further, for want of stack or memory, goes on from here. */
        @Override
        protected void fire() {
            if (gate.owed.isEmpty()) {
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
            } else if (takenOver == 0 && (isGranted() || rejection() != null)) {
                answered();
            }
        }

        private void expired() {
            try {
                long granted = gate.endWaiting(this, gate.timeSource().nanoTime());
                if (granted < 0) {
                    fail(gate.rejected(granted, context(), TimeSource.UNREAD).toException());
                } else {
                    complete(granted);
                }
            } catch (Throwable broken) {
                fail(broken);
            }
        }
    }
}
