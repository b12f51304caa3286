package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.Require;
import dev.mainstay.time.TimeSource;
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

    /** Written when the gate has let the call in, without a call in which the permit could be lost. */
    long permit;

    long start;

    /** Whether its holder has said a word. Guarded by the monitor of what the gate is owed. */
    private boolean used;

    Permit(Gate gate, CallContext context, Classifier classifier) {
        this.gate = gate;
        this.context = context;
        this.classifier = classifier;
    }

    /**
     * Enters the gate, if that is possible without waiting.
     *
     * @return the permit, zero or more, which this object then has; or the code of a rejection
     */
    long enter() {
        long now = gate.startOf(TimeSource.UNREAD);
        StandingPermit standing = gate.standing;
        long entered =
                standing != null ? standing.permit() : gate.withNothingOwed().tryEnter(context, now);
        permit = entered;
        start = now;
        return entered;
    }

    /** The gate has let the call in after a wait. If the clock throws, the permit goes back. */
    void letIn(long granted) {
        permit = granted;
        try {
            start = gate.startOf(TimeSource.UNREAD);
        } catch (Throwable broken) {
            close();
            throw broken;
        }
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
            OwedPermits owed = gate.owed;
            try {
                synchronized (owed) {
                    if (!used) {
                        used = true;
                        if (owed.count == 0 || owed.permit == permit) {
                            owed.permit = permit;
                            owed.count++;
                        }
                    }
                }
            } catch (Throwable noRoomToLock) {
                if (!used) {
                    used = true;
                    owed.stray = permit;
                    owed.strays = owed.strays + 1;
                }
            }
        }
    }

    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void end(@Nullable Object result, @Nullable Throwable failure, @Nullable Verdict verdict) {
        synchronized (gate.owed) {
            if (used) {
                return;
            }
            used = true;
        }
        try {
            if (verdict != null) {
                GateExit.end(gate, permit, start, context, verdict, null, null);
            } else if (failure != null) {
                GateExit.fail(gate, permit, start, context, classifier, failure);
            } else if (!GateExit.isSettledBy(gate, permit)) {
                GateExit.end(gate, permit, start, context, classifier.ofResult(context, result), result, null);
            }
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
