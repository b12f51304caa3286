package dev.mainstay;

import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.Require;
import dev.mainstay.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * A synchronous call through one gate, on the caller's thread. {@link Gate} explains how a call enters and ends, and
 * {@link OwedPermits} what becomes of the permit of one that ends on a full stack.
 */
final class SyncGateCall {

    private SyncGateCall() {}

    /**
     * Makes the rest of the call. A failure is rethrown by an unchecked cast to the caller's type.
     *
     * @param now the time if it was read and none has passed since, otherwise {@link TimeSource#UNREAD}
     */
    @LeafSection
    @SuppressWarnings({"unchecked", "NullAway", "NonAtomicVolatileUpdate"}) // null only where T admits it
    static <T extends @Nullable Object, X extends Throwable> T through(
            Gate gate, CallContext context, long now, Chain inner, CallBody<? extends T> body) throws X {
        Classifier classifier = gate.classifier;
        long start = gate.startOf(now);
        StandingPermit standing = gate.standing;
        long permit =
                standing != null ? standing.permit() : gate.withNothingOwed().tryEnter(context, start);
        if (permit < 0) {
            permit = ThreadWait.enterOrThrow(gate, permit, context, start);
            start = TimeSource.UNREAD;
        }
        // From here on, the permit cannot be lost: there is no call outside of a try.
        T result = null;
        Throwable failure = null;
        try {
            start = gate.startOf(start);
            result = inner.<T>proceed(context, start, body);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        try {
            if (failure == null) {
                GateExit.succeed(gate, standing, permit, start, context, classifier, result);
            } else {
                GateExit.fail(gate, permit, start, context.orInherited(), classifier, failure);
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
        if (failure == null) {
            return result;
        }
        throw (X) failure;
    }

    /** Makes a call that ends in this gate. Alone, a gate need not throw what nobody wants to catch. */
    @LeafSection
    @SuppressWarnings({"unchecked", "NonAtomicVolatileUpdate"})
    static <T extends @Nullable Object, X extends Throwable> Outcome<T> outcomeOf(
            Gate gate, CallContext context, CallBody<? extends T> body) throws X {
        Classifier classifier = gate.classifier;
        long start = gate.startOf(TimeSource.UNREAD);
        StandingPermit standing = gate.standing;
        long permit =
                standing != null ? standing.permit() : gate.withNothingOwed().tryEnter(context, start);
        if (permit < 0) {
            if (!gate.mayWait(permit, context)) {
                return Outcome.rejected(gate.rejected(permit, context, start));
            }
            ThreadWait wait = new ThreadWait(gate, context.orInherited());
            permit = wait.enter(start);
            if (permit < 0) {
                return Outcome.rejected(wait.rejected(permit));
            }
            start = TimeSource.UNREAD;
        }
        Outcome<T> outcome = null;
        Throwable failure = null;
        try {
            start = gate.startOf(start);
            T result = body.in(context);
            outcome = Outcome.of(result);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        try {
            if (outcome != null) {
                GateExit.succeed(gate, standing, permit, start, context, classifier, outcome.get());
            } else if (failure != null) {
                GateExit.fail(gate, permit, start, context.orInherited(), classifier, failure);
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
        if (outcome != null) {
            return outcome;
        }
        if (failure instanceof CallRejectedException furtherIn) {
            return Outcome.rejected(Rejection.of(furtherIn));
        }
        throw (X) Require.present("failure", failure);
    }
}
