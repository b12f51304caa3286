package dev.mainstay.bulkhead;

import dev.mainstay.Body;
import dev.mainstay.CallContext;
import dev.mainstay.CallRejectedException;
import dev.mainstay.Rejection;
import dev.mainstay.RejectionReason;
import dev.mainstay.Waiter;
import dev.mainstay.Work;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One call of a {@link ThreadPoolBulkhead}: first perhaps in line, then with a slot on its way to a thread, then on that. Whatever happens, a slot that it
 * has goes back once, and before anybody hears how the call ended, so that whoever does may make the next.
 */
final class PooledCall<T extends @Nullable Object> extends Waiter
        implements Runnable, Executor, BiConsumer<T, @Nullable Throwable> {

    /** Whether the body has begun, which it may only if nobody has ended the call before. */
    private static final int NEW = 0;

    private static final int BEGUN = 1;
    private static final int WITHDRAWN = 2;

    private static final int NO_SLOT = 0;
    private static final int HAS_SLOT = 1;

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<PooledCall> FATE =
            AtomicIntegerFieldUpdater.newUpdater(PooledCall.class, "fate");

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<PooledCall> SLOT =
            AtomicIntegerFieldUpdater.newUpdater(PooledCall.class, "slot");

    private final ThreadPoolBulkhead pool;
    private final Work<T> work;
    private final UnaryOperator<Runnable> carrying;
    private final Runnable carried;

    /** Written through {@link #FATE}. */
    @SuppressWarnings("UnusedVariable")
    private volatile int fate;

    /** Taken back through {@link #SLOT}. */
    @SuppressWarnings("UnusedVariable")
    private volatile int slot;

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
            Body<? extends T> body,
            @Nullable Consumer<@Nullable Object> onDiscard,
            boolean interruptible,
            UnaryOperator<Runnable> carrying) {
        super(context);
        this.pool = pool;
        this.work = new Work<T>(context, inner -> onThread(inner, body), onDiscard).interruptible(interruptible);
        this.carrying = carrying;
        this.carried = carrying.apply(work);
    }

    Work<T> work() {
        return work;
    }

    /** Begins to follow the call's future; before it may get a slot or a place in line. */
    PooledCall<T> watched() {
        work.whenComplete(this);
        return this;
    }

    /** The call has a slot: hands it to the executor. */
    void dispatch() {
        slot = HAS_SLOT;
        work.start(pool.name(), this);
    }

    /** How {@link Work#start} reaches the executor; it fails the work if this throws. */
    @Override
    public void execute(Runnable ignored) {
        try {
            pool.executor().execute(this);
        } catch (Throwable refused) {
            giveSlotBack();
            throw refused;
        }
    }

    @Override
    public void run() {
        try {
            // A call that was withdrawn is none of this thread's any more: its trace may have ended.
            if (work.isQueued()) {
                carried.run();
            }
        } finally {
            giveSlotBack();
        }
    }

    private T onThread(CallContext context, Body<? extends T> body) throws Exception {
        if (!FATE.compareAndSet(this, NEW, BEGUN)) {
            throw new CallRejectedException(new Rejection(pool.name(), RejectionReason.CANCELLED, -1));
        }
        return pool.run(this, context, body);
    }

    /** The call was let in from the line. */
    @Override
    protected void answered() {
        cancel();
        dispatch();
    }

    /** The call's deadline has come while it was in line. */
    @Override
    protected void fire() {
        if (leaveLine()) {
            CallRejectedException late = pool.full(RejectionReason.DEADLINE);
            pool.timeSource().executor().execute(failing(late));
        }
    }

    /** The future is complete, by the call's end or by whoever gave it up. */
    @Override
    public void accept(T result, @Nullable Throwable failure) {
        if (failure == null || !FATE.compareAndSet(this, NEW, WITHDRAWN)) {
            return;
        }
        cancel();
        boolean ignored = leaveLine();
        if (pool.takeBack(this)) {
            giveSlotBack();
        }
        pool.noteRefusal(
                failure instanceof CallRejectedException refusal ? refusal.reason() : RejectionReason.CANCELLED,
                context());
    }

    /** Ends the call with a refusal after it was taken out of the line. */
    void dismiss(CallRejectedException refusal) {
        cancel();
        failing(refusal).run();
    }

    /** Fails the future in what was taken along for the call, since what depends on it runs there. */
    private Runnable failing(CallRejectedException refusal) {
        return carrying.apply(() -> work.completeExceptionally(refusal));
    }

    private boolean leaveLine() {
        if (giveUp()) {
            pool.slots().leave(this);
            return true;
        }
        return false;
    }

    void giveSlotBack() {
        if (SLOT.compareAndSet(this, HAS_SLOT, NO_SLOT)) {
            pool.slots().give();
        }
    }
}
