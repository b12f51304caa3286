package dev.mainstay;

import dev.mainstay.event.CallbackFailures;
import org.jspecify.annotations.Nullable;

/** A carrier that never throws: a call neither fails nor hangs for want of its trace. The first failure is logged, the others are counted. */
final class CarefulCarrier implements ContextCarrier {

    private static final Restore NOTHING_TO_RESTORE = () -> {};
    private static final Snapshot NOTHING_TAKEN = () -> NOTHING_TO_RESTORE;

    private final ContextCarrier carrier;
    private final CallbackFailures failures = new CallbackFailures();

    CarefulCarrier(ContextCarrier carrier) {
        this.carrier = carrier;
    }

    @Override
    public ContextCarrier careful() {
        return this;
    }

    @Override
    public Snapshot capture() {
        try {
            Snapshot snapshot = carrier.capture();
            return () -> open(snapshot);
        } catch (Throwable failure) {
            report("capture", failure);
            return NOTHING_TAKEN;
        }
    }

    private Restore open(Snapshot snapshot) {
        try {
            Restore before = snapshot.open();
            return () -> close(before);
        } catch (Throwable failure) {
            report("open", failure);
            return NOTHING_TO_RESTORE;
        }
    }

    private void close(Restore before) {
        try {
            before.close();
        } catch (Throwable failure) {
            report("close", failure);
        }
    }

    private void report(String what, Throwable failure) {
        failures.report("call", "context carrier's " + what, failure);
    }

    /** As good as another that carries by the same: options do not differ for being put together anew. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CarefulCarrier that && that.carrier.equals(carrier);
    }

    @Override
    public int hashCode() {
        return carrier.hashCode();
    }

    @Override
    public String toString() {
        return carrier.toString();
    }
}
