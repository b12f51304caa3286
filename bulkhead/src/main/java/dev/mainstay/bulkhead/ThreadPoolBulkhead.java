package dev.mainstay.bulkhead;

import dev.mainstay.Chain;
import dev.mainstay.Policy;
import dev.mainstay.PolicyEvent;
import dev.mainstay.Reconfigurable;
import dev.mainstay.RejectionLog;
import dev.mainstay.ThreadHandoff;
import dev.mainstay.Waiter;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.CheckedSupplier;
import dev.mainstay.event.Events;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.event.Subscription;
import dev.mainstay.future.Stages;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.Require;
import dev.mainstay.safe.SafeLog;
import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Runs calls on threads of its own, or of an executor of yours, so many at a time and no more; others wait in a bounded
 * queue, first come, first served.
 *
 * <p>A synchronous caller waits until its call has run. An asynchronous call's body runs on the thread too, and the
 * future follows the stage that it returns; the slot is held while the thread works, not until that stage is complete:
 * bound those with a {@link Bulkhead}. {@link #submit} runs a blocking call without holding up the caller.
 *
 * <p>A call that finds the queue full is rejected with a {@link BulkheadFullException}: QUEUE_FULL, or FULL without a
 * queue. A queued call whose caller gives up (cancels the future, is interrupted) leaves the queue and never runs. One
 * that has been in the queue for {@link ThreadPoolBulkheadConfig.Builder#maxWaitDuration maxWaitDuration}, or for as
 * long as it {@linkplain CallContext#maxWait says} itself, is rejected with WAIT_EXPIRED, and one whose deadline comes
 * before it has begun with DEADLINE. So calls that wait, on the bulkhead's threads, for others of the same bulkhead end
 * in a rejection. A running call whose caller gives up is {@linkplain
 * ThreadPoolBulkheadConfig.Builder#interruptOnCancel interrupted}, and keeps its slot until it has really ended.
 *
 * <p>What an executor of yours does not take is rejected with EXECUTOR. What it took and does not begin holds its slot
 * until the call is cancelled or its deadline comes, and never runs after that; so an executor that drops tasks costs a
 * slot for good if calls have neither a deadline nor a time limit. An executor that runs a task twice, or throws after
 * it has taken it, changes nothing.
 *
 * <p>Threads of ours are daemons named after the bulkhead, without a context class loader and inherited thread locals.
 * They are made on demand and end when they have been idle for a while, so that a bulkhead need not be
 * {@linkplain #close() closed}.
 *
 * <p>Safe for use by many threads. With virtual time, use its own {@code executor()}: threads of ours do not drive it.
 */
public final class ThreadPoolBulkhead extends Policy
        implements Reconfigurable<ThreadPoolBulkheadConfig>, AutoCloseable {

    private static final SafeLog LOG = SafeLog.of(ThreadPoolBulkhead.class);

    private static final List<RejectionReason> REASONS = List.of(
            RejectionReason.FULL,
            RejectionReason.QUEUE_FULL,
            RejectionReason.WAIT_EXPIRED,
            RejectionReason.DEADLINE,
            RejectionReason.INTERRUPTED,
            RejectionReason.CANCELLED,
            RejectionReason.EXECUTOR);

    private final String name;
    private final TimeSource time;
    private final Events events = new Events();
    private final BulkheadMeters meters;
    private final RejectionLog log;
    private final Slots slots;
    private final Executor executor;

    /** The executor, if it is ours. */
    private final @Nullable PoolThreads threads;

    /** Held while options change, which they do seldom: one for all. Nothing of the user's runs meanwhile. */
    private static final ReentrantLock CHANGING = new ReentrantLock();

    private volatile ThreadPoolBulkheadConfig config;
    private volatile boolean closed;

    private ThreadPoolBulkhead(String name, ThreadPoolBulkheadConfig config) {
        this.name = Require.name(name);
        this.config = config;
        this.time = config.timeSource();
        this.meters = new BulkheadMeters(time, REASONS);
        this.log = new RejectionLog(this, time);
        this.slots = new Slots(name, config.maxThreads(), meters::waitedSince);
        Executor yours = config.executor();
        this.threads = yours == null ? new PoolThreads(name, config.maxThreads(), config.keepAliveDuration()) : null;
        this.executor = yours == null ? Require.present("threads", threads) : yours;
    }

    /** A bulkhead with these options. */
    public static ThreadPoolBulkhead of(String name, ThreadPoolBulkheadConfig config) {
        return new ThreadPoolBulkhead(name, Require.present("config", config));
    }

    /**
     * A bulkhead with the defaults, but for what the function says:
     * {@code ThreadPoolBulkhead.of("reports", c -> c.maxThreads(4))}.
     */
    public static ThreadPoolBulkhead of(String name, UnaryOperator<ThreadPoolBulkheadConfig.Builder> options) {
        return of(
                name,
                Require.configured(
                        ThreadPoolBulkheadConfig.KIND,
                        name,
                        () -> options.apply(ThreadPoolBulkheadConfig.builder()).build()));
    }

    /** A bulkhead with the defaults: a thread per processor, and 100 calls in the queue. */
    public static ThreadPoolBulkhead ofDefaults(String name) {
        return of(name, ThreadPoolBulkheadConfig.defaults());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    protected TimeSource timeSource() {
        return time;
    }

    @Override
    public ThreadPoolBulkheadConfig config() {
        return config;
    }

    /**
     * Puts other options in force, at once. No call loses its thread or its place in the queue: with fewer threads than
     * calls in progress, those end first; with a shorter queue, those in it stay.
     *
     * @throws IllegalArgumentException if the executor or the time source is another one
     */
    @Override
    public void reconfigure(UnaryOperator<ThreadPoolBulkheadConfig> change) {
        Require.present("change", change);
        ThreadPoolBulkheadConfig before;
        ThreadPoolBulkheadConfig config;
        do {
            before = this.config;
            config = Require.present("config", change.apply(before));
            Require.unchanged(ThreadPoolBulkheadConfig.KIND, name(), "timeSource", time, config.timeSource());
            Require.unchanged(ThreadPoolBulkheadConfig.KIND, name(), "executor", before.executor(), config.executor());
        } while (!replace(before, config));
        new Reconfiguration(before, config, before.maxThreads(), config.maxThreads()).announce(this, time, events);
    }

    /** Puts options in force, unless others than these have come before. */
    @SuppressWarnings("ReferenceEquality") // equal options that came meanwhile are options that came meanwhile
    private boolean replace(ThreadPoolBulkheadConfig before, ThreadPoolBulkheadConfig config) {
        // An overflow within the lock would leave it locked.
        StackReserve.check();
        CHANGING.lock();
        try {
            if (this.config != before) {
                return false;
            }
            this.config = config;
            // More slots only when there are threads for them, fewer threads only when there are fewer slots.
            if (threads != null && config.maxThreads() > before.maxThreads()) {
                threads.reconfigure(config.maxThreads(), config.keepAliveDuration());
            }
            slots.resize(config.maxThreads());
            if (threads != null) {
                threads.reconfigure(config.maxThreads(), config.keepAliveDuration());
            }
            return true;
        } finally {
            CHANGING.unlock();
        }
    }

    @Override
    protected <T extends @Nullable Object> T around(
            CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
        PooledCall<T> call = this.<T>begin(
                context.orInherited(),
                now,
                inner,
                onThread -> inner.<T>proceed(onThread, TimeSource.UNREAD, body),
                null);
        return call.await();
    }

    @Override
    protected <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        try {
            PooledCall<CompletableFuture<T>> call = this.<CompletableFuture<T>>begin(
                    context.orInherited(),
                    now,
                    inner,
                    onThread -> inner.<T>proceedAsync(onThread, TimeSource.UNREAD, body),
                    ThreadPoolBulkhead::discard);
            return new PooledStage<T>(call.work()).follow();
        } catch (Throwable failure) {
            return Stages.failed(failure);
        }
    }

    private static void discard(@Nullable Object stage) {
        if (stage instanceof CompletableFuture<?> future) {
            future.cancel(true);
        }
    }

    /**
     * Runs a call that blocks on a thread of the bulkhead, and gives the future of it at once. Cancelling the future
     * takes the call out of the queue or interrupts it.
     */
    public <T extends @Nullable Object, X extends Exception> CompletableFuture<T> submit(CheckedSupplier<T, X> body) {
        Require.present("body", body);
        try {
            return this.<T>begin(CallContext.plain().orInherited(), TimeSource.UNREAD, Chain.end(), body, null)
                    .work();
        } catch (Throwable failure) {
            return Stages.failed(failure);
        }
    }

    /** Gives a call a slot and a thread, or a place in line; or throws its rejection. */
    private <T extends @Nullable Object> PooledCall<T> begin(
            CallContext context,
            long now,
            Chain inner,
            CallBody<? extends T> body,
            @Nullable Consumer<@Nullable Object> onDiscard) {
        // On a full stack, the threads' locks would stay locked, or a call in line without a caller.
        StackReserve.check();
        ThreadPoolBulkheadConfig config = this.config;
        int capacity = config.queueCapacity();
        if (closed) {
            throw rejected(closed(), context);
        }
        if (slots.isFull(capacity)) {
            throw rejected(full(whenFull(capacity, context)), context);
        }
        ThreadHandoff own = ThreadHandoff.of(executor, time, config.contextCarrier());
        ThreadHandoff pipelines = inner.handoff(time);
        PooledCall<T> call = new PooledCall<T>(
                        this,
                        context,
                        body,
                        onDiscard,
                        config.interruptOnCancel(),
                        task -> pipelines.carried(own.carried(task)))
                .watched();
        if (slots.take() == Slots.TAKEN) {
            call.startAtOnce();
        } else {
            enqueue(call, now == TimeSource.UNREAD ? time.nanoTime() : now, config);
        }
        return call;
    }

    private void enqueue(PooledCall<?> call, long now, ThreadPoolBulkheadConfig config) {
        CallContext context = call.context();
        int capacity = config.queueCapacity();
        long remaining = context.remainingNanos(time, now);
        if (remaining <= 0 && capacity > 0) {
            throw rejected(full(RejectionReason.DEADLINE), context);
        }
        long own = context.maxWaitNanos();
        if (own == 0 || !slots.join(call, now, capacity)) {
            throw rejected(full(whenFull(capacity, context)), context);
        }
        long allowed = Math.min(remaining, own < 0 ? Nanos.of(config.maxWaitDuration()) : own);
        if (allowed < Nanos.FOREVER && call.isWaiting()) {
            try {
                time.arm(call, now, allowed);
            } catch (Throwable noTimer) {
                boolean ignored = call.work().cancel(true);
                throw noTimer;
            }
            if (!call.isNew()) {
                boolean ignored = call.cancel();
            }
        }
    }

    private static RejectionReason whenFull(int capacity, CallContext context) {
        return capacity == 0 || context.maxWaitNanos() == 0 ? RejectionReason.FULL : RejectionReason.QUEUE_FULL;
    }

    /** Runs a call on the thread that it has got. */
    <T extends @Nullable Object> T run(PooledCall<T> call, CallContext context, CallBody<? extends T> body)
            throws Exception {
        long start = TimeSource.UNREAD;
        T result;
        try {
            meters.admitted();
            start = events.wanted(PolicyEvent.CallEnded.class) ? time.nanoTime() : TimeSource.UNREAD;
            result = body.in(context);
        } catch (Throwable failure) {
            ended(call, context, start, failure);
            throw failure;
        }
        ended(call, context, start, result instanceof CompletableFuture<?> stage ? failureOf(stage) : null);
        return result;
    }

    /** How a stage has failed by the time at which the thread is done with it. */
    private static @Nullable Throwable failureOf(CompletableFuture<?> stage) {
        return stage.isDone() ? Stages.failureOf(stage) : null;
    }

    /** Gives the slot back before anybody hears of the end. */
    private void ended(PooledCall<?> call, CallContext context, long start, @Nullable Throwable failure) {
        try {
            call.giveSlotBack();
            if (start != TimeSource.UNREAD) {
                long now = time.nanoTime();
                Verdict verdict = failure == null
                        ? Verdict.SUCCESS
                        : Classifier.standard().ofFailure(context, failure);
                events.publish(new PolicyEvent.CallEnded(name, now, context, verdict, now - start));
            }
        } catch (Throwable noRoom) {
            // The call has ended all the same, and the thread gives the slot back when it is done with it.
        }
    }

    Slots slots() {
        return slots;
    }

    Executor executor() {
        return executor;
    }

    boolean hasOwnThreads() {
        return threads != null;
    }

    /** Takes back from the threads what they have not begun; only ours let us. */
    boolean takeBack(PooledCall<?> call) {
        return threads != null && threads.remove(call);
    }

    CallRejectedException full(RejectionReason reason) {
        return new FullRejection(name, reason, slots, slots.numbers(), config.stackTraces()).toException();
    }

    private CallRejectedException closed() {
        return new CallRejectedException(
                new Rejection(name, RejectionReason.EXECUTOR, -1),
                new RejectedExecutionException("'" + name + "' is closed"),
                config.stackTraces());
    }

    private CallRejectedException rejected(CallRejectedException rejection, CallContext context) {
        noteRejection(rejection.reason(), context);
        return rejection;
    }

    /** Never throws. */
    void noteRejection(RejectionReason reason, CallContext context) {
        try {
            meters.rejected(reason);
            log.rejected(reason);
            if (events.wanted(PolicyEvent.CallRejected.class)) {
                events.publish(new PolicyEvent.CallRejected(name, time.nanoTime(), context, reason, -1));
            }
        } catch (Throwable noRoom) {
            // The call is rejected all the same.
        }
    }

    /**
     * Takes no more calls: those that come, and those in the queue, are rejected with EXECUTOR. Calls that run may end,
     * and are not waited for; threads of ours end with them, and an executor of yours is left alone. Closing again does
     * nothing.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        LOG.info("Thread pool bulkhead '{policy}' closed", "policy", name);
        for (Waiter first = slots.dismissFirst(); first != null; first = slots.dismissFirst()) {
            if (first instanceof PooledCall<?> call) {
                boolean ignored = call.withdraw(closed(), Runnable::run);
            }
        }
        if (threads != null) {
            threads.close();
        }
    }

    /** How many calls may run at a time. */
    public int limit() {
        return slots.limit();
    }

    /** How many calls run; more than the limit for a while after that was lowered. */
    public int inUse() {
        return slots.inUse();
    }

    /** How many calls are in the queue. */
    public int queued() {
        return slots.queued();
    }

    @Override
    protected void describe(MeterSink sink) {
        meters.describe(name, slots::inUse, slots, sink);
    }

    @Override
    public String explain() {
        return "'" + name + "' runs " + slots.inUse() + " calls on at most " + slots.limit() + " threads, "
                + slots.queued() + " of at most " + config.queueCapacity() + " in the queue for up to "
                + Nanos.format(Nanos.of(config.maxWaitDuration()))
                + (closed ? "; it is closed" : "");
    }

    /** Whether no call runs and none waits. */
    @Override
    protected boolean isIdle() {
        return slots.inUse() == 0 && slots.queued() == 0;
    }

    @Override
    public <E extends MainstayEvent> Subscription subscribe(Class<E> type, Consumer<? super E> listener) {
        return events.subscribe(type, listener);
    }

    @Override
    public String toString() {
        return "ThreadPoolBulkhead[" + explain() + "]";
    }
}
