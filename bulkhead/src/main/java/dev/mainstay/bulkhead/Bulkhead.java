package dev.mainstay.bulkhead;

import dev.mainstay.Gate;
import dev.mainstay.Reconfigurable;
import dev.mainstay.Waiter;
import dev.mainstay.call.CallContext;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.Require;
import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.Nanos;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Lets so many calls be in progress at a time and no more, on their callers' threads or as stages.
 *
 * <p>A call that finds all slots taken is rejected with a {@link BulkheadFullException}, or waits for a slot if it
 * {@linkplain BulkheadConfig.Builder#maxWaitDuration may}, or itself {@linkplain CallContext#maxWait says}. Waiting
 * calls are let in first come, first served, and nobody overtakes them; a synchronous one parks its thread, an
 * asynchronous one blocks nobody and goes on on the pipeline's executor. A call does not wait beyond its deadline. The
 * reason of a rejection is FULL (no waiting), QUEUE_FULL, WAIT_EXPIRED, DEADLINE, or INTERRUPTED while waiting, in
 * which case the thread's interrupt flag is set.
 *
 * <p>An asynchronous call holds its slot until its stage is complete.
 *
 * <p>The limit can be {@linkplain #reconfigure changed} while calls go through. Safe for use by many threads.
 */
public final class Bulkhead extends Gate implements Reconfigurable<BulkheadConfig> {

    private static final List<RejectionReason> REASONS = List.of(
            RejectionReason.FULL,
            RejectionReason.QUEUE_FULL,
            RejectionReason.WAIT_EXPIRED,
            RejectionReason.DEADLINE,
            RejectionReason.INTERRUPTED,
            RejectionReason.CANCELLED,
            RejectionReason.EXECUTOR);

    private final BulkheadMeters meters;
    private final Slots slots;

    /** Held while options change, which they do seldom: one for all. Nothing of the user's runs meanwhile. */
    private static final ReentrantLock CHANGING = new ReentrantLock();

    private volatile BulkheadConfig config;

    private Bulkhead(String name, BulkheadConfig config) {
        super(name, config.timeSource(), Classifier.standard());
        this.config = config;
        this.meters = new BulkheadMeters(config.timeSource(), REASONS);
        this.slots = new Slots(name, config.maxConcurrentCalls(), joined -> {});
    }

    /** A bulkhead with these options. */
    public static Bulkhead of(String name, BulkheadConfig config) {
        return new Bulkhead(name, Require.present("config", config));
    }

    /**
     * A bulkhead with the defaults, but for what the function says:
     * {@code Bulkhead.of("inventory", c -> c.maxConcurrentCalls(10))}.
     */
    public static Bulkhead of(String name, UnaryOperator<BulkheadConfig.Builder> options) {
        return of(
                name,
                Require.configured(
                        BulkheadConfig.KIND,
                        name,
                        () -> options.apply(BulkheadConfig.builder()).build()));
    }

    /** A bulkhead with the defaults: 25 calls at a time, and no waiting. */
    public static Bulkhead ofDefaults(String name) {
        return of(name, BulkheadConfig.defaults());
    }

    @Override
    public BulkheadConfig config() {
        return config;
    }

    /**
     * Puts other options in force, at once. A higher limit lets in those that wait; a lower one takes no slot from a
     * call in progress, so that for a while more calls may be in progress than it says. Calls that wait already go on
     * waiting as long as they were told.
     *
     * @throws IllegalArgumentException if the time source is another one
     */
    @Override
    public void reconfigure(UnaryOperator<BulkheadConfig> change) {
        Require.present("change", change);
        BulkheadConfig before;
        BulkheadConfig config;
        do {
            before = this.config;
            config = Require.present("config", change.apply(before));
            Require.unchanged(BulkheadConfig.KIND, name(), "timeSource", timeSource(), config.timeSource());
        } while (!replace(before, config));
        new Reconfiguration(before, config, before.maxConcurrentCalls(), config.maxConcurrentCalls())
                .announce(this, timeSource(), events());
    }

    /** Puts options in force, unless others than these have come before. */
    @SuppressWarnings("ReferenceEquality") // equal options that came meanwhile are options that came meanwhile
    private boolean replace(BulkheadConfig before, BulkheadConfig config) {
        // An overflow within the lock would leave it locked.
        StackReserve.check();
        CHANGING.lock();
        try {
            if (this.config != before) {
                return false;
            }
            this.config = config;
            slots.resize(config.maxConcurrentCalls());
            return true;
        } finally {
            CHANGING.unlock();
        }
    }

    /** How many calls are allowed at a time. */
    public int limit() {
        return slots.limit();
    }

    /** How many calls are in progress; more than the limit for a while after that was lowered. */
    public int inUse() {
        giveBackOwed();
        return slots.inUse();
    }

    /** How many calls wait in line. */
    public int queued() {
        giveBackOwed();
        return slots.queued();
    }

    @Override
    protected long tryEnter(CallContext context, long now) {
        long full = slots.take();
        if (full != Slots.TAKEN) {
            return reject(RejectionReason.FULL, slots.numbers(full));
        }
        try {
            meters.admitted();
        } catch (Throwable noRoom) {
            // The call is in all the same.
        }
        return Slots.PERMIT;
    }

    @Override
    protected void exit(
            long permit,
            long start,
            long now,
            Verdict verdict,
            CallContext context,
            @Nullable Object result,
            @Nullable Throwable failure) {
        slots.give();
    }

    @Override
    protected boolean holdsPermitUntilBodyEnds() {
        return true;
    }

    @Override
    protected Rejection rejection(long code, CallContext context, long now) {
        return new FullRejection(name(), reasonOf(code), slots, dataOf(code), config.stackTraces());
    }

    @Override
    protected void onRejected(Rejection rejection, CallContext context) {
        meters.rejected(rejection.reason());
    }

    @Override
    protected boolean mayWait(long code, CallContext context) {
        long own = context.maxWaitNanos();
        return own < 0 ? !config.maxWaitDuration().isZero() : own > 0 && config.maxQueuedCalls() > 0;
    }

    /** Whoever would stand in line is let in, or rejected, as the line is now. */
    @Override
    protected long wouldEnter(CallContext context, long now) {
        int queued = slots.queued();
        if (queued == 0 && slots.inUse() < slots.limit()) {
            return Slots.PERMIT;
        }
        long numbers = slots.numbers();
        if (!mayWait(reject(RejectionReason.FULL), context)) {
            return reject(RejectionReason.FULL, numbers);
        }
        if (context.remainingNanos(timeSource(), now) <= 0) {
            return reject(RejectionReason.DEADLINE, numbers);
        }
        return queued < config.maxQueuedCalls() ? Slots.PERMIT : reject(RejectionReason.QUEUE_FULL, numbers);
    }

    @Override
    protected long startWaiting(Waiter waiter, CallContext context, long now) {
        BulkheadConfig config = this.config;
        long remaining = context.remainingNanos(timeSource(), now);
        if (remaining <= 0) {
            return reject(RejectionReason.DEADLINE, slots.numbers());
        }
        if (!slots.join(waiter, now, config.maxQueuedCalls())) {
            return reject(RejectionReason.QUEUE_FULL, slots.numbers());
        }
        long own = context.maxWaitNanos();
        return Math.min(own < 0 ? Nanos.of(config.maxWaitDuration()) : own, remaining);
    }

    @Override
    protected long endWaiting(Waiter waiter, long now) {
        slots.leave(waiter);
        boolean late = waiter.context().remainingNanos(timeSource(), now) <= 0;
        return reject(late ? RejectionReason.DEADLINE : RejectionReason.WAIT_EXPIRED, slots.numbers());
    }

    @Override
    protected void abandonWaiting(Waiter waiter) {
        slots.leave(waiter);
    }

    @Override
    protected void onBegin(Waiter waiter) {
        meters.admitted();
        if (waiter.attachment() instanceof QueueNode place) {
            meters.waitedSince(place.joined);
        }
    }

    @Override
    protected void serveWaiting() {
        slots.settle();
    }

    @Override
    protected void describe(MeterSink sink) {
        meters.describe(name(), this::inUse, slots, sink);
    }

    @Override
    public String explain() {
        BulkheadConfig config = this.config;
        String waiting = config.maxWaitDuration().isZero()
                ? "nobody may wait"
                : queued() + " of at most " + config.maxQueuedCalls() + " waiting up to "
                        + Nanos.format(Nanos.of(config.maxWaitDuration()));
        return "'" + name() + "' has " + inUse() + " of " + slots.limit() + " slots in use, " + waiting;
    }

    /** Whether no call is in progress and none waits. */
    @Override
    protected boolean isIdle() {
        return inUse() == 0 && slots.queued() == 0;
    }
}
