package dev.mainstay;

import org.jspecify.annotations.Nullable;

/** A gate's part in the end of a call whose body runs on, on another thread, after its caller was released. */
final class LateExit {

    final Gate gate;
    final long permit;
    final long start;
    final CallContext context;
    final Classifier classifier;
    final Throwable failure;

    /** The next in the list of the same work, which guards it. */
    @Nullable
    LateExit next;

    LateExit(Gate gate, long permit, long start, CallContext context, Classifier classifier, Throwable failure) {
        this.gate = gate;
        this.permit = permit;
        this.start = start;
        this.context = context;
        this.classifier = classifier;
        this.failure = failure;
    }

    void run() {
        gate.endLate(this);
    }
}
