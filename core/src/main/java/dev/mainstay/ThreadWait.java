package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.TimeUnit;

/**
 * A synchronous call that waits to be let in by a gate: its thread parks until it is answered, its time is up, or it is
 * interrupted.
 */
final class ThreadWait extends Waiter {

    /**
     * After how long a thread looks again for the first time, and then each time that it has waited twice as long. A
     * full stack elsewhere can leave a permit owed, or an answer without its wake-up, while nobody else comes.
     */
    private static final long LOOK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Gate gate;

    /** A wait that has not begun, of the current thread. */
    ThreadWait(Gate gate, CallContext context) {
        super(context, gate, Thread.currentThread());
        this.gate = gate;
    }

    /**
     * Waits, if a call that the gate has rejected may.
     *
     * @return the permit
     * @throws CallRejectedException if it may not, or has none in the end
     */
    static long enterOrThrow(Gate gate, long code, CallContext context, long now) {
        if (!gate.mayWait(code, context)) {
            throw RejectedByGate.of(gate, code, context, now);
        }
        ThreadWait wait = new ThreadWait(gate, context.orInherited());
        long permit = wait.enter(now);
        if (permit < 0) {
            throw wait.rejected(permit).toException();
        }
        return permit;
    }

    /** Waits. Returns a permit, or a code for {@link #rejected}. */
    long enter(long now) {
        // Once it stands in line, a full stack could leave a call there whose thread is gone.
        StackReserve.check();
        long begun = now == TimeSource.UNREAD ? gate.timeSource().nanoTime() : now;
        boolean decided = false;
        try {
            long allowed = gate.startWaiting(this, context(), begun);
            long permit = allowed < 0 ? allowed : park(begun, allowed);
            decided = true;
            if (permit >= 0) {
                gate.noteBegin(this);
            }
            return permit;
        } finally {
            if (!decided) {
                leave();
            }
        }
    }

    /** What the call is told that was not let in, by the gate in its own words if it has rejected it in line. */
    Rejection rejected(long code) {
        Rejection inLine = rejection();
        if (inLine == null) {
            return gate.rejected(code, context(), TimeSource.UNREAD);
        }
        gate.noteRejection(inLine, context());
        return inLine;
    }

    private long park(long begun, long allowed) {
        TimeSource time = gate.timeSource();
        while (isWaiting()) {
            if (Thread.interrupted()) {
                boolean gaveUp = giveUp();
                Thread.currentThread().interrupt();
                if (gaveUp) {
                    gate.abandonWaiting(this);
                    return Gate.reject(RejectionReason.INTERRUPTED);
                }
                break;
            }
            gate.giveBackOwed();
            gate.serveWaiting();
            long now = time.nanoTime();
            long left = allowed - (now - begun);
            if (left <= 0) {
                if (giveUp()) {
                    return gate.endWaiting(this, now);
                }
                break;
            }
            if (isWaiting()) {
                time.parkNanos(gate, Math.min(left, Math.max(now - begun, LOOK_AGAIN_NANOS)));
            }
        }
        return isGranted() ? permit() : Gate.reject(RejectionReason.OTHER);
    }

    /**
     * Something went wrong while waiting that is none of the gate's doing, such as a clock that throws: neither a place
     * in line nor a permit may be lost by it.
     */
    private void leave() {
        if (giveUp()) {
            gate.abandonWaiting(this);
        } else if (isGranted()) {
            long ignored = GateExit.giveBack(gate, permit(), TimeSource.UNREAD, context(), Verdict.IGNORED, null, null);
        }
    }
}
