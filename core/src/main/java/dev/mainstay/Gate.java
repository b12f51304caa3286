package dev.mainstay;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.Events;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.event.Subscription;
import dev.mainstay.future.Stages;
import dev.mainstay.meter.MeterReadings;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.LateExits;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.Failures;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.Require;
import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A policy that lets a call in and later hears how it ended: breaker, bulkhead, rate limiter, and whatever of that
 * shape you write. A subclass decides; this class drives, synchronously and asynchronously, and sees to it that {@link
 * #exit} is called exactly once for each permit, whatever happens in between.
 *
 * <p>A permit is any number from zero up; its meaning is the subclass's own (a breaker puts the era in it). A rejection
 * is a {@linkplain #reject(RejectionReason, long) code} below zero, from which {@link #rejection} makes what the caller
 * is told. A gate that can wait says so in {@link #mayWait} and implements the three methods beside it.
 *
 * <p>No method of a subclass may run user code, block, or throw. They may fail for want of stack or memory all the
 * same, as any method may: so in {@link #tryEnter} taking the permit is the last step, and in {@link #exit} giving it
 * back is.
 */
public abstract class Gate extends Policy {

    /*
     * The end of a call
     * =================
     * Every end of every call goes through end(…): the classifier judges, exit(…) gives the permit back, and only then
     * listeners are told. What the classifier and the listeners run of the user's throws nothing here. What is left is
     * a stack or a heap that is full just then: then the permit is owed. It is noted by plain writes in a leaf section,
     * and given back by whoever enters next, as one whose call was ignored. That note is written out where a call ends
     * (a method for it could not be called on a full stack).
     *
     * Compiled code locks without looking at the stack. The interpreter looks, and throws, and what was compiled goes
     * on interpreted, in larger frames, where it meets what it was not compiled for: such as the first overflow. Then
     * the permit is a stray, noted without the lock. One who enters gives back first what is owed, so that a thread
     * leaves one stray at most.
     *
     * Who gives a permit back may let in a call that waits. If there is no room to wake that, it is noted in the same
     * way, and woken by whoever enters, leaves or asks next.
     */
    private static final RejectionReason[] REASONS = RejectionReason.values();
    private static final AtomicReferenceFieldUpdater<Gate, @Nullable RejectionLog> REJECTIONS =
            AtomicReferenceFieldUpdater.newUpdater(Gate.class, RejectionLog.class, "rejections");

    private static final int REASON_BITS = 8;
    private static final int REASON_MASK = (1 << REASON_BITS) - 1;

    private final String name;
    private final TimeSource time;
    private final Events events = new Events();

    /** How many results are still to be looked at for stages. Written without order: any value serves. */
    private int unseenResults = StageWarning.FIRST_RESULTS;

    /** What the log was told; made when the first call is rejected. */
    private volatile @Nullable RejectionLog rejections;

    /**
     * Read once as a call enters, so that the config that admits a call also judges it. Immutable: it may be read
     * without a fence.
     */
    private Classifier classifier;

    /** What a subclass said last of who judges. */
    private volatile Judging judging;

    /** The classifier in force as the subclass gave it, before it was named after this gate. */
    private Classifier judge;

    /** Whether the gate needs the time on the way out. A hint, as {@link #timed}. */
    private boolean clockAtExit;

    /** Whether somebody listens to how calls end. */
    private volatile boolean listened;

    /** Whether anybody needs the time on the way in. A hint: a stale value costs a clock read or the sharing of one. */
    private boolean timed;

    /**
     * How many changes are being made, during which no permit stands; and a number that another change makes another
     * one.
     */
    private int changing;

    private volatile int revision;

    /** What calls get that enter, if they are not asked about. Set under the lock, as all is from which it follows. */
    private volatile @Nullable StandingPermit standing;

    /**
     * The monitor of the two fields that follow, and of what follows from options, listeners and the state; nobody else
     * can hold it.
     */
    final Object owing = new Object();

    /** A permit that could not be given back. */
    long owedPermit;

    /**
     * How often that is owed. Permits are owed only on a full stack, and all alike in most gates: of different ones the
     * first is remembered.
     */
    int owed;

    /** One that could not even be noted as owed. Written without the monitor, before it is counted. */
    long strayPermit;

    /**
     * How many of these there were. Written without the monitor: of two threads that run out of stack at the very same
     * moment, one may go uncounted.
     */
    volatile int strays;

    /** How many of these were given back; guarded by the monitor, and looked at without it. */
    private int straysBack;

    /** The first of the waiters that were answered and could not be woken; each knows the next. As {@link #owed}. */
    @Nullable
    Waiter unwoken;

    /**
     * For subclasses.
     *
     * @param name in messages, meters, logs and events; not blank
     */
    protected Gate(String name, TimeSource time, Classifier classifier) {
        this.name = Require.name(name);
        this.time = Require.present("timeSource", time);
        this.judge = Require.present("classifier", classifier);
        this.classifier = classifier.namedAfter(this.name);
        this.judging = new Judging(classifier, false, false);
        EngineClasses.load();
    }

    /**
     * Decides whether the call may start, without waiting. Taking the permit is its last step.
     *
     * @param now the time if {@link #classifyWith} asked for it or somebody has read it, otherwise {@link
     *     TimeSource#UNREAD}
     * @return a permit, zero or more; or a {@linkplain #reject(RejectionReason, long) code}
     */
    protected abstract long tryEnter(CallContext context, long now);

    /**
     * Takes a permit back and hears how the call ended. Called exactly once per permit; if it fails for want of stack
     * or memory, once more, and the call counts as ignored. So giving the permit back is its last step.
     *
     * @param start when the call entered, or {@link TimeSource#UNREAD} if nobody needed to know
     * @param now the time, if {@link #classifyWith} asked for it or somebody listens; otherwise {@link
     *     TimeSource#UNREAD}
     */
    protected abstract void exit(
            long permit,
            long start,
            long now,
            Verdict verdict,
            CallContext context,
            @Nullable Object result,
            @Nullable Throwable failure);

    /**
     * What this call is told that is rejected: exception, outcome and event are all made from it. Changes nothing.
     *
     * @param code what {@link #tryEnter}, {@link #startWaiting} or {@link #endWaiting} gave, or one that this class
     *     made, of {@link RejectionReason#INTERRUPTED}, {@link RejectionReason#CANCELLED} or {@link
     *     RejectionReason#EXECUTOR}
     * @param now the time, or {@link TimeSource#UNREAD}
     */
    protected abstract Rejection rejection(long code, CallContext context, long now);

    /** Hears of each rejection, once, thrown or not: for counting. */
    protected void onRejected(Rejection rejection, CallContext context) {}

    /**
     * Whether this gate itself warns when it begins to reject calls, as a circuit breaker does when it opens. The log
     * then hears of the calls that it rejects at INFO, and not at WARN. False by default. Asked once, at the first
     * rejection.
     */
    protected boolean warnsBeforeRejecting() {
        return false;
    }

    /**
     * What {@link #tryEnter} would say now, for {@link #wouldReject}: takes no permit, counts nothing and changes
     * nothing that another call could notice. A call that would have to wait, and may, is none that is rejected. By
     * default, every call would be let in.
     *
     * @param now the time
     * @return zero or more if the call would be let in or would wait; otherwise a {@linkplain #reject code}
     */
    protected long wouldEnter(CallContext context, long now) {
        return 0;
    }

    /** Whether a call that was rejected with this code may wait instead. */
    protected boolean mayWait(long code, CallContext context) {
        return false;
    }

    /**
     * Puts a call in line.
     *
     * @return how many nanoseconds to wait at most, or a code if it cannot wait. The gate may {@linkplain Waiter#grant
     *     let it in} or {@linkplain Waiter#reject reject it} from now on, even before this returns
     */
    protected long startWaiting(Waiter waiter, CallContext context, long now) {
        return reject(RejectionReason.FULL);
    }

    /**
     * The wait is over and nobody has answered the call. Called on the waiting thread, or on one of the time source's
     * own.
     *
     * @return a permit after all, or a code
     */
    protected long endWaiting(Waiter waiter, long now) {
        return reject(RejectionReason.WAIT_EXPIRED);
    }

    /**
     * A call that has waited begins. For counting: one that was let in from the line may still be rejected before it
     * begins, by its deadline, a cancel, or an executor that does not take it. {@link #exit} gets its permit back, with
     * {@link Verdict#IGNORED}.
     */
    protected void onBegin(Waiter waiter) {}

    /** The call gave up before the wait was over: forget it, and give back what it had reserved. */
    protected void abandonWaiting(Waiter waiter) {}

    /**
     * Called now and then by a thread that waits in line: lets calls in that could be in, where a thread whose stack
     * was full has left that undone. Does nothing unless overridden; a gate that keeps no line of its own needs nothing.
     */
    protected void serveWaiting() {}

    /**
     * Whether a call that timed out holds its permit until its body has ended, where a time limiter further in has
     * released the caller and the body goes on on an executor. {@link #exit} is then called, with the verdict, when the
     * body ends. For gates that count what is in progress; others, such as breakers, must hear of a time-out at once.
     * False unless overridden.
     */
    protected boolean holdsPermitUntilBodyEnds() {
        return false;
    }

    /**
     * What every call gets that enters now, if {@link #tryEnter} need not be asked about each; otherwise null, as for
     * most gates. It is looked at anew after {@link #change} and {@link #classifyWith}, and holds until then.
     */
    protected @Nullable StandingPermit standingPermit() {
        return null;
    }

    /** The code that means a rejection for this reason. */
    protected static long reject(RejectionReason reason) {
        return reject(reason, 0);
    }

    /**
     * The same with a number of the gate's own, for {@link #rejection} to make use of.
     *
     * @param data from 0 to 2⁵⁴
     */
    @SuppressWarnings("EnumOrdinal")
    protected static long reject(RejectionReason reason, long data) {
        return -1L - (reason.ordinal() | data << REASON_BITS);
    }

    /** The reason in a code. */
    protected static RejectionReason reasonOf(long code) {
        return REASONS[(int) (-1L - code) & REASON_MASK];
    }

    /** The gate's own number in a code. */
    protected static long dataOf(long code) {
        return (-1L - code) >>> REASON_BITS;
    }

    /**
     * Who judges calls, and whether the decision needs the time on the way in. A gate whose options are part of its
     * state says here what follows from the state; it is asked whenever {@link #standingPermit} is. By default, what
     * {@link #classifyWith} was told last.
     */
    protected Judging judging() {
        return judging;
    }

    /**
     * For subclasses: who judges calls that enter from now on, and whether the gate needs the time.
     *
     * @param clockAtEntry whether {@link #tryEnter} needs it
     * @param clockAtExit whether {@link #exit} needs it
     */
    protected final void classifyWith(Classifier classifier, boolean clockAtEntry, boolean clockAtExit) {
        judging = new Judging(classifier, clockAtEntry, clockAtExit);
        resettle();
    }

    /**
     * For subclasses: makes a change that may bring another {@linkplain #standingPermit standing permit} or {@linkplain
     * #judging other judges}. Whoever sees the change made sees no call enter or end by the permit from before. Changes
     * may overlap; what is in force after the last of them follows from the state that they have left.
     *
     * @return what the change returns
     */
    @LeafSection
    protected final boolean change(BooleanSupplier change) {
        synchronized (owing) {
            changing++;
            standing = null;
        }
        try {
            return change.getAsBoolean();
        } finally {
            // Nothing is called before this, so that a change which has run out of stack is over, too.
            try {
                synchronized (owing) {
                    changing--;
                    revision++;
                }
            } catch (Throwable noRoomToLock) {
                // Of changes that end without the lock at the very same moment, one may seem to go on. Then no permit
                // stands any more, which is slower and right.
                changing--;
            }
            settle();
        }
    }

    @LeafSection
    private void resettle() {
        synchronized (owing) {
            revision++;
        }
        settle();
    }

    /**
     * Puts in force what follows from options, listeners and the state, unless one of them changes meanwhile: then once
     * more.
     */
    private void settle() {
        try {
            boolean done;
            do {
                int seen = revision;
                boolean heard = events.wanted(PolicyEvent.CallEnded.class);
                Judging judging = judging();
                StandingPermit offered = standingPermit();
                boolean told = offered != null && (heard || judging.classifier().judgesResults());
                Classifier named = judging.classifier() == judge
                        ? classifier
                        : judging.classifier().namedAfter(name);
                done = putInForce(seen, heard, judging, named, offered != null && told ? offered.told() : offered);
            } while (!done);
        } catch (VirtualMachineError noRoom) {
            // No permit stands now, which is slower and right. The next change brings one.
        }
    }

    @LeafSection
    private boolean putInForce(
            int seen, boolean heard, Judging judging, Classifier named, @Nullable StandingPermit offered) {
        Classifier given = judging.classifier();
        boolean entry = judging.clockAtEntry();
        boolean exit = judging.clockAtExit();
        synchronized (owing) {
            if (revision != seen) {
                return false;
            }
            judge = given;
            classifier = named;
            clockAtExit = exit;
            listened = heard;
            timed = entry || heard;
            standing = changing == 0 ? offered : null;
            return true;
        }
    }

    /**
     * How calls are judged.
     *
     * @param classifier says what an outcome means
     * @param clockAtEntry whether {@link #tryEnter} needs the time
     * @param clockAtExit whether {@link #exit} needs it
     */
    public record Judging(Classifier classifier, boolean clockAtEntry, boolean clockAtExit) {}

    /** For subclasses: where to publish events, after asking whether anybody wants them. */
    protected final Events events() {
        return events;
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    protected final TimeSource timeSource() {
        return time;
    }

    @Override
    public final <E extends MainstayEvent> Subscription subscribe(Class<E> type, Consumer<? super E> listener) {
        Subscription subscription = events.subscribe(type, listener);
        resettle();
        return () -> {
            subscription.close();
            resettle();
        };
    }

    // ---- calls

    /**
     * Alone and with a standing permit, there is so little to do that it is inlined where the call is made, whatever
     * other gates need: C2 does not inline methods that have grown large.
     */
    @Override
    protected final <T extends @Nullable Object> T execute(CallContext context, CallBody<? extends T> body)
            throws Exception {
        StandingPermit standing = this.standing;
        if (standing == null || timed) {
            return this.<T>around(context, TimeSource.UNREAD, Chain.end(), body);
        }
        Classifier classifier = this.classifier;
        T result;
        try {
            result = body.in(context);
        } catch (Throwable failure) {
            try {
                fail(standing.permit(), TimeSource.UNREAD, context.orInherited(), classifier, failure);
            } catch (Throwable noRoom) {
                // A standing permit is no permit of which there are only so many.
            }
            throw failure;
        }
        try {
            succeed(standing, standing.permit(), TimeSource.UNREAD, context, classifier, result);
        } catch (Throwable noRoom) {
            // As above.
        }
        return result;
    }

    @Override
    @LeafSection
    @SuppressWarnings({"NullAway", "NonAtomicVolatileUpdate"}) // null only where T admits it, or there is a failure
    protected final <T extends @Nullable Object> T around(
            CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
        Classifier classifier = this.classifier;
        long start = startOf(now);
        StandingPermit standing = this.standing;
        long permit = standing != null
                ? standing.permit()
                : owesNothing() ? tryEnter(context, start) : enterAfterGivingBack(context, start);
        if (permit < 0) {
            permit = ThreadWait.enterOrThrow(this, permit, context, start);
            start = TimeSource.UNREAD;
        }
        // From here on, the permit cannot be lost: there is no call outside of a try.
        T result = null;
        Throwable failure = null;
        try {
            start = startOf(start);
            result = inner.proceed(context, start, body);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        try {
            if (failure == null) {
                succeed(standing, permit, start, context, classifier, result);
            } else {
                fail(permit, start, context.orInherited(), classifier, failure);
            }
        } catch (Throwable noRoom) {
            try {
                synchronized (owing) {
                    if (owed == 0 || owedPermit == permit) {
                        owedPermit = permit;
                        owed++;
                    }
                }
            } catch (Throwable noRoomToLock) {
                strayPermit = permit;
                strays = strays + 1;
            }
        }
        if (failure == null) {
            return result;
        }
        if (failure instanceof Exception exception) {
            throw exception;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        throw Failures.<RuntimeException>undeclared(failure);
    }

    @Override
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    protected final <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        AsyncGateCall<T> call = null;
        try {
            CompletableFuture<T> future = this.<T>enterAsync(context, now, inner, body);
            if (!(future instanceof AsyncGateCall<T> begun)) {
                return future;
            }
            call = begun;
            return begun.follow();
        } catch (Throwable noRoom) {
            boolean unfollowed = call != null && (call.unfollowed != null || call.claimEnd());
            for (EnteredGate e = unfollowed && call != null ? call.entry : null; e != null; e = e.outer) {
                try {
                    synchronized (e.gate.owing) {
                        if (!e.over && (e.gate.owed == 0 || e.gate.owedPermit == e.permit)) {
                            e.gate.owedPermit = e.permit;
                            e.gate.owed++;
                        }
                        e.over = true;
                    }
                } catch (Throwable noRoomToLock) {
                    if (!e.over) {
                        e.over = true;
                        e.gate.strayPermit = e.permit;
                        e.gate.strays = e.gate.strays + 1;
                    }
                }
            }
            throw noRoom;
        }
    }

    /**
     * Begins an asynchronous call. Of gates that stand next to each other, the outermost has the call {@linkplain
     * AsyncGateCall#follow follow} its stage; so what this gives may be a call that does not yet. If this throws, no
     * permit is in use.
     */
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    final <T extends @Nullable Object> CompletableFuture<T> enterAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        Classifier classifier = this.classifier;
        long start = startOf(now);
        StandingPermit standing = this.standing;
        long permit = standing != null
                ? standing.permit()
                : owesNothing() ? tryEnter(context, start) : enterAfterGivingBack(context, start);
        if (permit < 0) {
            return mayWait(permit, context)
                    ? new AsyncGateCall<T>(new EnteredGate(this, classifier, permit, start), context.orInherited())
                            .queue(inner, body, start)
                    : Stages.failed(rejected(permit, context, start).toException());
        }
        CompletableFuture<T> stage = null;
        EnteredGate entry = null;
        try {
            stage = inner.<T>enterAsync(context, start, body);
            if (stage.isDone()) {
                endAsync(standing, permit, start, context.orInherited(), classifier, stage);
                return stage;
            }
            entry = new EnteredGate(this, classifier, permit, start);
            if (stage instanceof AsyncGateCall<T> inside && inside.unfollowed != null) {
                inside.enclose(entry);
                return inside;
            }
            return new AsyncGateCall<>(entry, context.orInherited(), stage);
        } catch (Throwable noRoom) {
            try {
                synchronized (owing) {
                    if (owed == 0 || owedPermit == permit) {
                        owedPermit = permit;
                        owed++;
                    }
                }
            } catch (Throwable noRoomToLock) {
                strayPermit = permit;
                strays = strays + 1;
            }
            EnteredGate inside = stage instanceof AsyncGateCall<T> call && call.unfollowed != null ? call.entry : null;
            for (EnteredGate e = inside; e != null && e != entry; e = e.outer) {
                try {
                    synchronized (e.gate.owing) {
                        if (!e.over && (e.gate.owed == 0 || e.gate.owedPermit == e.permit)) {
                            e.gate.owedPermit = e.permit;
                            e.gate.owed++;
                        }
                        e.over = true;
                    }
                } catch (Throwable noRoomToLock) {
                    if (!e.over) {
                        e.over = true;
                        e.gate.strayPermit = e.permit;
                        e.gate.strays = e.gate.strays + 1;
                    }
                }
            }
            throw noRoom;
        }
    }

    /** Alone, a gate need not throw what nobody wants to catch. */
    @Override
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    protected final <T extends @Nullable Object> Outcome<T> tryExecute(CallContext context, CallBody<? extends T> body)
            throws Exception {
        Classifier classifier = this.classifier;
        long start = startOf(TimeSource.UNREAD);
        StandingPermit standing = this.standing;
        long permit = standing != null
                ? standing.permit()
                : owesNothing() ? tryEnter(context, start) : enterAfterGivingBack(context, start);
        if (permit < 0) {
            if (!mayWait(permit, context)) {
                return Outcome.rejected(rejected(permit, context, start));
            }
            ThreadWait wait = new ThreadWait(this, context.orInherited());
            permit = wait.enter(start);
            if (permit < 0) {
                return Outcome.rejected(wait.rejected(permit));
            }
            start = TimeSource.UNREAD;
        }
        Outcome<T> outcome = null;
        Throwable failure = null;
        try {
            start = startOf(start);
            T result = body.in(context);
            outcome = Outcome.of(result);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        try {
            if (outcome != null) {
                succeed(standing, permit, start, context, classifier, outcome.get());
            } else if (failure != null) {
                fail(permit, start, context.orInherited(), classifier, failure);
            }
        } catch (Throwable noRoom) {
            try {
                synchronized (owing) {
                    if (owed == 0 || owedPermit == permit) {
                        owedPermit = permit;
                        owed++;
                    }
                }
            } catch (Throwable noRoomToLock) {
                strayPermit = permit;
                strays = strays + 1;
            }
        }
        if (outcome != null) {
            return outcome;
        }
        if (failure instanceof CallRejectedException furtherIn) {
            return Outcome.rejected(Rejection.of(furtherIn));
        }
        if (failure instanceof Exception exception) {
            throw exception;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        throw Failures.<RuntimeException>undeclared(Require.present("failure", failure));
    }

    /**
     * {@link #acquirePermit(CallContext)} for a call of which nothing is known but what it inherits from the thread's
     * current one.
     */
    public final Permit acquirePermit() {
        return acquirePermit(CallContext.current().inherited());
    }

    /**
     * Takes a permit for a call that this gate cannot be put around, waiting if the gate is one that waits.
     *
     * @param context what the call carries: its cost, key, deadline and all else that the gate looks at
     * @throws CallRejectedException if the call may not start
     */
    public final Permit acquirePermit(CallContext context) {
        Permit taken = new Permit(this, Require.present("context", context), classifier);
        long start = startOf(TimeSource.UNREAD);
        StandingPermit standing = this.standing;
        long permit = standing != null ? standing.permit() : enterAfterGivingBack(context, start);
        if (permit < 0) {
            permit = ThreadWait.enterOrThrow(this, permit, context, start);
            start = startOf(TimeSource.UNREAD);
        }
        taken.permit = permit;
        taken.start = start;
        return taken;
    }

    /**
     * {@link #acquirePermitAsync(CallContext)} for a call of which nothing is known but what it inherits from the
     * thread's current one.
     */
    public final CompletableFuture<Permit> acquirePermitAsync() {
        return acquirePermitAsync(CallContext.current().inherited());
    }

    /**
     * Takes a permit for a call that this gate cannot be put around, without blocking: for adapters that own no thread.
     * A gate that waits gives a future that is complete when the call is let in, on a thread of the {@linkplain
     * TimeSource#executor() time source's executor}; a cancel of it leaves the line, and a permit that arrives after
     * that goes back. If the call is let in at once, the future is complete already, and cannot be cancelled any more.
     *
     * @param context what the call carries: its cost, key, deadline and all else that the gate looks at
     * @return the permit; or a future that fails with a {@link CallRejectedException} if the call may not start
     */
    public final CompletableFuture<Permit> acquirePermitAsync(CallContext context) {
        Permit taken = new Permit(this, Require.present("context", context), classifier);
        CompletableFuture<Permit> complete = CompletableFuture.completedFuture(taken);
        long start = startOf(TimeSource.UNREAD);
        StandingPermit standing = this.standing;
        long permit = standing != null ? standing.permit() : enterAfterGivingBack(context, start);
        if (permit < 0) {
            return mayWait(permit, context)
                    ? new PermitFuture(this, context.orInherited(), taken).queue(start)
                    : Stages.failed(rejected(permit, context, start).toException());
        }
        taken.permit = permit;
        taken.start = start;
        return complete;
    }

    /**
     * {@link #tryAcquirePermit(CallContext)} for a call of which nothing is known but what it inherits from the
     * thread's current one.
     */
    public final Outcome<Permit> tryAcquirePermit() {
        return tryAcquirePermit(CallContext.current().inherited());
    }

    /**
     * Takes a permit if the call may start now, without waiting.
     *
     * @param context what the call carries
     */
    public final Outcome<Permit> tryAcquirePermit(CallContext context) {
        Permit taken = new Permit(this, Require.present("context", context), classifier);
        Outcome<Permit> outcome = Outcome.of(taken);
        long start = startOf(TimeSource.UNREAD);
        StandingPermit standing = this.standing;
        long permit = standing != null ? standing.permit() : enterAfterGivingBack(context, start);
        if (permit < 0) {
            return Outcome.rejected(rejected(permit, context, start));
        }
        taken.permit = permit;
        taken.start = start;
        return outcome;
    }

    /**
     * Whether a call that came now would be rejected at once, and with what. Asking takes no permit, is no probe and is
     * not counted. A call that would have to wait, and may, is not rejected; with a {@link
     * CallContext#maxWait(Duration) maxWait} of zero, it is. The answer is a hint: by the time that the call is made,
     * others may have come or gone. To choose between targets, it is what you want; to be let in, make the call.
     *
     * @param context what the call would carry
     * @return the rejection; empty if the call would be let in, or would wait
     */
    public final Optional<Rejection> wouldReject(CallContext context) {
        Require.present("context", context);
        giveBackOwed();
        if (standing != null) {
            return Optional.empty();
        }
        CallContext call = context.orInherited();
        long now = time.nanoTime();
        long code = wouldEnter(call, now);
        return code >= 0 ? Optional.empty() : Optional.of(rejection(code, call, now));
    }

    /**
     * {@link #wouldReject(CallContext)} for a call of which nothing is known but what it inherits from the thread's.
     */
    public final Optional<Rejection> wouldReject() {
        return wouldReject(CallContext.current().inherited());
    }

    final long startOf(long now) {
        return now == TimeSource.UNREAD && timed ? time.nanoTime() : now;
    }

    final boolean owesNothing() {
        return owed == 0 && strays == straysBack && unwoken == null;
    }

    /**
     * Gives back what is owed, and then decides as {@link #tryEnter} does.
     *
     * @throws VirtualMachineError if there is no room for that: a call must not be rejected for want of a permit that
     *     nobody holds
     */
    final long enterAfterGivingBack(CallContext context, long now) {
        if (giveBackOwedOrTellWhy() instanceof VirtualMachineError noRoom) {
            throw noRoom;
        }
        return tryEnter(context, now);
    }

    /** For subclasses: gives back permits whose calls ended on a full stack; before the state is shown to anybody. */
    protected final void giveBackOwed() {
        Throwable ignored = giveBackOwedOrTellWhy();
    }

    /** Returns what has kept it from giving back, if anything. */
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private @Nullable Throwable giveBackOwedOrTellWhy() {
        if (unwoken != null) {
            wakeUnwoken();
        }
        while (owed != 0 || strays != straysBack) {
            long permit;
            synchronized (owing) {
                if (owed != 0) {
                    permit = owedPermit;
                    owed--;
                } else if (strays != straysBack) {
                    permit = strayPermit;
                    straysBack++;
                } else {
                    return null;
                }
            }
            try {
                exit(permit, TimeSource.UNREAD, TimeSource.UNREAD, Verdict.IGNORED, CallContext.plain(), null, null);
            } catch (Throwable noRoom) {
                try {
                    synchronized (owing) {
                        if (owed == 0 || owedPermit == permit) {
                            owedPermit = permit;
                            owed++;
                        }
                    }
                } catch (Throwable noRoomToLock) {
                    strayPermit = permit;
                    strays = strays + 1;
                }
                return noRoom;
            }
        }
        return null;
    }

    /** Wakes those that were answered on a full stack. One that cannot be woken here, either, is left to the next. */
    @LeafSection
    private void wakeUnwoken() {
        Waiter waiter = null;
        try {
            StackReserve.check();
            waiter = takeUnwoken();
            while (waiter != null) {
                waiter.wake();
                waiter = takeUnwoken();
            }
        } catch (Throwable noRoom) {
            if (waiter != null) {
                synchronized (owing) {
                    waiter.nextUnwoken = unwoken;
                    unwoken = waiter;
                }
            }
        }
    }

    @LeafSection
    private @Nullable Waiter takeUnwoken() {
        synchronized (owing) {
            Waiter waiter = unwoken;
            if (waiter != null) {
                unwoken = waiter.nextUnwoken;
                waiter.nextUnwoken = null;
            }
            return waiter;
        }
    }

    // ---- rejections

    /** Makes a rejection, and tells everybody who wants to know. */
    final Rejection rejected(long code, CallContext context, long now) {
        Rejection rejection = rejection(code, context, now);
        noteRejection(rejection, context);
        return rejection;
    }

    /**
     * For subclasses with ways in of their own: counts, logs and publishes a rejection, as this class does for those it
     * makes itself.
     */
    protected final void noteRejection(Rejection rejection, CallContext context) {
        try {
            onRejected(rejection, context);
            rejections().rejected(rejection.reason());
            if (events.wanted(PolicyEvent.CallRejected.class)) {
                events.publish(new PolicyEvent.CallRejected(
                        name, time.nanoTime(), context, rejection.reason(), rejection.retryAfterNanos()));
            }
        } catch (Throwable noRoom) {
            // The call is rejected all the same.
        }
    }

    /** A call that has waited begins. */
    final void noteBegin(Waiter waiter) {
        try {
            onBegin(waiter);
        } catch (Throwable noRoom) {
            // The call begins all the same.
        }
    }

    private RejectionLog rejections() {
        RejectionLog existing = rejections;
        if (existing != null) {
            return existing;
        }
        RejectionLog fresh = new RejectionLog(this, time, !warnsBeforeRejecting());
        return REJECTIONS.compareAndSet(this, null, fresh) ? fresh : Require.present("rejections", rejections);
    }

    // ---- ends

    /** Ends a call whose future is complete, on the thread that began it. */
    private void endAsync(
            @Nullable StandingPermit standing,
            long permit,
            long start,
            CallContext context,
            Classifier classifier,
            CompletableFuture<?> done) {
        Throwable failure = Stages.failureOf(done);
        if (failure != null) {
            fail(permit, start, context, classifier, failure);
        } else {
            Object result = done.join();
            succeed(standing, permit, start, context, classifier, result);
        }
    }

    /**
     * Ends a call that gave a result.
     *
     * @param entered by which it entered, if by one that stood
     */
    @SuppressWarnings("ReferenceEquality") // another one that is equal may have come after a change
    final void succeed(
            @Nullable StandingPermit entered,
            long permit,
            long start,
            CallContext context,
            Classifier classifier,
            @Nullable Object result) {
        if (entered != null && entered == standing && entered.quiet().isQuiet()) {
            return;
        }
        // Before the permit is given back: what is thrown after that would give it back once more.
        if (unseenResults > 0) {
            unseenResults = StageWarning.look(name, result, unseenResults);
        }
        end(permit, start, context, classifier.ofResult(context, result), result, null);
    }

    /**
     * Ends a call that has failed; at the end of its body, if that goes on on another thread and the permit is held so
     * long.
     */
    final void fail(long permit, long start, CallContext context, Classifier classifier, Throwable failure) {
        if (!endsLater(permit, start, context, classifier, failure)) {
            end(permit, start, context, classifier.ofFailure(context, failure), null, failure);
        }
    }

    /** Whether a call that has failed ends here when what a time limit has left behind has ended. */
    final boolean endsLater(long permit, long start, CallContext context, Classifier classifier, Throwable failure) {
        if (failure instanceof CallTimeoutException timeout && holdsPermitUntilBodyEnds()) {
            LateExits unfinished = LateExits.leftBy(timeout);
            return unfinished != null
                    && unfinished.add(new LateExit(this, permit, start, context, classifier, failure));
        }
        return false;
    }

    /** Whether all is done for a call that has succeeded, if it entered by the standing permit. */
    final boolean isSettledBy(long permit) {
        StandingPermit standing = this.standing;
        return standing != null
                && standing.permit() == permit
                && standing.quiet().isQuiet();
    }

    /** The body of a call has ended whose caller was released before. */
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    final void endLate(LateExit exit) {
        long permit = exit.permit;
        try {
            Verdict verdict = exit.classifier.ofFailure(exit.context, exit.failure);
            end(permit, exit.start, exit.context, verdict, null, exit.failure);
        } catch (Throwable noRoom) {
            try {
                synchronized (owing) {
                    if (owed == 0 || owedPermit == permit) {
                        owedPermit = permit;
                        owed++;
                    }
                }
            } catch (Throwable noRoomToLock) {
                strayPermit = permit;
                strays = strays + 1;
            }
        }
    }

    /** Gives a permit back, and tells listeners. Throws only if it has not given it back. */
    final void end(
            long permit,
            long start,
            CallContext context,
            Verdict verdict,
            @Nullable Object result,
            @Nullable Throwable failure) {
        long now = giveBack(permit, start, context, verdict, result, failure);
        if (listened) {
            try {
                tellEnded(start, now, context, verdict);
            } catch (Throwable noRoom) {
                // The permit is back, and must not be owed as well.
            }
        }
    }

    /**
     * The one place where a call gives its permit back. Throws only if it has not.
     *
     * @return the time, for {@link #tellEnded}; {@link TimeSource#UNREAD} if nobody needed it
     */
    final long giveBack(
            long permit,
            long start,
            CallContext context,
            Verdict verdict,
            @Nullable Object result,
            @Nullable Throwable failure) {
        long now = clockAtExit || listened ? time.nanoTime() : TimeSource.UNREAD;
        exit(permit, start, now, verdict, context, result, failure);
        if (unwoken != null) {
            try {
                wakeUnwoken();
            } catch (Throwable noRoom) {
                // The permit is back, and must not be owed as well.
            }
        }
        return now;
    }

    /** Throws only for want of stack or memory. */
    final void tellEnded(long start, long now, CallContext context, Verdict verdict) {
        if (listened && now != TimeSource.UNREAD) {
            long duration = start == TimeSource.UNREAD ? 0 : now - start;
            events.publish(new PolicyEvent.CallEnded(name, now, context, verdict, duration));
        }
    }

    final Classifier classifier() {
        return classifier;
    }

    final @Nullable StandingPermit standing() {
        return standing;
    }

    final TimeSource time() {
        return time;
    }

    /** The policy in one line: {@link #explain()} and the meters that have a value. */
    @Override
    public String toString() {
        MeterReadings readings = new MeterReadings();
        describe(readings);
        return getClass().getSimpleName() + "[" + explain() + " " + readings.values() + "]";
    }
}
