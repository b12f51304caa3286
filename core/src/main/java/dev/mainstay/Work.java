package dev.mainstay;

import dev.mainstay.event.CallbackFailures;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A synchronous call that runs on another thread, and the future of it. For policies that move calls to threads of an executor.
 *
 * <p>One compare-and-set decides each race: a call that is cancelled before it starts never runs; one that runs is interrupted, unless it was told not to be, and the
 * interrupt never outlives the call on its thread. A result that comes after the future was completed goes to a hook.
 *
 * @param <T> what the call gives, possibly null
 */
public final class Work<T extends @Nullable Object> extends CallFuture<T> implements Runnable {

    private static final int QUEUED = 0;
    private static final int RUNNING = 1;
    private static final int INTERRUPTING = 2;
    private static final int INTERRUPTED = 3;
    private static final int ENDED = 4;

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<Work> STATE =
            AtomicIntegerFieldUpdater.newUpdater(Work.class, "state");

    private final CallContext context;
    private final CancelScope scope;
    private final Body<? extends T> body;
    private final @Nullable Consumer<@Nullable Object> onDiscard;
    private final CallbackFailures discardFailures = new CallbackFailures();

    private volatile int state;
    private volatile @Nullable Thread runner;
    private volatile boolean interruptible = true;

    /**
     * A call that has not been given to anybody yet.
     *
     * @param context what the call carries; it is bound as the running thread's current one
     * @param onDiscard who gets a result that nobody waits for any longer, or null
     */
    public Work(CallContext context, Body<? extends T> body, @Nullable Consumer<@Nullable Object> onDiscard) {
        super(TimeSource.system());
        this.scope = new CancelScope(context.scope());
        this.context = context.within(scope);
        this.body = body;
        this.onDiscard = onDiscard;
    }

    /** Whether a cancel interrupts the call once it runs; it does unless told otherwise. */
    public Work<T> interruptible(boolean interruptible) {
        this.interruptible = interruptible;
        return this;
    }

    /** Hands the call to an executor. If that refuses, the future fails with a {@link CallRejectedException} of the policy with this name. */
    public void start(String policy, Executor executor) {
        try {
            executor.execute(this);
        } catch (Throwable refused) {
            if (STATE.compareAndSet(this, QUEUED, ENDED)) {
                fail(new CallRejectedException(new Rejection(policy, RejectionReason.EXECUTOR, -1), refused, false));
            }
        }
    }

    /** Whether the call has neither begun nor been withdrawn. */
    public boolean isQueued() {
        return state == QUEUED;
    }

    /** Makes the call, unless it was withdrawn. */
    @Override
    @SuppressWarnings("NullAway") // the result is null only where T admits it
    public void run() {
        runner = Thread.currentThread();
        if (!STATE.compareAndSet(this, QUEUED, RUNNING)) {
            runner = null;
            return;
        }
        T result = null;
        Throwable failure = null;
        @Nullable Object[] place = CallContext.place();
        Object before = place[0];
        place[0] = context;
        try {
            result = body.in(context);
        } catch (Throwable thrown) {
            failure = thrown;
        } finally {
            place[0] = before;
        }
        if (!STATE.compareAndSet(this, RUNNING, ENDED)) {
            forgetOurInterrupt();
        }
        runner = null;
        if (failure != null) {
            fail(failure);
        } else {
            succeed(result);
        }
    }

    private void forgetOurInterrupt() {
        while (state == INTERRUPTING) {
            Thread.onSpinWait();
        }
        boolean ignored = Thread.interrupted();
    }

    @Override
    protected void discarded(T result) {
        if (onDiscard == null) {
            return;
        }
        try {
            onDiscard.accept(result);
        } catch (Throwable failure) {
            discardFailures.report("call", "onDiscard hook", failure);
        }
    }

    @Override
    protected void abandoned() {
        if (!STATE.compareAndSet(this, QUEUED, ENDED)) {
            interrupt();
        }
        scope.end();
    }

    private void interrupt() {
        if (interruptible && STATE.compareAndSet(this, RUNNING, INTERRUPTING)) {
            Thread runner = this.runner;
            if (runner != null) {
                scope.interrupts(runner);
                runner.interrupt();
            }
            state = INTERRUPTED;
        }
    }

    /**
     * Waits on the calling thread until the future is complete, which is this one or one that depends on it. An interrupt withdraws the call if it
     * has not begun, and is otherwise handed on to it; either way the caller's flag is set when this returns.
     *
     * @throws CallRejectedException if the caller was interrupted before the call began
     * @throws Exception the call's own failure
     */
    public <R extends @Nullable Object> R await(String policy, CompletableFuture<R> future, TimeSource time)
            throws Exception {
        Thread caller = Thread.currentThread();
        boolean interrupted = false;
        if (!future.isDone()) {
            future.whenComplete((result, failure) -> LockSupport.unpark(caller));
        }
        try {
            while (!future.isDone()) {
                if (Thread.interrupted()) {
                    interrupted = true;
                    if (STATE.compareAndSet(this, QUEUED, ENDED)) {
                        CallRejectedException refusal =
                                new CallRejectedException(new Rejection(policy, RejectionReason.INTERRUPTED, -1));
                        fail(refusal);
                        future.cancel(true);
                        throw refusal;
                    }
                    interrupt();
                }
                time.parkNanos(this, Long.MAX_VALUE);
            }
        } finally {
            if (interrupted) {
                caller.interrupt();
            }
        }
        Throwable failure = Stages.failureOf(future);
        if (failure instanceof Exception exception) {
            throw exception;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        return future.join();
    }
}
