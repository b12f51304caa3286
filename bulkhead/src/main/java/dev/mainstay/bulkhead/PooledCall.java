package dev.mainstay.bulkhead;

import dev.mainstay.ExecutorCall;
import dev.mainstay.Waiter;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One call of a {@link ThreadPoolBulkhead}: first perhaps in line, then with a slot on its way to a thread, then on
 * that.
 */
final class PooledCall<T extends @Nullable Object> extends Waiter
        implements Runnable, BiConsumer<T, @Nullable Throwable> {

    /*
     * NEW ──a thread runs it──▶ BEGUN
     *  └────anything else─────▶ WITHDRAWN: cancelled, interrupted, too late, or not taken by the executor
     *
     * Who takes the call out of NEW ends it: run() gives the slot back when the body has ended, withdraw() at once. So
     * an executor may run the task twice, throw after it has taken it, or drop it: a second run finds nothing to do,
     * and so does an exception that comes after the task has begun. A task that was dropped is withdrawn by a cancel,
     * the deadline, or a time limit further out.
     *
     * The slot is given back once, as the flag says. Flag and state are guarded by the monitor of the slots, in leaf
     * sections: the slot counts as owed in the same moment as the flag is set, and what is owed is given back by
     * whoever comes next if there is no room for that here.
     *
     * What is the user's is forgotten as soon as the call has begun or was withdrawn: an executor may keep the task for
     * long.
     */
    private static final int NEW = 0;
    private static final int BEGUN = 1;
    private static final int WITHDRAWN = 2;

    private final ThreadPoolBulkhead pool;
    private final Slots slots;
    private final ExecutorCall<T> work;
    private final boolean interruptible;

    private @Nullable CallBody<? extends T> body;
    private @Nullable UnaryOperator<Runnable> carrying;
    private @Nullable ClassLoader loader;

    /** Written under the monitor of the slots. */
    volatile int state;

    /** Whether the slot was given back; guarded by that monitor. */
    private boolean givenBack;

    /** Whether it has got its slot without standing in line. Written before anybody else knows of the call. */
    private boolean direct;

    /** Whether it was handed to the executor after it has stood in line. */
    private volatile boolean handedOver;

    /** Ends the call at its deadline if the executor has not begun it. */
    private volatile @Nullable TimedTask overdue;

    /**
     * Has neither slot nor place in line yet.
     *
     * @param onDiscard who gets a result that nobody waits for any longer, or null
     * @param carrying puts in place, around a task, what is carried along to the thread
     */
    @SuppressWarnings("NullAway") // it does not see in class files that a hook may get null
    PooledCall(
            ThreadPoolBulkhead pool,
            CallContext context,
            CallBody<? extends T> body,
            @Nullable Consumer<@Nullable Object> onDiscard,
            boolean interruptible,
            UnaryOperator<Runnable> carrying) {
        super(context);
        this.pool = pool;
        this.slots = pool.slots();
        this.interruptible = interruptible;
        this.body = body;
        this.carrying = carrying;
        this.loader = Thread.currentThread().getContextClassLoader();
        this.work =
                new ExecutorCall<T>(pool.timeSource(), context, this::onThread, onDiscard).interruptible(interruptible);
    }

    ExecutorCall<T> work() {
        return work;
    }

    /** Begins to follow the call's future; before it may get a slot or a place in line. */
    @SuppressWarnings("NullAway") // it does not see in class files that a follower may get null
    PooledCall<T> watched() {
        Stages.follow(work, this);
        return this;
    }

    // ---- on its way to a thread

    /** The call has got a slot on its caller's thread. If this throws, the slot is back. */
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    void startAtOnce() {
        direct = true;
        try {
            start(Runnable::run);
        } catch (Throwable noRoom) {
            try {
                synchronized (slots) {
                    if (state == NEW) {
                        state = WITHDRAWN;
                        if (!givenBack) {
                            givenBack = true;
                            slots.owed = slots.owed + 1;
                        }
                    }
                }
            } catch (Throwable noRoomToLock) {
                // Nobody else knows of the call as yet.
                if (state == NEW) {
                    state = WITHDRAWN;
                    if (!givenBack) {
                        givenBack = true;
                        slots.strays = slots.strays + 1;
                    }
                }
            }
            throw noRoom;
        }
    }

    /** Hands the call to the executor. */
    private void start(Executor ifRejected) {
        watchDeadline();
        try {
            pool.executor().execute(this);
        } catch (Throwable notTaken) {
            withdraw(
                    new CallRejectedException(
                            new Rejection(pool.name(), RejectionReason.EXECUTOR, -1),
                            notTaken,
                            pool.config().stackTraces()),
                    ifRejected);
        }
    }

    private void watchDeadline() {
        TimeSource time = pool.timeSource();
        long remaining = context().remainingNanos(time, TimeSource.UNREAD);
        if (remaining < Nanos.FOREVER) {
            TimedTask task = new Overdue();
            overdue = task;
            time.arm(task, Math.max(0, remaining));
            if (!isNew()) {
                boolean ignored = task.cancel();
            }
        }
    }

    /**
     * The call was let in from the line, where another call ends. An executor of the user's is called on a thread of
     * ours. Should this fail for want of stack or memory, the timer does it when the wait is over.
     */
    @Override
    protected void answered() {
        if (!isGranted() || handedOver) {
            return;
        }
        Executor own = pool.timeSource().executor();
        if (pool.hasOwnThreads()) {
            start(own);
        } else {
            own.execute(() -> start(Runnable::run));
        }
        handedOver = true;
    }

    /** On the timer's thread: the call has been in line as long as it may. */
    @Override
    protected void fire() {
        if (giveUp()) {
            pool.timeSource().executor().execute(this::expired);
        } else if (isNew()) {
            answered();
        }
    }

    private void expired() {
        slots.leave(this);
        boolean late = context().remainingNanos(pool.timeSource(), TimeSource.UNREAD) <= 0;
        withdraw(pool.full(late ? RejectionReason.DEADLINE : RejectionReason.WAIT_EXPIRED), Runnable::run);
    }

    // ---- on the thread

    @Override
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    public void run() {
        if (!begin()) {
            return;
        }
        Throwable broken = null;
        try {
            forgetTimers();
            // A call that was given up is none of this thread's any more: its trace may have ended.
            if (work.isQueued()) {
                runInContext();
            }
        } catch (Throwable thrown) {
            broken = thrown;
        }
        try {
            giveSlotBack();
        } catch (Throwable noRoom) {
            try {
                synchronized (slots) {
                    if (!givenBack) {
                        givenBack = true;
                        slots.owed = slots.owed + 1;
                    }
                }
            } catch (Throwable noRoomToLock) {
                if (!givenBack) {
                    givenBack = true;
                    slots.strays = slots.strays + 1;
                }
            }
        }
        if (broken != null) {
            work.completeExceptionally(broken);
        }
        if (body != null) {
            // It was given up in the moment between.
            forget();
            noteRejection(work.isCompletedExceptionally() ? Stages.failureOf(work) : null);
        }
    }

    private void runInContext() {
        UnaryOperator<Runnable> carrying = this.carrying;
        Runnable task = carrying == null ? work : carrying.apply(work);
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        if (before == loader) {
            task.run();
            return;
        }
        thread.setContextClassLoader(loader);
        try {
            task.run();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private T onThread(CallContext context) throws Exception {
        CallBody<? extends T> body = this.body;
        if (body == null) {
            throw new CallRejectedException(new Rejection(
                    pool.name(), RejectionReason.CANCELLED, -1, pool.config().stackTraces()));
        }
        forget();
        return pool.run(this, context, body);
    }

    // ---- ends

    /** The future is complete: by the call's end, or by whoever gave it up, which may be before the call has begun. */
    @Override
    public void accept(T result, @Nullable Throwable failure) {
        if (isNew() && leave()) {
            forget();
            noteRejection(failure);
        }
    }

    /**
     * Ends the call with a rejection if it has not begun, on an executor and in what was taken along for the call: what
     * depends on the future runs there.
     */
    boolean withdraw(CallRejectedException rejection, Executor executor) {
        if (!leave()) {
            return false;
        }
        UnaryOperator<Runnable> carrying = this.carrying;
        forget();
        noteRejection(rejection);
        Runnable failing = () -> work.completeExceptionally(rejection);
        executor.execute(carrying == null ? failing : carrying.apply(failing));
        return true;
    }

    /** Takes the call out of wherever it is, with its slot, unless it has begun or was withdrawn before. */
    private boolean leave() {
        if (!leaveNew()) {
            return false;
        }
        forgetTimers();
        if (direct || (!giveUp() && isGranted())) {
            boolean ignored = pool.takeBack(this);
            giveSlotBack();
        } else {
            slots.leave(this);
        }
        return true;
    }

    /** Gives the slot back, unless that was done. For calls that have one. */
    void giveSlotBack() {
        noteSlotBack();
        slots.settle();
    }

    private void noteRejection(@Nullable Throwable failure) {
        pool.noteRejection(
                failure instanceof CallRejectedException rejection ? rejection.reason() : RejectionReason.CANCELLED,
                context());
    }

    private void forget() {
        body = null;
        carrying = null;
        loader = null;
    }

    private void forgetTimers() {
        boolean ignored = cancel();
        TimedTask task = overdue;
        if (task != null) {
            ignored = task.cancel();
        }
    }

    boolean isNew() {
        return state == NEW;
    }

    @LeafSection
    private boolean begin() {
        synchronized (slots) {
            boolean first = state == NEW;
            if (first) {
                state = BEGUN;
            }
            return first;
        }
    }

    @LeafSection
    private boolean leaveNew() {
        synchronized (slots) {
            boolean first = state == NEW;
            if (first) {
                state = WITHDRAWN;
            }
            return first;
        }
    }

    @LeafSection
    private void noteSlotBack() {
        synchronized (slots) {
            if (!givenBack) {
                givenBack = true;
                slots.owed = slots.owed + 1;
            }
        }
    }

    // ---- the caller's thread

    /**
     * Waits until the call has ended. An interrupt takes back what has not begun. What runs is interrupted in its turn
     * and waited for; if it must not be, the caller leaves it alone. Either way the flag is set when this returns.
     */
    T await() throws Exception {
        if (!interruptible && !work.isDone()) {
            awaitOrLeave();
        }
        return work.await(pool.name(), work, pool.timeSource());
    }

    private void awaitOrLeave() {
        Thread caller = Thread.currentThread();
        Stages.follow(work, (result, failure) -> LockSupport.unpark(caller));
        boolean interrupted = false;
        try {
            while (!work.isDone()) {
                if (Thread.interrupted()) {
                    interrupted = true;
                    if (!withdraw(pool.full(RejectionReason.INTERRUPTED), Runnable::run)) {
                        boolean ignored = work.cancel(true);
                    }
                } else {
                    pool.timeSource().parkNanos(this, Long.MAX_VALUE);
                }
            }
        } finally {
            if (interrupted) {
                caller.interrupt();
            }
        }
    }

    /** An executor may drop what it was given. With a deadline, the call ends all the same. */
    private final class Overdue extends TimedTask {

        @Override
        protected void fire() {
            pool.timeSource().executor().execute(() -> withdraw(pool.full(RejectionReason.DEADLINE), Runnable::run));
        }
    }
}
