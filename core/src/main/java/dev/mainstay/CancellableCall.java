package dev.mainstay;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.CallFuture;
import dev.mainstay.future.Stages;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call that was handed a context in which it may register what is to happen when the caller cancels.
 */
final class CancellableCall<T extends @Nullable Object> extends CallFuture<T>
        implements BiConsumer<T, @Nullable Throwable> {

    private final FutureScope scope;

    /** Forgotten when the call has ended. */
    private volatile @Nullable CompletableFuture<T> call;

    private CancellableCall(FutureScope scope, CompletableFuture<T> call) {
        super(call);
        this.scope = scope;
        this.call = call;
    }

    static <T extends @Nullable Object> CompletableFuture<T> begin(
            Guard guard, CallContext context, AsyncCallBody<? extends T> body) {
        FutureScope scope = new FutureScope(context.scope());
        CallContext inner = context.within(scope);
        @Nullable Object[] place = CallContext.place();
        Object before = place[0];
        place[0] = inner;
        CompletableFuture<T> call;
        try {
            call = guard.executeAsync(inner, body);
        } finally {
            place[0] = before;
        }
        if (call.isDone()) {
            return call;
        }
        CancellableCall<T> cancellable = new CancellableCall<>(scope, call);
        Stages.follow(call, cancellable);
        return cancellable;
    }

    @Override
    public void accept(T result, @Nullable Throwable failure) {
        if (failure == null) {
            succeed(result);
        } else {
            fail(Stages.unwrap(failure));
        }
        if (call != null) {
            call = null;
            scope.forgetHooks();
        }
    }

    @Override
    protected void abandoned() {
        CompletableFuture<T> call = this.call;
        this.call = null;
        try {
            if (call != null) {
                giveUp(call, this);
            }
        } catch (Throwable broken) {
            // A call that cannot be cancelled ends as it ends; its caller does not wait for it.
        } finally {
            scope.end();
        }
    }
}
