package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * A gate that an asynchronous call has entered, and what it gave the call. Used by one thread at a time: by the one
 * that begins the call, and then by the one that ends it.
 */
final class EnteredGate {

    final Gate gate;
    final Classifier classifier;
    long permit;
    long start;

    /** The gate around this one that ends with it, if there is one. */
    @Nullable
    EnteredGate outer;

    /** Whether the permit is given back, or owed. Written without a call in which that could be lost. */
    boolean over;

    /** How the call ended here and when, for listeners. */
    private Verdict verdict = Verdict.SUCCESS;

    private long ended = TimeSource.UNREAD;

    EnteredGate(Gate gate, Classifier classifier, long permit, long start) {
        this.gate = gate;
        this.classifier = classifier;
        this.permit = permit;
        this.start = start;
    }

    /**
     * Gives the permit of a call back that has ended, or sees to it that this is done later. Throws only if it has not,
     * for want of stack or memory.
     */
    void giveBack(CallContext context, @Nullable Object result, @Nullable Throwable failure) {
        if (failure != null) {
            if (GateExit.endsLater(gate, permit, start, context, classifier, failure)) {
                return;
            }
            verdict = classifier.ofFailure(context, failure);
            ended = GateExit.giveBack(gate, permit, start, context, verdict, null, failure);
        } else if (!GateExit.isSettledBy(gate, permit)) {
            verdict = classifier.ofResult(context, result);
            ended = GateExit.giveBack(gate, permit, start, context, verdict, result, null);
        }
    }

    void tellEnded(CallContext context) {
        GateExit.tellEnded(gate, start, ended, context, verdict);
    }
}
