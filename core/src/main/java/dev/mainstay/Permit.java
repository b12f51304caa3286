package dev.mainstay;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * The right to make one call, for integrations that cannot hand a gate the call itself (reactive operators, interceptors). Its holder says once how the call
 * ended; the first word counts, and all others do nothing. Safe for use by many threads.
 */
public final class Permit implements AutoCloseable {

    private static final AtomicIntegerFieldUpdater<Permit> USED =
            AtomicIntegerFieldUpdater.newUpdater(Permit.class, "used");

    private final Gate gate;
    private final CallContext context;
    private final Classifier classifier;
    private final long permit;
    private final long start;
    /** Written through {@link #USED}. */
    @SuppressWarnings("UnusedVariable")
    private volatile int used;

    Permit(Gate gate, CallContext context, Classifier classifier, long permit, long start) {
        this.gate = gate;
        this.context = context;
        this.classifier = classifier;
        this.permit = permit;
        this.start = start;
    }

    /** The call gave this result, which the gate's classifier judges. */
    public void success(@Nullable Object result) {
        if (claim()) {
            gate.succeed(gate.standingAs(permit), permit, start, context, classifier, result);
        }
    }

    /** The call failed, which the gate's classifier judges. */
    public void failure(Throwable failure) {
        Require.present("failure", failure);
        if (claim()) {
            Throwable unwrapped = Stages.unwrap(failure);
            gate.end(permit, start, context, classifier.ofFailure(context, unwrapped), null, unwrapped);
        }
    }

    /** The call was not made, or its end says nothing: the permit goes back and nothing is counted. */
    public void release() {
        if (claim()) {
            gate.end(permit, start, context, Verdict.IGNORED, null, null);
        }
    }

    /** {@link #release()}, for try-with-resources. */
    @Override
    public void close() {
        release();
    }

    private boolean claim() {
        return USED.compareAndSet(this, 0, 1);
    }
}
