package dev.mainstay.ratelimit;

import dev.mainstay.Gate;
import dev.mainstay.PolicyEvent;
import dev.mainstay.Reconfigurable;
import dev.mainstay.Waiter;
import dev.mainstay.call.CallContext;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.registry.StateTransfer;
import dev.mainstay.safe.Require;
import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Lets through so many calls in so long: a smooth rate ({@link RateLimit#smooth}), an exact window ({@link
 * RateLimit#atMost}), or several of them at once. A call takes as many permits as it {@linkplain CallContext#cost()
 * costs}; they come back with time, not when the call ends.
 *
 * <p>A call for which there are no permits is rejected, with a {@link RateLimitExceededException}, or waits, if {@link
 * RateLimiterConfig.Builder#timeoutDuration} allows it or it {@linkplain CallContext#maxWait says so} itself: it stands
 * in line for the next permits there will be, so that calls are let in first come first served, and one that comes
 * later never overtakes. A wait that would be longer than allowed, or would not end before the call's deadline, is not
 * begun. A wait that is cancelled or interrupted gives its permits back, and those behind it move up.
 *
 * <p>Smooth limits with a burst let through up to twice the limit in one period, namely a full burst and what comes
 * back in the meantime; choose a smaller burst, or an exact window, where the other side counts strictly.
 *
 * <p>Permits can also be had without a call: {@link #tryAcquire()}, {@link #tryAcquire(int, Duration)}, {@link
 * #acquire()}, {@link #acquireAsync()}, {@link #reserve}.
 *
 * <p>Safe for use by many threads. A call that is let in reads the clock once. At a single smooth rate for which nobody
 * waits it does one compare-and-set; otherwise it takes its permits in a few steps under a monitor, in which nothing
 * else runs. A call that is rejected reads the clock once more.
 */
public final class RateLimiter extends Gate implements Reconfigurable<RateLimiterConfig>, StateTransfer<RateLimiter> {

    private static final AtomicReferenceFieldUpdater<RateLimiter, Settings> SETTINGS =
            AtomicReferenceFieldUpdater.newUpdater(RateLimiter.class, Settings.class, "settings");

    private static final AtomicIntegerFieldUpdater<RateLimiter> WAITING =
            AtomicIntegerFieldUpdater.newUpdater(RateLimiter.class, "waiting");

    private static final AtomicReferenceFieldUpdater<RateLimiter, @Nullable Turn> TURN =
            AtomicReferenceFieldUpdater.newUpdater(RateLimiter.class, Turn.class, "turn");

    /** The longest wait that a rejection's code can hold. */
    private static final long MOST_TOLD = 1L << 54;

    /** A wait would be longer than is allowed. */
    private static final long TOO_LONG = -1;

    /** A wait would not end before the deadline. */
    private static final long PAST_DEADLINE = -2;

    private final TimeSource time;
    private final CallCounter admitted = new CallCounter();
    private final CallCounter rejected = new CallCounter();
    private final Recorder waits = new Recorder();
    private volatile Settings settings;
    private volatile int waiting;

    /** What is armed for the first call that has moved up in line, if any has. */
    private volatile @Nullable Turn turn;

    private RateLimiter(String name, RateLimiterConfig config) {
        super(name, Require.present("config", config).timeSource(), Classifier.standard());
        this.time = config.timeSource();
        this.settings = new Settings(config, Ledger.of(config.limits(), time));
        classifyWith(Classifier.standard(), true, false);
    }

    /** A limiter with these options. */
    public static RateLimiter of(String name, RateLimiterConfig config) {
        return new RateLimiter(name, config);
    }

    /**
     * A limiter with the options that the function says: {@code RateLimiter.of("search", c ->
     * c.limitForPeriod(100).limitRefreshPeriod(ofSeconds(1)))}.
     */
    public static RateLimiter of(String name, UnaryOperator<RateLimiterConfig.Builder> options) {
        return of(
                name,
                Require.configured(
                        RateLimiterConfig.KIND,
                        name,
                        () -> options.apply(RateLimiterConfig.builder()).build()));
    }

    /** A limiter with these limits, that rejects at once what they do not let through. */
    public static RateLimiter of(String name, RateLimit... limits) {
        return of(name, config -> config.limits(limits));
    }

    // ---- permits without a call

    /** Takes a permit if there is one now; does not wait. */
    public boolean tryAcquire() {
        return tryAcquire(1);
    }

    /**
     * Takes so many permits if they are there now, or none; does not wait.
     *
     * @param permits at least 1; more than a burst are never there
     */
    public boolean tryAcquire(int permits) {
        Require.atLeast("permits", permits, 1);
        long now = time.nanoTime();
        long taken = take(permits, now);
        if (taken == Ledger.TAKEN) {
            return true;
        }
        noteRejection(rejection(RejectionReason.RATE, permits, -taken, now), CallContext.plain());
        return false;
    }

    /**
     * Takes a permit, waiting for it no longer than that: {@link #tryAcquire(int, Duration)} for one.
     */
    public boolean tryAcquire(Duration maxWait) {
        return tryAcquire(1, maxWait);
    }

    /**
     * Takes so many permits, waiting for them no longer than that, nor beyond the deadline of the thread's current
     * call; or none. If they will not be there in time, it does not wait at all. The option {@code timeoutDuration}
     * plays no part.
     *
     * @param permits at least 1; more than a burst are never there
     * @param maxWait zero for not at all, a huge one for as long as it takes
     * @return whether the permits may be used; false also if the thread is interrupted while it waits, its interrupt
     *     flag set
     */
    public boolean tryAcquire(int permits, Duration maxWait) {
        CallContext context = costing(permits).maxWait(Require.present("maxWait", maxWait));
        try {
            return !this.<CallContext>tryExecute(context, call -> call).isRejected();
        } catch (RuntimeException broken) {
            throw broken;
        } catch (Exception impossible) {
            throw new AssertionError(impossible);
        }
    }

    /**
     * Takes all permits that are there now, whole ones, and those that come back later are there as ever: for instance
     * when the other side says that its own limit is used up. What waiting calls and reservations were promised stays
     * theirs.
     *
     * @return how many were taken
     */
    public int drainPermits() {
        StackReserve.check();
        long now = time.nanoTime();
        int drained = 0;
        while (true) {
            Settings settings = this.settings;
            int left = settings.ledger.remaining(now);
            if (left == 0) {
                return drained;
            }
            long taken = settings.ledger.take(left, now);
            if (taken == Ledger.TAKEN) {
                drained += left;
            } else if (taken == Ledger.MOVED) {
                boolean ignored = carryOver(settings, settings.config, now, false);
            }
        }
    }

    /**
     * Takes a permit, waiting for it as long as the options and the deadline of the thread's current call allow.
     *
     * @throws CallRejectedException if there is none in time, or if the thread is interrupted while it waits; its
     *     interrupt flag is set then
     */
    public void acquire() {
        acquire(1);
    }

    /**
     * Takes so many permits, waiting for them as long as the options and the deadline of the thread's current call
     * allow.
     *
     * @throws CallRejectedException if they are not there in time, or if the thread is interrupted while it waits; its
     *     interrupt flag is set then
     */
    public void acquire(int permits) {
        try {
            this.<CallContext>execute(costing(permits), context -> context);
        } catch (RuntimeException rejection) {
            throw rejection;
        } catch (Exception impossible) {
            throw new AssertionError(impossible);
        }
    }

    /**
     * As {@link #acquire()}, without blocking: the future is complete when the permit may be used. Cancelling it ends
     * the wait.
     */
    public CompletableFuture<@Nullable Void> acquireAsync() {
        return acquireAsync(1);
    }

    /**
     * As {@link #acquire(int)}, without blocking: the future is complete when the permits may be used. Cancelling it
     * ends the wait.
     */
    @SuppressWarnings("NullAway") // on 17, the bound of executeAsync's type variable is not read from the other module
    public CompletableFuture<@Nullable Void> acquireAsync(int permits) {
        return this.<@Nullable Void>executeAsync(
                costing(permits), context -> CompletableFuture.<@Nullable Void>completedFuture(null));
    }

    private static CallContext costing(int permits) {
        Require.atLeast("permits", permits, 1);
        CallContext context = CallContext.current().inherited();
        return permits == 1 ? context : context.cost(permits);
    }

    /**
     * Takes so many permits for use as soon as it is their turn, however long that takes, and says how long: for
     * callers who wait by themselves.
     *
     * @throws RateLimitExceededException if so many are never there at once
     */
    public Reservation reserve(int permits) {
        return reserve(permits, Duration.ofNanos(Nanos.FOREVER));
    }

    /**
     * The same, unless it would take longer than that; then nothing is reserved.
     *
     * @throws RateLimitExceededException if it would take longer, or if so many are never there at once
     */
    public Reservation reserve(int permits, Duration maxWait) {
        Require.atLeast("permits", permits, 1);
        long allowed = Nanos.of(Require.notNegative("maxWait", maxWait));
        StackReserve.check();
        long now = time.nanoTime();
        Claim claim = Claim.ofReservation(permits);
        if (claim(claim, now, allowed, Nanos.FOREVER) < 0) {
            Rejection rejection = rejection(RejectionReason.RATE, permits, 0, now);
            noteRejection(rejection, CallContext.plain());
            throw rejection.toException();
        }
        admitted.increment();
        return new Reservation(this, claim);
    }

    // ---- what is left

    /** How many permits can be had now. */
    public int remaining() {
        return settings.ledger.remaining(time.nanoTime());
    }

    /** How long until a permit can be had, if nobody else comes; zero if there is one now. */
    public Duration retryAfter() {
        return Duration.ofNanos(settings.ledger.earliest(1, time.nanoTime()));
    }

    /** How long until all permits are there again, if nobody comes; zero if they are. */
    public Duration resetAfter() {
        return Duration.ofNanos(settings.ledger.resetAfter(time.nanoTime()));
    }

    // ---- decisions

    /**
     * Takes permits for use now, if they are there. A thread may be held up after it has read the clock, while time
     * passes and others take what came back. So it is rejected by a state only if that was in force at its time. Where
     * that is not known, it reads the clock once more: the permits it has seen missing were missing at some instant of
     * its call if they still are by that later time. If they are there by then, it tries again; that it fails again
     * means that another thread has taken some.
     *
     * @return {@link Ledger#TAKEN}; otherwise, negated, in how many nanoseconds they will be there if nobody else comes
     */
    private long take(int permits, long now) {
        long at = now;
        while (true) {
            Settings settings = this.settings;
            Ledger ledger = settings.ledger;
            long taken = ledger.take(permits, at);
            if (taken == Ledger.TAKEN) {
                admitted.increment();
                if (ledger instanceof QueueingLedger line && line.isIdleLine()) {
                    boolean ignored = carryOver(settings, settings.config, at, false);
                }
                return taken;
            }
            if (taken == Ledger.MOVED) {
                boolean ignored = carryOver(settings, settings.config, at, false);
                continue;
            }
            if (ledger.wasInForceAt(at)) {
                return taken;
            }
            long revision = ledger.revision();
            long later = time.nanoTime();
            if (later - at < -taken) {
                ledger.inForce(revision, later);
                return taken + (later - at);
            }
            at = later;
        }
    }

    /**
     * Claims permits for use after the shortest wait that is possible, if that is allowed and ends before the time is
     * up.
     *
     * @param left how long from {@code now} until the time is up
     * @return how long the wait is, {@link #TOO_LONG} or {@link #PAST_DEADLINE}
     */
    private long claim(Claim claim, long now, long allowed, long left) {
        long at = now;
        while (true) {
            Settings settings = this.settings;
            Ledger ledger = settings.ledger;
            if (claim.permits > ledger.most()) {
                return TOO_LONG;
            }
            long mostAllowed = Math.min(allowed, ledger.longestWait());
            long longest = Math.max(0, Math.min(mostAllowed, left - (at - now) - 1));
            long wait;
            if (ledger instanceof QueueingLedger line) {
                wait = line.claim(claim, at, longest);
            } else {
                long earliest = ledger.earliest(claim.permits, at);
                wait = earliest > longest ? -1 - earliest : Ledger.MOVED;
                if (earliest == 0 && claim.fixed && ledger.take(claim.permits, at) == Ledger.TAKEN) {
                    claim.promised = at;
                    return 0;
                }
            }
            if (wait >= 0) {
                return wait;
            }
            if (wait == Ledger.MOVED) {
                boolean ignored = carryOver(settings, settings.config, at, true);
                continue;
            }
            // As in take.
            long later = time.nanoTime();
            long still = -1 - wait - (later - at);
            if (still > mostAllowed || (later - at <= 0 && -1 - wait > mostAllowed)) {
                return TOO_LONG;
            }
            if (later - at <= 0 || (still > 0 && still >= left - (later - now))) {
                return PAST_DEADLINE;
            }
            at = later;
        }
    }

    /** Takes a claim back. Calls behind it in line move up. False if its permits are spent. */
    boolean giveBack(Claim claim) {
        while (true) {
            Settings settings = this.settings;
            if (!(settings.ledger instanceof QueueingLedger line)) {
                return false;
            }
            long now = time.nanoTime();
            long code = line.cancel(claim, now);
            if (code != Ledger.MOVED) {
                armTurn(line, now);
                return code == QueueingLedger.WENT_BACK;
            }
            boolean ignored = carryOver(settings, settings.config, now, true);
        }
    }

    /**
     * Puts a ledger in force that owes what the one before did. False if somebody else was faster.
     *
     * @param lined whether calls must be able to wait in it
     */
    private boolean carryOver(Settings before, RateLimiterConfig config, long now, boolean lined) {
        return carryOver(before, config, List.of(), now, lined);
    }

    private boolean carryOver(Settings before, RateLimiterConfig config, List<Debt> foreign, long now, boolean lined) {
        before.ledger.close();
        Ledger ledger = before.ledger.successor(config.limits(), foreign, now, lined);
        if (!SETTINGS.compareAndSet(this, before, new Settings(config, ledger))) {
            return false;
        }
        if (ledger instanceof QueueingLedger line) {
            armTurn(line, now);
        }
        return true;
    }

    // ---- calls that move up

    /**
     * Sees to it that the first call that has moved up is let in at its new time. Should this fail halfway, calls go on
     * when their own wait is over.
     */
    private void armTurn(QueueingLedger line, long now) {
        QueueingLedger.Place first = line.firstMovedUp();
        if (first == null) {
            return;
        }
        long due = line.turnOf(first);
        while (true) {
            Turn armed = turn;
            if (armed != null && armed.due - due <= 0) {
                return;
            }
            Turn fresh = new Turn(due);
            time.arm(fresh, Math.max(0, due - now));
            if (TURN.compareAndSet(this, armed, fresh)) {
                if (armed != null) {
                    boolean ignored = armed.cancel();
                }
                if (fresh.fired) {
                    boolean ignored = TURN.compareAndSet(this, fresh, null);
                }
                return;
            }
            boolean ignored = fresh.cancel();
        }
    }

    /**
     * Lets in the calls that have moved up and whose time has come; before each of them, those that stand before it.
     *
     * @param gone a call whose own wait was over, and which was given the time to go on by itself
     */
    private void letInMovedUp(QueueingLedger.@Nullable Place gone) {
        while (settings.ledger instanceof QueueingLedger line) {
            QueueingLedger.Place movedUp = line.firstMovedUp();
            if (movedUp == null) {
                return;
            }
            long now = time.nanoTime();
            if (line.turnOf(movedUp) - now > 0) {
                armTurn(line, now);
                return;
            }
            QueueingLedger.Place first = line.firstDue(now);
            if (first == null) {
                return;
            }
            Waiter waiter = first.claim().waiter;
            if (waiter != null && !letIn(waiter) && first != movedUp && first != gone) {
                time.completions().execute(() -> letInMovedUp(first));
                return;
            }
            first.claim().end();
        }
    }

    private boolean letIn(Waiter waiter) {
        if (!waiter.grant(0)) {
            return false;
        }
        WAITING.decrementAndGet(this);
        return true;
    }

    /** The time at which a call that has moved up is let in. */
    private final class Turn extends TimedTask {

        private final long due;
        private volatile boolean fired;

        Turn(long due) {
            this.due = due;
        }

        @Override
        protected void fire() {
            fired = true;
            boolean ignored = TURN.compareAndSet(RateLimiter.this, this, null);
            letInMovedUp(null);
        }
    }

    @Override
    protected long tryEnter(CallContext context, long now) {
        long taken = take(context.cost(), now == TimeSource.UNREAD ? time.nanoTime() : now);
        return taken == Ledger.TAKEN ? 0 : reject(RejectionReason.RATE, -taken <= MOST_TOLD ? -taken : 0);
    }

    /** Permits come back with time, however the call ends. */
    @Override
    protected void exit(
            long permit,
            long start,
            long now,
            Verdict verdict,
            CallContext context,
            @Nullable Object result,
            @Nullable Throwable failure) {}

    @Override
    protected boolean mayWait(long code, CallContext context) {
        if (reasonOf(code) != RejectionReason.RATE) {
            return false;
        }
        long own = context.maxWaitNanos();
        return own < 0 ? !settings.config.timeoutDuration().isZero() : own > 0;
    }

    private static long allowed(RateLimiterConfig config, CallContext context) {
        long own = context.maxWaitNanos();
        return own < 0 ? Nanos.of(config.timeoutDuration()) : own;
    }

    @Override
    protected long wouldEnter(CallContext context, long now) {
        Settings settings = this.settings;
        Ledger ledger = settings.ledger;
        int permits = context.cost();
        if (permits > ledger.most()) {
            return reject(RejectionReason.RATE);
        }
        long wait = ledger.earliest(permits, now);
        if (wait > Math.min(allowed(settings.config, context), ledger.longestWait())) {
            return reject(RejectionReason.RATE, wait <= MOST_TOLD ? wait : 0);
        }
        return wait == 0 || wait < context.remainingNanos(time, now) ? 0 : reject(RejectionReason.DEADLINE);
    }

    @Override
    protected long startWaiting(Waiter waiter, CallContext context, long now) {
        StackReserve.check();
        Claim claim = Claim.ofCall(context.cost(), waiter);
        waiter.ticket(now);
        waiter.attach(claim);
        WAITING.incrementAndGet(this);
        long wait = claim(claim, now, allowed(settings.config, context), context.remainingNanos(time, now));
        if (wait < 0) {
            WAITING.decrementAndGet(this);
            return reject(wait == TOO_LONG ? RejectionReason.RATE : RejectionReason.DEADLINE);
        }
        return Math.max(0, claim.promised - now);
    }

    @Override
    protected long endWaiting(Waiter waiter, long now) {
        claimOf(waiter).end();
        WAITING.decrementAndGet(this);
        return 0;
    }

    @Override
    protected void onBegin(Waiter waiter) {
        admitted.increment();
        if (waits.isActive()) {
            waits.record(time.nanoTime() - waiter.ticket());
        }
    }

    @Override
    protected void abandonWaiting(Waiter waiter) {
        if (waiter.attachment() == null) {
            // It ran out of stack before it began to wait.
            return;
        }
        WAITING.decrementAndGet(this);
        Claim claim = claimOf(waiter);
        boolean ignored = giveBack(claim);
        claim.end();
    }

    private static Claim claimOf(Waiter waiter) {
        return (Claim) Objects.requireNonNull(waiter.attachment());
    }

    @Override
    protected void onRejected(Rejection rejection, CallContext context) {
        rejected.increment();
    }

    @Override
    protected Rejection rejection(long code, CallContext context, long now) {
        long at = now == TimeSource.UNREAD ? time.nanoTime() : now;
        return rejection(reasonOf(code), context.cost(), dataOf(code), at);
    }

    /** @param wait how long until the permits are there, if that is known; otherwise 0 */
    private Rejection rejection(RejectionReason reason, int permits, long wait, long now) {
        Settings settings = this.settings;
        Ledger ledger = settings.ledger;
        long retryAfter = permits > ledger.most() ? -1 : wait > 0 ? wait : ledger.earliest(permits, now);
        return new RateRejection(
                name(),
                reason,
                retryAfter,
                permits,
                ledger.tightest(permits, now),
                ledger.remaining(now),
                settings.config.stackTraces());
    }

    // ---- options

    @Override
    public RateLimiterConfig config() {
        return settings.config;
    }

    /**
     * {@inheritDoc}
     *
     * <p>What is owed stays: as many permits as were taken and have not come back are still taken, and come back at the
     * new rate. A window remembers its newest permits. If the kind changes, as many permits are owed as before, rounded
     * up. Of several limits, each keeps what was owed under the one that stood in its place; one that is added owes
     * nothing. Calls that wait move up if the new limits allow that, and never get a later time than they were given.
     * Reservations keep their time.
     */
    @Override
    public void reconfigure(UnaryOperator<RateLimiterConfig> change) {
        Require.present("change", change);
        Settings before;
        RateLimiterConfig config;
        do {
            before = settings;
            config = Require.present("config", change.apply(before.config));
            Require.unchanged(RateLimiterConfig.KIND, name(), "timeSource", time, config.timeSource());
        } while (!put(before, config));
        PolicyEvent.Reconfigured.announce(this, events(), time, before.config, config);
    }

    /** Limits that stay go on in the same ledger, so that what is reserved in it can still go back. */
    private boolean put(Settings before, RateLimiterConfig config) {
        return config.limits().equals(before.config.limits())
                ? SETTINGS.compareAndSet(this, before, new Settings(config, before.ledger))
                : carryOver(before, config, time.nanoTime(), false);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Afterwards this one owes at least as much as the shared one. What was promised there to calls that wait, and
     * to reservations, is part of that.
     */
    @Override
    public void takeOver(RateLimiter shared) {
        Ledger ledger;
        List<Debt> debts;
        do {
            ledger = shared.settings.ledger;
            debts = ledger.debts(shared.time.nanoTime());
        } while (shared.settings.ledger != ledger);
        Settings before;
        do {
            before = settings;
        } while (!carryOver(before, before.config, debts, time.nanoTime(), false));
    }

    // ---- self-description

    @Override
    protected void describe(MeterSink sink) {
        sink.gauge(
                MeterId.of("ratelimiter.available", name(), "Permits that can be had now", "permits"), this::remaining);
        sink.gauge(MeterId.of("ratelimiter.waiting", name(), "Calls that wait for permits", "calls"), () -> waiting);
        sink.counter(MeterId.of("ratelimiter.admitted", name(), "Calls that were let in", "calls"), admitted);
        sink.counter(MeterId.of("ratelimiter.rejected", name(), "Calls that were rejected", "calls"), rejected);
        sink.timer(MeterId.of("ratelimiter.wait", name(), "How long calls that had to wait did so", "seconds"), waits);
    }

    @Override
    public String explain() {
        Settings settings = this.settings;
        long now = time.nanoTime();
        long wait = settings.ledger.earliest(1, now);
        return "'" + name() + "' lets "
                + settings.config.limits().stream().map(Object::toString).collect(Collectors.joining(", and "))
                + " through; " + settings.ledger.remaining(now) + " left"
                + (wait == 0 ? "" : ", the next in " + Nanos.format(wait))
                + (waiting == 0 ? "" : ", " + waiting + " waiting");
    }

    /** The clock of its reservations. */
    TimeSource clock() {
        return timeSource();
    }

    /** Whether everything is paid for and nobody waits: a new limiter would decide as this one does. */
    @Override
    protected boolean isIdle() {
        return waiting == 0 && settings.ledger.resetAfter(time.nanoTime()) == 0;
    }

    /** The options in force, and what is owed under them. */
    private record Settings(RateLimiterConfig config, Ledger ledger) {}
}
