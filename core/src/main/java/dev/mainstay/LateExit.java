package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.LateExits;

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
    protected void run() {
        gate.endLate(this);
    }
}
