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
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.Require;
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
     * How a call goes through
     * =======================
     * Alone, a synchronous call goes through execute(…) here; around the rest of a call, through SyncGateCall or, with
     * its neighbours, FusedGates. An asynchronous one is an AsyncGateCall. A call that has to wait does so in a
     * ThreadWait, an AsyncGateWait or a PermitFuture. They enter with these four lines, execute(…) with a shorter form
     * of them, and then hold a permit:
     *
     *   Classifier classifier = gate.classifier;            // who admits the call also judges it
     *   long start = gate.startOf(now);
     *   StandingPermit standing = gate.standing;
     *   long permit = standing != null ? standing.permit() : gate.withNothingOwed().tryEnter(context, start);
     *
     * These lines are no method, since C2 profiles call sites: in a method that all gates share, it would see tryEnter
     * of every kind of gate and inline none. From the last of them on, no permit can be lost: there is no call outside
     * of a try.
     *
     * All of them end by a GateExit.
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
    int unseenResults = StageWarning.FIRST_RESULTS;

    /** What the log was told; made when the first call is rejected. */
    private volatile @Nullable RejectionLog rejections;

    private final GateRules rules;

    /** What calls could not do here because their stack was full. */
    final OwedPermits owed = new OwedPermits();

    // ---- the rules in force, written by GateRules alone

    /**
     * Read once as a call enters, so that the config that admits a call also judges it. Immutable: it may be read
     * without a fence.
     */
    Classifier classifier;

    /** What calls get that enter, if they are not asked about. */
    volatile @Nullable StandingPermit standing;

    /** Whether anybody needs the time on the way in. A hint: a stale value costs a clock read or the sharing of one. */
    boolean timed;

    /** Whether the gate needs the time on the way out. A hint, as {@link #timed}. */
    boolean clockAtExit;

    /** Whether somebody listens to how calls end. */
    volatile boolean listened;

    /**
     * For subclasses.
     *
     * @param name in messages, meters, logs and events; not blank
     */
    protected Gate(String name, TimeSource time, Classifier classifier) {
        this.name = Require.name(name);
        this.time = Require.present("timeSource", time);
        this.rules = new GateRules(Require.present("classifier", classifier));
        this.classifier = classifier.namedAfter(this.name);
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
     * was full has left that undone. Does nothing unless overridden; a gate that keeps no line of its own needs
     * nothing.
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
        return rules.judging();
    }

    /**
     * For subclasses: who judges calls that enter from now on, and whether the gate needs the time.
     *
     * @param clockAtEntry whether {@link #tryEnter} needs it
     * @param clockAtExit whether {@link #exit} needs it
     */
    protected final void classifyWith(Classifier classifier, boolean clockAtEntry, boolean clockAtExit) {
        rules.judging(this, new Judging(classifier, clockAtEntry, clockAtExit));
    }

    /**
     * For subclasses: makes a change that may bring another {@linkplain #standingPermit standing permit} or {@linkplain
     * #judging other judges}. Whoever sees the change made sees no call enter or end by the permit from before. Changes
     * may overlap; what is in force after the last of them follows from the state that they have left.
     *
     * @return what the change returns
     */
    protected final boolean change(BooleanSupplier change) {
        return rules.change(this, change);
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
        rules.renew(this);
        return () -> {
            subscription.close();
            rules.renew(this);
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
                GateExit.fail(this, standing.permit(), TimeSource.UNREAD, context.orInherited(), classifier, failure);
            } catch (Throwable noRoom) {
                // A standing permit is no permit of which there are only so many.
            }
            throw failure;
        }
        try {
            GateExit.succeed(this, standing, standing.permit(), TimeSource.UNREAD, context, classifier, result);
        } catch (Throwable noRoom) {
            // As above.
        }
        return result;
    }

    @Override
    protected final <T extends @Nullable Object> T around(
            CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
        return SyncGateCall.<T, Exception>through(this, context, now, inner, body);
    }

    @Override
    protected final <T extends @Nullable Object> Outcome<T> tryExecute(CallContext context, CallBody<? extends T> body)
            throws Exception {
        return SyncGateCall.<T, Exception>outcomeOf(this, context, body);
    }

    @Override
    protected final <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        return AsyncGateCall.begin(this, context, now, inner, body);
    }

    /** What is neither an {@code Exception} nor an {@code Error} is thrown as it is. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    static <X extends Throwable> X undeclared(Throwable failure) throws X {
        throw (X) failure;
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
        long code = taken.enter();
        if (code < 0) {
            taken.letIn(ThreadWait.enterOrThrow(this, code, context, taken.start));
        }
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
        long code = taken.enter();
        if (code < 0) {
            return mayWait(code, context)
                    ? new PermitFuture(this, context.orInherited(), taken).queue(taken.start)
                    : Stages.failed(rejected(code, context, taken.start).toException());
        }
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
        long code = taken.enter();
        return code < 0 ? Outcome.rejected(rejected(code, context, taken.start)) : outcome;
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

    /** When a call begins: the given time, or the time now if that is not known and anybody needs it. */
    final long startOf(long now) {
        return now == TimeSource.UNREAD && timed ? time.nanoTime() : now;
    }

    /**
     * This gate, once it has got back what it is owed.
     *
     * @throws VirtualMachineError if there is no room for that: a call must not be rejected for want of a permit that
     *     nobody holds
     */
    final Gate withNothingOwed() {
        if (!owed.isEmpty() && owed.giveBack(this) instanceof VirtualMachineError noRoom) {
            throw noRoom;
        }
        return this;
    }

    /** For subclasses: gives back permits whose calls ended on a full stack; before the state is shown to anybody. */
    protected final void giveBackOwed() {
        Throwable ignored = owed.giveBack(this);
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

    /** The policy in one line: {@link #explain()} and the meters that have a value. */
    @Override
    public String toString() {
        MeterReadings readings = new MeterReadings();
        describe(readings);
        return getClass().getSimpleName() + "[" + explain() + " " + readings.values() + "]";
    }
}
