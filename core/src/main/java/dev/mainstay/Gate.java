package dev.mainstay;

import dev.mainstay.event.Event;
import dev.mainstay.event.Events;
import dev.mainstay.event.Subscription;
import dev.mainstay.meter.MeterReadings;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.time.TimeSource;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A policy that lets a call in and later hears how it ended: breaker, bulkhead, rate limiter, and whatever of that shape you write. A subclass decides;
 * this class drives, synchronously and asynchronously, and sees to it that {@link #exit} is called exactly once for each permit, whatever happens in between.
 *
 * <p>A permit is any number from zero up; its meaning is the subclass's own (a breaker puts the era in it). A refusal is {@link #refused a reason}. A gate that can
 * wait says so in {@link #mayWait} and implements the three methods beside it.
 *
 * <p>No method of a subclass may run user code, block, or throw.
 */
public abstract class Gate implements Policy {

    private static final RejectionReason[] REASONS = RejectionReason.values();

    private static final VarHandle REFUSALS;

    static {
        try {
            REFUSALS = MethodHandles.lookup().findVarHandle(Gate.class, "refusals", Refusals.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final String name;
    private final TimeSource time;
    private final Events events = new Events();

    /** Made when the first call is refused. */
    private volatile @Nullable Refusals refusals;

    /** Read once as a call enters, so that the config that admits a call also judges it. Immutable: it may be read without a fence. */
    private Classifier classifier;

    /** What a subclass said last of who judges. */
    private volatile Judging judging;

    /** Whether somebody listens to how calls end. */
    private volatile boolean listened;

    /** Whether anybody needs the time on the way in. A hint: a stale value costs a clock read or the sharing of one. */
    private boolean timed;

    /** Guards what follows from options, listeners and the state, in sections that call nothing. */
    private final Object settling = new Object();

    /** How many changes are being made, during which no permit stands; and a number that another change makes another one. */
    private int changing;

    private volatile int revision;

    /** What calls get that enter, if they are not asked about. Set under the lock, as all is from which it follows. */
    private volatile @Nullable StandingPermit standing;

    /**
     * For subclasses.
     *
     * @param name in messages, meters, logs and events; not blank
     */
    protected Gate(String name, TimeSource time, Classifier classifier) {
        this.name = Require.name(name);
        this.time = Require.present("timeSource", time);
        this.classifier = Require.present("classifier", classifier);
        this.judging = new Judging(classifier, false);
    }

    /**
     * Decides whether the call may start, without waiting.
     *
     * @param now the time if {@link #judge} asked for it or somebody has read it, otherwise {@link TimeSource#UNREAD}
     * @return a permit, zero or more; or {@link #refused} with a reason
     */
    protected abstract long tryEnter(CallContext context, long now);

    /**
     * Takes a permit back and hears how the call ended. Called exactly once per permit.
     *
     * @param start when the call entered, or {@link TimeSource#UNREAD} if nobody needed to know
     */
    protected abstract void exit(
            long permit,
            long start,
            Verdict verdict,
            CallContext context,
            @Nullable Object result,
            @Nullable Throwable failure);

    /** The exception for a refusal, built only when it is to be thrown. */
    protected abstract CallRejectedException refusal(RejectionReason reason, CallContext context, long now);

    /** How long until a call may succeed, for a refusal that is reported as a value; negative if that cannot be said. */
    protected long retryAfterNanos(RejectionReason reason) {
        return -1;
    }

    /** Hears of each refusal, once, thrown or not: for counting. */
    protected void onRefused(RejectionReason reason) {}

    /** Whether a call that was refused for this reason may wait instead. */
    protected boolean mayWait(RejectionReason reason, CallContext context) {
        return false;
    }

    /**
     * Puts a call in line.
     *
     * @return how many nanoseconds to wait at most; {@link #refused} with a reason if it cannot wait. The gate may {@linkplain Waiter#grant let it in} from now on,
     *     even before this returns
     */
    protected long startWaiting(Waiter waiter, CallContext context, long now) {
        return refused(RejectionReason.FULL);
    }

    /** The wait is over and nobody let the call in. Returns a permit after all, or {@link #refused} with a reason. */
    protected long endWaiting(Waiter waiter) {
        return refused(RejectionReason.WAIT_EXPIRED);
    }

    /** The call gave up before the wait was over: forget it, and give back what it had reserved. */
    protected void abandonWaiting(Waiter waiter) {}

    /**
     * What every call gets that enters now, if {@link #tryEnter} need not be asked about each; otherwise null, as for most gates. It is looked at anew after {@link #change} and {@link #judge}, and
     * holds until then.
     */
    protected @Nullable StandingPermit standingPermit() {
        return null;
    }

    /** The return value that means a refusal. */
    @SuppressWarnings("EnumOrdinal")
    protected static long refused(RejectionReason reason) {
        return -1L - reason.ordinal();
    }

    /**
     * Who judges calls, and whether the decision needs the time on the way in. A gate whose options are part of its state says here what
     * follows from the state; it is asked whenever {@link #standingPermit} is. By default, what {@link #judge} was told last.
     */
    protected Judging judging() {
        return judging;
    }

    /** For subclasses: who judges calls that enter from now on, and whether the decision needs the time on the way in. */
    protected final void judge(Classifier classifier, boolean clocked) {
        judging = new Judging(classifier, clocked);
        resettle();
    }

    /**
     * For subclasses: makes a change that may bring another {@linkplain #standingPermit standing permit} or {@linkplain #judging other
     * judges}. Whoever sees the change made sees no call enter or end by the permit from before. Changes may overlap; what is in force
     * after the last of them follows from the state that they have left.
     *
     * @return what the change returns
     */
    @LeafSection
    protected final boolean change(BooleanSupplier change) {
        synchronized (settling) {
            changing++;
            standing = null;
        }
        try {
            return change.getAsBoolean();
        } finally {
            // Nothing is called before this, so that a change which has run out of stack is over, too.
            synchronized (settling) {
                changing--;
                revision++;
            }
            settle();
        }
    }

    @LeafSection
    private void resettle() {
        synchronized (settling) {
            revision++;
        }
        settle();
    }

    /** Puts in force what follows from options, listeners and the state, unless one of them changes meanwhile: then once more. */
    private void settle() {
        try {
            boolean done;
            do {
                int seen = revision;
                boolean heard = events.wanted(PolicyEvent.CallEnded.class);
                Judging judging = judging();
                StandingPermit offered = standingPermit();
                boolean told = offered != null && (heard || judging.classifier().judgesResults());
                done = putInForce(
                        seen,
                        heard,
                        judging.classifier(),
                        judging.clocked(),
                        offered != null && told ? offered.told() : offered);
            } while (!done);
        } catch (VirtualMachineError noRoom) {
            // No permit stands now, which is slower and right. The next change brings one.
        }
    }

    @LeafSection
    private boolean putInForce(
            int seen, boolean heard, Classifier classifier, boolean clocked, @Nullable StandingPermit offered) {
        synchronized (settling) {
            if (revision != seen) {
                return false;
            }
            this.classifier = classifier;
            listened = heard;
            timed = clocked || heard;
            standing = changing == 0 ? offered : null;
            return true;
        }
    }

    /**
     * How calls are judged.
     *
     * @param classifier says what an outcome means
     * @param clocked whether the decision needs the time on the way in
     */
    public record Judging(Classifier classifier, boolean clocked) {}

    /** For subclasses: where to publish events, after asking whether anybody wants them. */
    protected final Events events() {
        return events;
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final TimeSource timeSource() {
        return time;
    }

    @Override
    public final <E extends Event> Subscription subscribe(Class<E> type, Consumer<? super E> listener) {
        Subscription subscription = events.subscribe(type, listener);
        resettle();
        return () -> {
            subscription.close();
            resettle();
        };
    }

    /** Alone and with a standing permit, there is so little to do that it fits where the call is made, whatever other gates need: the machine gives up making one of methods that have grown large. */
    @Override
    public final <T extends @Nullable Object> T execute(CallContext context, Body<? extends T> body) throws Exception {
        StandingPermit standing = this.standing;
        if (standing == null || timed) {
            return this.<T>around(context, TimeSource.UNREAD, Chain.end(), body);
        }
        Classifier classifier = this.classifier;
        T result;
        try {
            result = body.in(context);
        } catch (Throwable failure) {
            end(standing.permit(), TimeSource.UNREAD, context, classifier.ofFailure(context, failure), null, failure);
            throw failure;
        }
        succeed(standing, standing.permit(), TimeSource.UNREAD, context, classifier, result);
        return result;
    }

    @Override
    public final <T extends @Nullable Object> T around(
            CallContext context, long now, Chain inner, Body<? extends T> body) throws Exception {
        Classifier classifier = this.classifier;
        long start = startOf(now);
        StandingPermit standing = this.standing;
        long permit = standing == null ? tryEnter(context, start) : standing.permit();
        if (permit < 0) {
            permit = waitOrThrow(permit, context, start);
            start = startOf(TimeSource.UNREAD);
        }
        T result;
        try {
            result = inner.proceed(context, start, body);
        } catch (Throwable failure) {
            end(permit, start, context, classifier.ofFailure(context, failure), null, failure);
            throw failure;
        }
        succeed(standing, permit, start, context, classifier, result);
        return result;
    }

    @Override
    public final <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncBody<? extends T> body) {
        Classifier classifier = this.classifier;
        long start = startOf(now);
        StandingPermit standing = this.standing;
        long permit = standing == null ? tryEnter(context, start) : standing.permit();
        if (permit < 0) {
            RejectionReason reason = reasonOf(permit);
            return mayWait(reason, context)
                    ? new GateCall<T>(this, classifier, context.orInherited()).queue(inner, body, start)
                    : Stages.failed(refuse(reason, context, start));
        }
        CompletableFuture<T> stage = inner.proceedAsync(context, start, body);
        if (stage.isDone()) {
            endAsync(permit, start, context, classifier, stage);
            return stage;
        }
        return new GateCall<T>(this, classifier, context).follow(stage, permit, start);
    }

    /** Alone, a gate need not throw what nobody wants to catch. */
    @Override
    public final <T extends @Nullable Object> Outcome<T> tryExecute(CallContext context, Body<? extends T> body)
            throws Exception {
        Classifier classifier = this.classifier;
        long start = startOf(TimeSource.UNREAD);
        StandingPermit standing = this.standing;
        long permit = standing == null ? tryEnter(context, start) : standing.permit();
        if (permit < 0) {
            permit = waitIfAllowed(permit, context, start);
            if (permit < 0) {
                return refusedOutcome(reasonOf(permit), context);
            }
            start = startOf(TimeSource.UNREAD);
        }
        T result;
        try {
            result = body.in(context);
        } catch (Throwable failure) {
            end(permit, start, context, classifier.ofFailure(context, failure), null, failure);
            if (failure instanceof CallRejectedException furtherIn) {
                return Outcome.refused(furtherIn);
            }
            throw failure;
        }
        succeed(standing, permit, start, context, classifier, result);
        return Outcome.of(result);
    }

    /**
     * Takes a permit for a call that this gate cannot be put around, waiting if the gate is one that waits.
     *
     * @throws CallRejectedException if the call may not start
     */
    public final Permit acquirePermit() {
        CallContext context = CallContext.current().inherited();
        Classifier classifier = this.classifier;
        long start = startOf(TimeSource.UNREAD);
        StandingPermit standing = this.standing;
        long permit = standing == null ? tryEnter(context, start) : standing.permit();
        if (permit < 0) {
            permit = waitOrThrow(permit, context, start);
            start = startOf(TimeSource.UNREAD);
        }
        return new Permit(this, context, classifier, permit, start);
    }

    /** The same without waiting: null if the call may not start now. */
    public final @Nullable Permit tryAcquirePermit() {
        CallContext context = CallContext.current().inherited();
        Classifier classifier = this.classifier;
        long start = startOf(TimeSource.UNREAD);
        StandingPermit standing = this.standing;
        long permit = standing == null ? tryEnter(context, start) : standing.permit();
        if (permit < 0) {
            noteCallRefused(reasonOf(permit), context);
            return null;
        }
        return new Permit(this, context, classifier, permit, start);
    }

    final long startOf(long now) {
        return now == TimeSource.UNREAD && timed ? time.nanoTime() : now;
    }

    static RejectionReason reasonOf(long code) {
        return REASONS[(int) (-1L - code)];
    }

    final long waitOrThrow(long code, CallContext context, long now) {
        long permit = waitIfAllowed(code, context, now);
        if (permit < 0) {
            // Another reason than before came of a wait, perhaps, in which time has passed.
            throw CallRejectedException.of(this, reasonOf(permit), context, permit == code ? now : TimeSource.UNREAD);
        }
        return permit;
    }

    /** Waits on this thread if the gate allows that. */
    private long waitIfAllowed(long code, CallContext plainContext, long now) {
        if (!mayWait(reasonOf(code), plainContext)) {
            return code;
        }
        CallContext context = plainContext.orInherited();
        Waiter waiter = new Waiter(context, Thread.currentThread());
        long begun = now == TimeSource.UNREAD ? time.nanoTime() : now;
        long allowed = startWaiting(waiter, context, begun);
        if (allowed < 0) {
            return allowed;
        }
        boolean decided = false;
        try {
            long permit = park(waiter, begun, allowed);
            decided = true;
            return permit;
        } finally {
            if (!decided) {
                leaveLine(waiter);
            }
        }
    }

    private long park(Waiter waiter, long begun, long allowed) {
        while (!waiter.isGranted()) {
            if (Thread.interrupted()) {
                boolean gaveUp = waiter.giveUp();
                Thread.currentThread().interrupt();
                if (gaveUp) {
                    abandonWaiting(waiter);
                    return refused(RejectionReason.INTERRUPTED);
                }
                break;
            }
            long left = allowed - (time.nanoTime() - begun);
            if (left <= 0) {
                if (waiter.giveUp()) {
                    return endWaiting(waiter);
                }
                break;
            }
            time.parkNanos(this, left);
        }
        return waiter.permit();
    }

    /** Something went wrong while waiting that is none of the gate's doing: neither a place in line nor a permit may be lost by it. */
    private void leaveLine(Waiter waiter) {
        if (waiter.giveUp()) {
            abandonWaiting(waiter);
        } else if (waiter.isGranted()) {
            exit(waiter.permit(), TimeSource.UNREAD, Verdict.IGNORED, waiter.context(), null, null);
        }
    }

    final CallRejectedException refuse(RejectionReason reason, CallContext context, long now) {
        noteCallRefused(reason, context);
        return refusal(reason, context, now);
    }

    /** A call was turned away, which is news for the log, too, unless it was its own doing. */
    final void noteCallRefused(RejectionReason reason, CallContext context) {
        noteRefusal(reason, context);
        refusals().tellLog(reason);
    }

    /** For subclasses with ways in of their own: counts and publishes a refusal, as this class does for those it makes itself. */
    protected final void noteRefusal(RejectionReason reason, CallContext context) {
        onRefused(reason);
        if (events.wanted(PolicyEvent.CallRejected.class)) {
            events.publish(
                    new PolicyEvent.CallRejected(name, time.nanoTime(), context, reason, retryAfterNanos(reason)));
        }
    }

    private <T extends @Nullable Object> Outcome<T> refusedOutcome(RejectionReason reason, CallContext context) {
        noteCallRefused(reason, context);
        return refusals().outcome(reason);
    }

    private Refusals refusals() {
        Refusals existing = refusals;
        if (existing != null) {
            return existing;
        }
        Refusals fresh = new Refusals(this);
        Refusals found = (Refusals) REFUSALS.compareAndExchange(this, null, fresh);
        return found == null ? fresh : found;
    }

    /** Ends a call whose future is complete. */
    final void endAsync(
            long permit, long start, CallContext context, Classifier classifier, CompletableFuture<?> done) {
        Throwable failure = Stages.failureOf(done);
        if (failure != null) {
            end(permit, start, context, classifier.ofFailure(context, failure), null, failure);
        } else {
            Object result = done.join();
            succeed(standingAs(permit), permit, start, context, classifier, result);
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
        if (entered != null && entered == standing && entered.calm().prevails()) {
            return;
        }
        end(permit, start, context, classifier.ofResult(context, result), result, null);
    }

    /** The standing permit, if a call that has this one may have entered by it. */
    final @Nullable StandingPermit standingAs(long permit) {
        StandingPermit standing = this.standing;
        return standing != null && standing.permit() == permit ? standing : null;
    }

    final void end(
            long permit,
            long start,
            CallContext context,
            Verdict verdict,
            @Nullable Object result,
            @Nullable Throwable failure) {
        exit(permit, start, verdict, context, result, failure);
        if (listened) {
            long now = time.nanoTime();
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
