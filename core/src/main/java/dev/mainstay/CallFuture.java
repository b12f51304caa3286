package dev.mainstay;

import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The future that a policy gives out for a call in progress. Whoever completes or cancels it from outside ends the call: the policy hears of it, once, and
 * stops what it has begun. The policy itself completes it through {@link #succeed} and {@link #fail}.
 *
 * @param <T> what the call gives, possibly null
 */
public abstract class CallFuture<T extends @Nullable Object> extends CompletableFuture<T> {

    /** For subclasses. */
    protected CallFuture() {}

    /** The caller has ended this call from outside: take back what is queued, cancel what runs. Called at most once; must not throw. */
    protected abstract void abandoned();

    /** Completes it with the call's result; false if it was complete before. */
    protected final boolean succeed(T result) {
        return super.complete(result);
    }

    /** Completes it with the call's failure, which is not wrapped; false if it was complete before. */
    protected final boolean fail(Throwable failure) {
        return super.completeExceptionally(failure);
    }

    @Override
    public boolean complete(T value) {
        return told(super.complete(value));
    }

    @Override
    public boolean completeExceptionally(Throwable failure) {
        return told(super.completeExceptionally(failure));
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        // What the superclass does; but it does not say whether it was this call that did it.
        return told(!isDone() && super.completeExceptionally(new CancellationException())) || isCancelled();
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

    private boolean told(boolean byThisCall) {
        if (byThisCall) {
            abandoned();
        }
        return byThisCall;
    }
}
