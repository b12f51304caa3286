package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.LateExits;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.LeafSection;

/** A gate's part in the end of a call whose body runs on, on another thread, after its caller was released. */
final class LateExit extends LateExits.Exit {

    final Gate gate;
    final long permit;
    final long start;
    final CallContext context;
    final Classifier classifier;
    final Throwable failure;

    LateExit(Gate gate, long permit, long start, CallContext context, Classifier classifier, Throwable failure) {
        this.gate = gate;
        this.permit = permit;
        this.start = start;
        this.context = context;
        this.classifier = classifier;
        this.failure = failure;
    }

    @Override
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    protected void run() {
        try {
            Verdict verdict = classifier.ofFailure(context, failure);
            GateExit.end(gate, permit, start, context, verdict, null, failure);
        } catch (Throwable noRoom) {
            OwedPermits owed = gate.owed;
            try {
                synchronized (owed) {
                    if (owed.count == 0 || owed.permit == permit) {
                        owed.permit = permit;
                        owed.count++;
                    }
                }
            } catch (Throwable noRoomToLock) {
                owed.stray = permit;
                owed.strays = owed.strays + 1;
            }
        }
    }
}
