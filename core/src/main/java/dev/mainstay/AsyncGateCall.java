package dev.mainstay;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.CallFuture;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One asynchronous call inside a gate, or inside several that stand next to each other: first perhaps in line for the
 * innermost ({@link AsyncGateWait}), then in progress. {@link Gate} explains how a call enters, and {@link OwedPermits}
 * what becomes of the permits of one that ends on a full stack.
 *
 * <pre>
 *  in line (its waiter) ──let in──▶ LET_IN ──on its thread──▶ STARTING ──▶ in progress (its stage) ──complete──▶ ENDED
 *          │                          │                          │                │
 *          └── cancelled ──▶ ENDED ◀──┘                          └── cancelled ───┴─▶ ABANDONED ──▶ ENDED
 * </pre>
 *
 * Who takes it to ENDED gives the permits back, if there are any. That is mostly the stage's callback. But the JDK
 * drops callbacks on a full stack, and an executor may drop what it was given: so a cancel, which is also what a time
 * limit further out does, looks whether the stage is complete or the call was never begun, and then ends it.
 */
final class AsyncGateCall<T extends @Nullable Object> extends CallFuture<T>
        implements BiConsumer<T, @Nullable Throwable> {

    static final long CANCELLED = Gate.reject(RejectionReason.CANCELLED);

    /** It has a permit, and its thread has not begun it. */
    static final Object LET_IN = new Object();

    /** Its thread begins it: the body has not given a stage yet. */
    static final Object STARTING = new Object();

    /** It was cancelled when there was nothing to cancel yet. */
    static final Object ABANDONED = new Object();

    /** Its permits are given back, or owed; or it has never had one. */
    static final Object ENDED = new Object();

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<AsyncGateCall, Object> HELD_BY =
            AtomicReferenceFieldUpdater.newUpdater(AsyncGateCall.class, Object.class, "heldBy");

    private final CallContext context;

    /** The gates, from the innermost outwards. */
    final EnteredGate entry;

    private EnteredGate outermost;

    /** What a cancel must reach: the waiter in line, or the stage in progress; or one of the constants. */
    private volatile Object heldBy;

    /** The stage of a call that was let in, until it is followed; nobody else knows of the call so long. */
    private @Nullable CompletableFuture<T> unfollowed;

    /**
     * Begins a call of which this gate is the outermost that it enters in a row. If this throws, no permit is in use.
     */
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    static <T extends @Nullable Object> CompletableFuture<T> begin(
            Gate gate, CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        AsyncGateCall<T> call = null;
        try {
            CompletableFuture<T> future = AsyncGateCall.<T>enter(gate, context, now, inner, body);
            if (!(future instanceof AsyncGateCall<T> begun)) {
                return future;
            }
            call = begun;
            return begun.follow();
        } catch (Throwable noRoom) {
            boolean unfollowed = call != null && (call.unfollowed != null || call.claimEnd());
            for (EnteredGate e = unfollowed && call != null ? call.entry : null; e != null; e = e.outer) {
                OwedPermits owed = e.gate.owed;
                try {
                    synchronized (owed) {
                        if (!e.over && (owed.count == 0 || owed.permit == e.permit)) {
                            owed.permit = e.permit;
                            owed.count++;
                        }
                        e.over = true;
                    }
                } catch (Throwable noRoomToLock) {
                    if (!e.over) {
                        e.over = true;
                        owed.stray = e.permit;
                        owed.strays = owed.strays + 1;
                    }
                }
            }
            throw noRoom;
        }
    }

    /**
     * Enters a gate. Of gates that stand next to each other, the outermost has the call {@linkplain #follow follow} its
     * stage; so what this gives may be a call that does not yet. If this throws, no permit is in use.
     */
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    static <T extends @Nullable Object> CompletableFuture<T> enter(
            Gate gate, CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        Classifier classifier = gate.classifier;
        long start = gate.startOf(now);
        StandingPermit standing = gate.standing;
        long permit =
                standing != null ? standing.permit() : gate.withNothingOwed().tryEnter(context, start);
        if (permit < 0) {
            return gate.mayWait(permit, context)
                    ? new AsyncGateCall<T>(new EnteredGate(gate, classifier, permit, start), context.orInherited())
                            .queue(inner, body, start)
                    : Stages.failed(gate.rejected(permit, context, start).toException());
        }
        CompletableFuture<T> stage = null;
        EnteredGate entry = null;
        try {
            stage = inner.<T>enterAsync(context, start, body);
            if (stage.isDone()) {
                endAtOnce(gate, standing, permit, start, context.orInherited(), classifier, stage);
                return stage;
            }
            entry = new EnteredGate(gate, classifier, permit, start);
            if (stage instanceof AsyncGateCall<T> inside && inside.unfollowed != null) {
                inside.enclose(entry);
                return inside;
            }
            return new AsyncGateCall<>(entry, context.orInherited(), stage);
        } catch (Throwable noRoom) {
            OwedPermits own = gate.owed;
            try {
                synchronized (own) {
                    if (own.count == 0 || own.permit == permit) {
                        own.permit = permit;
                        own.count++;
                    }
                }
            } catch (Throwable noRoomToLock) {
                own.stray = permit;
                own.strays = own.strays + 1;
            }
            EnteredGate inside = stage instanceof AsyncGateCall<T> call && call.unfollowed != null ? call.entry : null;
            for (EnteredGate e = inside; e != null && e != entry; e = e.outer) {
                OwedPermits owed = e.gate.owed;
                try {
                    synchronized (owed) {
                        if (!e.over && (owed.count == 0 || owed.permit == e.permit)) {
                            owed.permit = e.permit;
                            owed.count++;
                        }
                        e.over = true;
                    }
                } catch (Throwable noRoomToLock) {
                    if (!e.over) {
                        e.over = true;
                        owed.stray = e.permit;
                        owed.strays = owed.strays + 1;
                    }
                }
            }
            throw noRoom;
        }
    }

    /** Ends a call whose future is complete already, on the thread that began it. */
    private static void endAtOnce(
            Gate gate,
            @Nullable StandingPermit standing,
            long permit,
            long start,
            CallContext context,
            Classifier classifier,
            CompletableFuture<?> done) {
        Throwable failure = Stages.failureOf(done);
        if (failure != null) {
            GateExit.fail(gate, permit, start, context, classifier, failure);
        } else {
            Object result = done.join();
            GateExit.succeed(gate, standing, permit, start, context, classifier, result);
        }
    }

    /** A call that has to wait before it is let in. */
    private AsyncGateCall(EnteredGate entry, CallContext context) {
        super(entry.gate.timeSource());
        this.context = context;
        this.entry = entry;
        this.outermost = entry;
        this.heldBy = STARTING;
    }

    /** A call that was let in at once, and whose stage is not complete yet. */
    private AsyncGateCall(EnteredGate entry, CallContext context, CompletableFuture<T> stage) {
        super(entry.gate.timeSource());
        this.context = context;
        this.entry = entry;
        this.outermost = entry;
        this.heldBy = stage;
        this.unfollowed = stage;
    }

    /** The gate around those of this call, which is not followed yet, ends with them. */
    private void enclose(EnteredGate outer) {
        outermost.outer = outer;
        outermost = outer;
    }

    /** All gates have been entered: from now on, the end of the stage ends the call. */
    private CallFuture<T> follow() {
        CompletableFuture<T> stage = unfollowed;
        if (stage != null) {
            unfollowed = null;
            Stages.followOnAnyStack(stage, this);
        }
        return this;
    }

    /** For its place in line: whether it is in this state. */
    boolean isAt(Object state) {
        return heldBy == state;
    }

    /** For its place in line: takes it from one state to the next, unless somebody else was faster. */
    boolean move(Object from, Object to) {
        return HELD_BY.compareAndSet(this, from, to);
    }

    /** Whether the permits are this caller's to give back. */
    private boolean claimEnd() {
        return HELD_BY.getAndSet(this, ENDED) != ENDED;
    }

    /** The call has to wait before it is let in. */
    private CompletableFuture<T> queue(Chain inner, AsyncCallBody<? extends T> body, long now) {
        // Once it stands in line, a full stack could leave a call there whose caller has no future.
        StackReserve.check();
        Gate gate = entry.gate;
        TimeSource time = gate.timeSource();
        long begun = now == TimeSource.UNREAD ? time.nanoTime() : now;
        AsyncGateWait<T> waiter = new AsyncGateWait<>(this, context, inner, body, inner.handoff(time));
        heldBy = waiter;
        try {
            long allowed = gate.startWaiting(waiter, context, begun);
            if (allowed < 0) {
                return Stages.failed(gate.rejected(allowed, context, begun).toException());
            }
            if (waiter.isWaiting()) {
                time.arm(waiter, allowed);
                if (heldBy != waiter) {
                    waiter.cancel();
                }
            }
        } catch (Throwable broken) {
            waiter.leave();
            return Stages.failed(broken);
        }
        return this;
    }

    /**
     * The stage is complete. A stack that is full leaves no permit in use; the future itself is then ended by a cancel
     * or a time limit.
     */
    @Override
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    public void accept(T result, @Nullable Throwable thrown) {
        boolean ours = false;
        try {
            ours = claimEnd();
            if (ours) {
                end(result, thrown == null ? null : Stages.unwrap(thrown));
            }
        } catch (Throwable noRoom) {
            for (EnteredGate e = ours ? entry : null; e != null; e = e.outer) {
                OwedPermits owed = e.gate.owed;
                try {
                    synchronized (owed) {
                        if (!e.over && (owed.count == 0 || owed.permit == e.permit)) {
                            owed.permit = e.permit;
                            owed.count++;
                        }
                        e.over = true;
                    }
                } catch (Throwable noRoomToLock) {
                    if (!e.over) {
                        e.over = true;
                        owed.stray = e.permit;
                        owed.strays = owed.strays + 1;
                    }
                }
            }
            throw noRoom;
        }
    }

    /** Gives the permits back, from the innermost outwards, then completes the future, and then tells listeners. */
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void end(T result, @Nullable Throwable failure) {
        for (EnteredGate e = entry; e != null; e = e.outer) {
            try {
                e.giveBack(context, result, failure);
                e.over = true;
            } catch (Throwable noRoom) {
                OwedPermits owed = e.gate.owed;
                try {
                    synchronized (owed) {
                        if (owed.count == 0 || owed.permit == e.permit) {
                            owed.permit = e.permit;
                            owed.count++;
                        }
                        e.over = true;
                    }
                } catch (Throwable noRoomToLock) {
                    e.over = true;
                    owed.stray = e.permit;
                    owed.strays = owed.strays + 1;
                }
            }
        }
        if (failure == null) {
            succeed(result);
        } else {
            fail(failure);
        }
        for (EnteredGate e = entry; e != null; e = e.outer) {
            e.tellEnded(context);
        }
    }

    /** The caller gave up a call that had a permit and was not begun. */
    void endUnusedByCaller() {
        giveBackUnused();
        entry.gate.noteRejection(entry.gate.rejection(CANCELLED, context, TimeSource.UNREAD), context);
    }

    /** Gives the permit of a call back that was not begun: for listeners and meters, it was never let in. */
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    void giveBackUnused() {
        Gate gate = entry.gate;
        long permit = entry.permit;
        try {
            long ignored = GateExit.giveBack(gate, permit, TimeSource.UNREAD, context, Verdict.IGNORED, null, null);
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

    /** For its wait in a line: the call ends, and its body never begins. */
    void endUnbegun(Throwable failure) {
        fail(failure);
    }

    @Override
    @SuppressWarnings("unchecked")
    protected void abandoned() {
        Object held = heldBy;
        if (held instanceof AsyncGateWait<?> waiter) {
            waiter.leave();
            if (move(waiter, ABANDONED)) {
                waiter.giveBackIfAbandoned();
                waiter.forgetTimers();
                fail(new CancellationException());
                return;
            }
            held = heldBy;
        }
        if (held == LET_IN) {
            if (move(LET_IN, ENDED)) {
                endUnusedByCaller();
                fail(new CancellationException());
                return;
            }
            held = heldBy;
        }
        if (held == STARTING && !move(STARTING, ABANDONED)) {
            held = heldBy;
        }
        if (held instanceof CompletableFuture<?> stage) {
            cancelStage((CompletableFuture<T>) stage);
        }
    }

    /** Cancels the stage in progress. If the stage is complete and its callback was dropped, this ends the call. */
    @SuppressWarnings("NullAway") // the result is null only where T admits it
    void cancelStage(CompletableFuture<T> stage) {
        giveUp(stage);
        if (stage.isDone() && claimEnd()) {
            Throwable failure = Stages.failureOf(stage);
            end(failure == null ? stage.join() : null, failure);
        }
    }
}
