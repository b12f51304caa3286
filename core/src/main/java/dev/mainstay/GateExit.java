package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.LateExits;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * How calls end at a gate, synchronous or not: the classifier judges, the permit goes back, and then listeners are
 * told.
 */
final class GateExit {

    /*
     * Every end of every call goes through giveBack(…), exactly once; only a success by a quiet standing permit does
     * not, since it has nothing to give back. The classifier judges before that, and listeners are told after it. What
     * these two run of the user's throws nothing here.
     *
     * What is left is a stack or a heap that is full just then. Each method says whether the permit is given back if it
     * throws. If it is not, the caller notes it as owed, as OwedPermits explains, and the next call that enters gives
     * it back.
     *
     * A permit that comes back may let in a call that waits. If there is no room to wake that, it is noted as well, and
     * woken by the next call that enters, leaves or asks.
     */

    private GateExit() {}

    /**
     * Ends a call that gave a result.
     *
     * @param entered the standing permit that let the call in, or null
     */
    @SuppressWarnings("ReferenceEquality") // the gate may have published an equal permit since
    static void succeed(
            Gate gate,
            @Nullable StandingPermit entered,
            long permit,
            long start,
            CallContext context,
            Classifier classifier,
            @Nullable Object result) {
        if (entered != null && entered == gate.standing && entered.quiet().isQuiet()) {
            return;
        }
        // Before the permit is given back: what is thrown after that would give it back once more.
        if (gate.unseenResults > 0) {
            gate.unseenResults = StageWarning.look(gate.name(), result, gate.unseenResults);
        }
        end(gate, permit, start, context, classifier.ofResult(context, result), result, null);
    }

    /**
     * Ends a call that has failed; at the end of its body, if that goes on on another thread and the permit is held so
     * long.
     */
    static void fail(
            Gate gate, long permit, long start, CallContext context, Classifier classifier, Throwable failure) {
        if (!endsLater(gate, permit, start, context, classifier, failure)) {
            end(gate, permit, start, context, classifier.ofFailure(context, failure), null, failure);
        }
    }

    /** Whether a call that has failed ends here when what a time limit has left behind has ended. */
    static boolean endsLater(
            Gate gate, long permit, long start, CallContext context, Classifier classifier, Throwable failure) {
        if (failure instanceof CallTimeoutException timeout && gate.holdsPermitUntilBodyEnds()) {
            LateExits unfinished = LateExits.leftBy(timeout);
            return unfinished != null
                    && unfinished.add(new LateExit(gate, permit, start, context, classifier, failure));
        }
        return false;
    }

    /** Whether all is done for a call that has succeeded, if it entered by the standing permit. */
    static boolean isSettledBy(Gate gate, long permit) {
        StandingPermit standing = gate.standing;
        return standing != null
                && standing.permit() == permit
                && standing.quiet().isQuiet();
    }

    /** Gives a permit back, and tells listeners. Throws only if it has not given it back. */
    static void end(
            Gate gate,
            long permit,
            long start,
            CallContext context,
            Verdict verdict,
            @Nullable Object result,
            @Nullable Throwable failure) {
        long now = giveBack(gate, permit, start, context, verdict, result, failure);
        if (gate.listened) {
            try {
                tellEnded(gate, start, now, context, verdict);
            } catch (Throwable noRoom) {
                // The permit is back, and must not be owed as well.
            }
        }
    }

    /**
     * The one place where a call gives its permit back. Throws only if it has not.
     *
     * @return the time, for {@link #tellEnded}; {@link TimeSource#UNREAD} if nobody needed it
     */
    static long giveBack(
            Gate gate,
            long permit,
            long start,
            CallContext context,
            Verdict verdict,
            @Nullable Object result,
            @Nullable Throwable failure) {
        long now = gate.clockAtExit || gate.listened ? gate.timeSource().nanoTime() : TimeSource.UNREAD;
        gate.exit(permit, start, now, verdict, context, result, failure);
        if (gate.owed.unwoken != null) {
            try {
                gate.owed.wakeUnwoken();
            } catch (Throwable noRoom) {
                // The permit is back, and must not be owed as well.
            }
        }
        return now;
    }

    /** Throws only for want of stack or memory. */
    static void tellEnded(Gate gate, long start, long now, CallContext context, Verdict verdict) {
        if (gate.listened && now != TimeSource.UNREAD) {
            long duration = start == TimeSource.UNREAD ? 0 : now - start;
            gate.events().publish(new PolicyEvent.CallEnded(gate.name(), now, context, verdict, duration));
        }
    }
}
