package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.Require;
import org.jspecify.annotations.Nullable;

/**
 * The right to make one call, for integrations that cannot hand a gate the call itself (reactive operators,
 * interceptors). Its holder says once how the call ended; the first word counts, and all others do nothing. Safe for
 * use by many threads.
 */
public final class Permit implements AutoCloseable {

    private final Gate gate;
    private final CallContext context;
    private final Classifier classifier;

    /** Written by the gate when it has let the call in, without a call in which the permit could be lost. */
    long permit;

    long start;

    /** Whether its holder has said a word. Guarded by the gate's monitor. */
    private boolean used;

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

    /**
     * {@link #release()}, for try-with-resources. Gives the permit back even where the stack has no room for that, at
     * the latest by the next call.
     */
    @Override
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    public void close() {
        try {
            release();
        } catch (Throwable noRoom) {
            try {
                synchronized (gate.owing) {
                    if (!used) {
                        used = true;
                        if (gate.owed == 0 || gate.owedPermit == permit) {
                            gate.owedPermit = permit;
                            gate.owed++;
                        }
                    }
                }
            } catch (Throwable noRoomToLock) {
                if (!used) {
                    used = true;
                    gate.strayPermit = permit;
                    gate.strays = gate.strays + 1;
                }
            }
        }
    }

    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void end(@Nullable Object result, @Nullable Throwable failure, @Nullable Verdict verdict) {
        synchronized (gate.owing) {
            if (used) {
                return;
            }
            used = true;
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
            try {
                synchronized (gate.owing) {
                    if (gate.owed == 0 || gate.owedPermit == permit) {
                        gate.owedPermit = permit;
                        gate.owed++;
                    }
                }
            } catch (Throwable noRoomToLock) {
                gate.strayPermit = permit;
                gate.strays = gate.strays + 1;
            }
        }
    }
}
