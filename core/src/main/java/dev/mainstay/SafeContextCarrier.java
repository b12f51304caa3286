package dev.mainstay;

import dev.mainstay.event.CallbackFailures;
import dev.mainstay.safe.SafeText;
import org.jspecify.annotations.Nullable;

/**
 * A carrier that never throws: a call neither fails nor hangs for want of its trace. The first failure is logged, the
 * others are counted.
 */
final class SafeContextCarrier implements ContextCarrier {

    private static final Restore NOTHING_TO_RESTORE = () -> {};
    private static final Snapshot NOTHING_TAKEN = () -> NOTHING_TO_RESTORE;

    private final String owner;
    private final ContextCarrier carrier;
    private final CallbackFailures failures = new CallbackFailures();

    SafeContextCarrier(String owner, ContextCarrier carrier) {
        this.owner = owner;
        this.carrier = carrier;
    }

    /** The carrier, made safe, with the name of whoever was given it, which the log tells if it throws. */
    static ContextCarrier of(String owner, ContextCarrier carrier) {
        if (carrier instanceof CompositeContextCarrier both) {
            return new CompositeContextCarrier(of(owner, both.first()), of(owner, both.second()));
        }
        if (carrier instanceof SafeContextCarrier careful) {
            return new SafeContextCarrier(owner, careful.carrier);
        }
        return carrier == ThreadHandoff.CARRIES_NOTHING ? carrier : new SafeContextCarrier(owner, carrier);
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
        failures.report(owner, "context carrier's " + what, failure);
    }

    /** As good as another that carries by the same: options do not differ for being put together anew. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SafeContextCarrier that && isSame(that.carrier);
    }

    private boolean isSame(ContextCarrier other) {
        try {
            return carrier.equals(other);
        } catch (Throwable broken) {
            return carrier == other;
        }
    }

    @Override
    public int hashCode() {
        try {
            return carrier.hashCode();
        } catch (Throwable broken) {
            return System.identityHashCode(carrier);
        }
    }

    @Override
    public String toString() {
        return SafeText.of(carrier);
    }
}
