package dev.mainstay;

import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * Two or three gates that stand next to each other in a pipeline, as one link of its synchronous side. A call goes
 * through each of them as it does {@linkplain SyncGateCall#through through one}, with the next one for the rest of it.
 *
 * <p>That is written out here once for each place, and not as a loop or a recursion, because C2 profiles call sites: in
 * a method that all gates share, it sees every kind of gate and inlines none; here each place has a call site of its
 * own, which mostly sees one kind, so that C2 inlines the whole run. It inlines no method of more than 325 bytes.
 * So a failure is rethrown by an unchecked cast to the caller's type, which needs no byte code.
 */
final class FusedGates {

    private final Gate first;
    private final Gate second;
    private final @Nullable Gate third;

    /** What is inside of them. */
    private final Chain inner;

    FusedGates(Gate first, Gate second, @Nullable Gate third, Chain inner) {
        this.first = first;
        this.second = second;
        this.third = third;
        this.inner = inner;
    }

    @LeafSection
    @SuppressWarnings({"unchecked", "NullAway", "NonAtomicVolatileUpdate"}) // null only where T admits it
    <T extends @Nullable Object, X extends Throwable> T proceed(
            CallContext context, long now, CallBody<? extends T> body) throws X {
        Gate gate = first;
        Classifier classifier = gate.classifier;
        long start = gate.startOf(now);
        StandingPermit standing = gate.standing;
        long permit =
                standing != null ? standing.permit() : gate.withNothingOwed().tryEnter(context, start);
        if (permit < 0) {
            permit = ThreadWait.enterOrThrow(gate, permit, context, start);
            start = TimeSource.UNREAD;
        }
        T result = null;
        Throwable failure = null;
        try {
            start = gate.startOf(start);
            result = this.<T, Exception>throughSecond(context, start, body);
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

    @LeafSection
    @SuppressWarnings({"unchecked", "NullAway", "NonAtomicVolatileUpdate"}) // null only where T admits it
    private <T extends @Nullable Object, X extends Throwable> T throughSecond(
            CallContext context, long now, CallBody<? extends T> body) throws X {
        Gate gate = second;
        Classifier classifier = gate.classifier;
        long start = gate.startOf(now);
        StandingPermit standing = gate.standing;
        long permit =
                standing != null ? standing.permit() : gate.withNothingOwed().tryEnter(context, start);
        if (permit < 0) {
            permit = ThreadWait.enterOrThrow(gate, permit, context, start);
            start = TimeSource.UNREAD;
        }
        T result = null;
        Throwable failure = null;
        try {
            start = gate.startOf(start);
            Gate next = third;
            result = next == null
                    ? inner.<T>proceed(context, start, body)
                    : this.<T, Exception>throughThird(next, context, start, body);
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

    @LeafSection
    @SuppressWarnings({"unchecked", "NullAway", "NonAtomicVolatileUpdate"}) // null only where T admits it
    private <T extends @Nullable Object, X extends Throwable> T throughThird(
            Gate gate, CallContext context, long now, CallBody<? extends T> body) throws X {
        Classifier classifier = gate.classifier;
        long start = gate.startOf(now);
        StandingPermit standing = gate.standing;
        long permit =
                standing != null ? standing.permit() : gate.withNothingOwed().tryEnter(context, start);
        if (permit < 0) {
            permit = ThreadWait.enterOrThrow(gate, permit, context, start);
            start = TimeSource.UNREAD;
        }
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
}
