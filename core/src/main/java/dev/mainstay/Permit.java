package dev.mainstay;

import dev.mainstay.safe.LeafSection;
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

    /** Written by the gate when it has let the call in, without a call in which the permit could be lost. */
    long permit;

    long start;

    /** Written through {@link #USED}. */
    @SuppressWarnings("UnusedVariable")
    private volatile int used;

    Permit(Gate gate, CallContext context, Classifier classifier) {
        this.gate = gate;
        this.context = context;
        this.classifier = classifier;
    }

    /** The call gave this result, which the gate's classifier judges. */
    public void success(@Nullable Object result) {
        end(result, null, null);
    }

    /** The call failed, which the gate's classifier judges. */
    public void failure(Throwable failure) {
        end(null, Stages.unwrap(Require.present("failure", failure)), null);
    }

    /** The call was not made, or its end says nothing: the permit goes back and nothing is counted. */
    public void release() {
        end(null, null, Verdict.IGNORED);
    }

    /** {@link #release()}, for try-with-resources. */
    @Override
    public void close() {
        release();
    }

    @LeafSection
    private void end(@Nullable Object result, @Nullable Throwable failure, @Nullable Verdict verdict) {
        if (!USED.compareAndSet(this, 0, 1)) {
            return;
        }
        try {
            if (verdict != null) {
                gate.end(permit, start, context, verdict, null, null);
            } else if (failure != null) {
                gate.fail(permit, start, context, classifier, failure);
            } else if (!gate.isSettledBy(permit)) {
                gate.end(permit, start, context, classifier.ofResult(context, result), result, null);
            }
        } catch (Throwable noRoom) {
            synchronized (gate.owing) {
                if (gate.owed == 0 || gate.owedPermit == permit) {
                    gate.owedPermit = permit;
                    gate.owed++;
                }
            }
        }
    }
}
