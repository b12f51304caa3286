package dev.mainstay;

import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.CancellationScope;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.future.CallFuture;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.LateExits;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.safe.Require;
import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A synchronous call that runs on another thread, and the future of it. For policies that move calls to threads of an
 * executor.
 *
 * <p>One compare-and-set decides each race: a call that is cancelled before it starts never runs; one that runs is
 * interrupted, unless it was told not to be, and the interrupt never outlives the call on its thread. A result that
 * comes after the future was completed goes to a hook. An executor may throw after it has taken the call, run it twice,
 * run it on the caller's thread, or drop it: the body runs once at most, and the call ends once.
 *
 * @param <T> what the call gives, possibly null
 */
public final class ExecutorCall<T extends @Nullable Object> extends CallFuture<T> implements Runnable {

    /*
     * null (queued) ──run──▶ its Interruption (the body runs) ──▶ ENDED
     *       └───────────────withdrawn───────────────────────────────┘
     */
    private static final Object ENDED = new Object();

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<ExecutorCall, @Nullable Object> STATE =
            AtomicReferenceFieldUpdater.newUpdater(ExecutorCall.class, Object.class, "state");

    private final FutureScope scope;
    private final CallbackFailures discardFailures = new CallbackFailures();

    /**
     * What the call is made of; forgotten when it has ended. Whoever has moved the state away from queued may read it.
     */
    private @Nullable CallContext context;

    private @Nullable CallBody<? extends T> body;

    private final @Nullable Consumer<@Nullable Object> onDiscard;

    private volatile @Nullable Object state;
    private volatile boolean interruptible = true;

    /** Gates further out that hold a permit until the body has ended. */
    final LateExits exits = new LateExits();

    /**
     * A call that has not been given to anybody yet.
     *
     * @param context what the call carries; it is bound as the running thread's current one
     * @param onDiscard who gets a result that nobody waits for any longer, or null
     */
    public ExecutorCall(
            CallContext context, CallBody<? extends T> body, @Nullable Consumer<@Nullable Object> onDiscard) {
        this(TimeSource.system(), context, body, onDiscard);
    }

    /**
     * The same by the clock of a policy.
     *
     * @param time whose threads and timer end a call that is cancelled, if the caller's own cannot
     */
    public ExecutorCall(
            TimeSource time,
            CallContext context,
            CallBody<? extends T> body,
            @Nullable Consumer<@Nullable Object> onDiscard) {
        super(time);
        this.scope = new FutureScope(context.scope());
        this.context = context.within(scope);
        this.body = body;
        this.onDiscard = onDiscard;
    }

    /** Whether a cancel interrupts the call once it runs; it does unless told otherwise. */
    public ExecutorCall<T> interruptible(boolean interruptible) {
        this.interruptible = interruptible;
        return this;
    }

    /**
     * Hands the call to an executor. If that rejects, the future fails with a {@link CallRejectedException} of the
     * policy with this name.
     */
    public void start(String policy, Executor executor) {
        try {
            executor.execute(this);
        } catch (Throwable rejected) {
            if (withdraw()) {
                fail(new CallRejectedException(new Rejection(policy, RejectionReason.EXECUTOR, -1), rejected, false));
            }
        }
    }

    /** Whether the call has neither begun nor been withdrawn. */
    public boolean isQueued() {
        return state == null;
    }

    private boolean withdraw() {
        if (!STATE.compareAndSet(this, null, ENDED)) {
            return false;
        }
        exits.end(null);
        forget();
        return true;
    }

    /** For a time limit that lets calls go on: one that has not begun never runs. */
    void cancelIfQueued() {
        if (withdraw()) {
            fail(new CancellationException());
        }
    }

    private void forget() {
        context = null;
        body = null;
    }

    /** Makes the call, unless it was withdrawn. */
    @Override
    public void run() {
        // Once it has begun, a full stack could leave a call without an end.
        StackReserve.check();
        Interruption interruption = new Interruption(Thread.currentThread(), false);
        if (STATE.compareAndSet(this, null, interruption)) {
            run(interruption, Require.present("context", context), Require.present("body", body));
        }
    }

    @SuppressWarnings("NullAway") // the result is null only where T admits it
    private void run(Interruption interruption, CallContext context, CallBody<? extends T> body) {
        scope.runsUnder(interruption);
        T result = null;
        Throwable failure = null;
        @Nullable Object[] place = CallContext.place();
        Object before = place[0];
        place[0] = context;
        try {
            result = body.in(context);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        place[0] = before;
        boolean wanted = !isOver();
        try {
            interruption.end(wanted ? null : failure, scope.parent());
            state = ENDED;
            // If what the body waited for was released by a time limit and runs on, gates go on to wait for that.
            exits.end(LateExits.leftBy(failure));
        } finally {
            if (failure != null) {
                fail(failure);
            } else {
                succeed(result);
            }
            forget();
            if (wanted) {
                scope.forgetHooks();
            }
        }
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
        scope.close();
        boolean withdrawn = withdraw();
        if (!withdrawn) {
            interrupt();
        }
        scope.end();
        if (withdrawn) {
            fail(new CancellationException());
        }
        if (state == ENDED) {
            forget();
        }
    }

    private void interrupt() {
        if (interruptible && state instanceof Interruption interruption) {
            interruption.run();
        }
    }

    /**
     * Waits on the calling thread until the future is complete, which is this one or one that depends on it. An
     * interrupt withdraws the call if it has not begun, and is otherwise handed on to it. If a cancel does not
     * interrupt the call, the caller is released and the call goes on. In each case the caller's flag is set when this
     * returns.
     *
     * @throws CallRejectedException if the caller was interrupted before the call began, or while it ran and may not be
     *     interrupted
     * @throws Exception the call's own failure
     */
    public <R extends @Nullable Object> R await(String policy, CompletableFuture<R> future, TimeSource time)
            throws Exception {
        if (!future.isDone()) {
            park(policy, future, time);
        }
        Throwable failure = Stages.thrownBy(future);
        if (failure instanceof Exception exception) {
            throw exception;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        return future.join();
    }

    private void park(String policy, CompletableFuture<?> future, TimeSource time) {
        Thread caller = Thread.currentThread();
        boolean interrupted = false;
        try {
            Stages.follow(future, (result, failure) -> LockSupport.unpark(caller));
            while (!future.isDone()) {
                if (Thread.interrupted()) {
                    interrupted = true;
                    noteForeign(caller);
                    if (withdraw() || !interruptible) {
                        CallRejectedException rejection =
                                new CallRejectedException(new Rejection(policy, RejectionReason.INTERRUPTED, -1));
                        fail(rejection);
                        future.cancel(true);
                        throw rejection;
                    }
                    interrupt();
                }
                time.parkNanos(this, Long.MAX_VALUE);
            }
        } catch (Throwable broken) {
            future.cancel(true);
            throw broken;
        } finally {
            if (isInterruption(future) && isOurs(caller)) {
                // The exception says it, and is not one that the limit around this call may take for somebody else's.
                boolean ignored = Thread.interrupted();
            } else if (interrupted) {
                Interruption.interruptSelf();
            }
        }
    }

    /** Limits around this call must not take for theirs an interrupt that came before. */
    private void noteForeign(Thread caller) {
        if (!isOurs(caller)) {
            for (CancellationScope outer = scope.parent(); outer != null; outer = outer.parent()) {
                InterruptibleScope.foreignInterruptSeenBy(outer, caller);
            }
        }
    }

    /** Whether a limit around this call has interrupted its caller. */
    private boolean isOurs(Thread caller) {
        for (CancellationScope outer = scope.parent(); outer != null; outer = outer.parent()) {
            Interruption interruption = InterruptibleScope.interruptionOf(outer, caller);
            if (interruption != null && interruption.isDelivered()) {
                return true;
            }
        }
        return false;
    }

    /** Whether the caller is told of the interrupt by an exception. */
    private static boolean isInterruption(CompletableFuture<?> future) {
        return future.isDone() && Stages.thrownBy(future) instanceof InterruptedException;
    }
}
