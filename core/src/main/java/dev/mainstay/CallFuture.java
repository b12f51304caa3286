package dev.mainstay;

import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.TimeSource;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The future that a policy gives out for a call in progress, and the one way in which calls end asynchronously. Whoever
 * completes or cancels it from outside ends the call: the policy hears of it, once, and stops what it has begun. The
 * policy itself completes it through {@link #succeed} and {@link #fail}, when everything is given back that the call
 * had taken.
 *
 * <p>Dependents run on the thread that completes it; where completions nest too deeply, on one of the time source's
 * own.
 *
 * @param <T> what the call gives, possibly null
 */
public abstract class CallFuture<T extends @Nullable Object> extends CompletableFuture<T> {

    private static final Object TOLD = new Object();
    private static final VarHandle FOLLOWER;

    static {
        try {
            FOLLOWER = MethodHandles.lookup().findVarHandle(CallFuture.class, "follower", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final TimeSource time;

    /** The policy further out that follows this call, if there is one; {@link #TOLD} once it was told. */
    @SuppressWarnings("UnusedVariable") // read and written by its handle
    private volatile @Nullable Object follower;

    /**
     * For subclasses.
     *
     * @param time on whose threads the rest runs where completions nest too deeply
     */
    protected CallFuture(TimeSource time) {
        this.time = time;
    }

    /** For subclasses that follow a call further in: with the same time source. */
    protected CallFuture(CompletableFuture<?> followed) {
        this(followed instanceof CallFuture<?> ours ? ours.time : TimeSource.system());
    }

    /**
     * The caller has ended this call from outside: take back what is queued, cancel what runs. Called at most once;
     * must not throw.
     */
    protected abstract void abandoned();

    /** The call's result came when the future was complete already, so that nobody will see it. Must not throw. */
    protected void discarded(T result) {}

    /**
     * Completes it with the call's result. Does nothing but {@linkplain #discarded discard} that if it is complete
     * already.
     */
    protected final void succeed(T result) {
        if (isNested()) {
            succeedNested(result);
        } else {
            succeedHere(result);
        }
    }

    /** Completes it with the call's failure, which is not wrapped. Does nothing if it is complete already. */
    protected final void fail(Throwable failure) {
        if (isNested()) {
            failNested(failure);
        } else {
            failHere(failure);
        }
    }

    /**
     * Whether what runs when this completes can lead to further completions without end. A policy that follows cannot:
     * a pipeline has only so many.
     */
    private boolean isNested() {
        return getNumberOfDependents() != 0;
    }

    private void succeedNested(T result) {
        int[] depth = Nesting.depth();
        if (depth[0] >= Nesting.DEEPEST && hop(() -> succeedNested(result))) {
            return;
        }
        depth[0]++;
        try {
            succeedHere(result);
        } finally {
            depth[0]--;
        }
    }

    private void failNested(Throwable failure) {
        int[] depth = Nesting.depth();
        if (depth[0] >= Nesting.DEEPEST && hop(() -> failNested(failure))) {
            return;
        }
        depth[0]++;
        try {
            failHere(failure);
        } finally {
            depth[0]--;
        }
    }

    private boolean hop(Runnable completion) {
        try {
            time.completions().execute(completion);
            return true;
        } catch (Throwable noThread) {
            return false;
        }
    }

    private void succeedHere(T result) {
        if (super.complete(result)) {
            tellFollower(result, null);
        } else {
            discarded(result);
        }
    }

    private void failHere(Throwable failure) {
        if (super.completeExceptionally(failure)) {
            tellFollower(null, failure);
        }
    }

    /**
     * Hands this call's end to a policy further out, without a stage in between; false if it has one already, or has
     * ended.
     */
    final boolean follow(BiConsumer<? super T, @Nullable Throwable> policy) {
        return FOLLOWER.compareAndSet(this, null, policy);
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // the result is null only where T admits it, or there is a failure
    private void tellFollower(@Nullable T result, @Nullable Throwable failure) {
        Object policy = FOLLOWER.getAndSet(this, TOLD);
        if (policy != null && policy != TOLD) {
            ((BiConsumer<T, @Nullable Throwable>) policy).accept(result, failure);
        }
    }

    @Override
    public boolean complete(T value) {
        reserve();
        boolean byThisCall = super.complete(value);
        if (byThisCall) {
            endedFromOutside(value, null);
        }
        return byThisCall;
    }

    @Override
    public boolean completeExceptionally(Throwable failure) {
        reserve();
        boolean byThisCall = super.completeExceptionally(failure);
        if (byThisCall) {
            endedFromOutside(null, failure);
        }
        return byThisCall;
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        // What the superclass does; but it does not say whether it was this call that did it.
        if (!isDone()) {
            reserve();
            CancellationException cancellation = new CancellationException();
            if (super.completeExceptionally(cancellation)) {
                endedFromOutside(null, cancellation);
            }
        }
        return isCancelled();
    }

    /**
     * Once the future is complete, what it holds must be given back: where the stack has no room for that, nothing is
     * done.
     */
    private static void reserve() {
        StackReserve.check();
    }

    /**
     * A cancel goes on inwards, and may do so through any number of calls: beyond some depth the rest goes elsewhere,
     * as it does with completions.
     */
    private void endedFromOutside(@Nullable T value, @Nullable Throwable failure) {
        int[] depth = Nesting.depth();
        if (depth[0] >= Nesting.DEEPEST && hop(() -> endedFromOutside(value, failure))) {
            return;
        }
        depth[0]++;
        try {
            abandoned();
            tellFollower(value, failure);
        } finally {
            depth[0]--;
        }
    }

    @Override
    public CompletableFuture<T> completeAsync(Supplier<? extends T> supplier) {
        return completeAsync(supplier, defaultExecutor());
    }

    @Override
    public CompletableFuture<T> completeAsync(Supplier<? extends T> supplier, Executor executor) {
        Objects.requireNonNull(supplier, "supplier");
        executor.execute(() -> {
            try {
                complete(supplier.get());
            } catch (Throwable failure) {
                completeExceptionally(new CompletionException(failure));
            }
        });
        return this;
    }

    /** The clock of the policy that made it. */
    public final TimeSource timeSource() {
        return time;
    }
}
