package dev.mainstay.bulkhead;

import dev.mainstay.CallFuture;
import dev.mainstay.ExecutorCall;
import dev.mainstay.Stages;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The future of an asynchronous call that begins on a thread of a pool: first that of the work there, then that of the
 * stage which came of it.
 */
final class PooledStage<T extends @Nullable Object> extends CallFuture<T>
        implements BiConsumer<T, @Nullable Throwable> {

    /** Null once the call has ended: who keeps the future keeps nothing of the call. */
    private volatile @Nullable ExecutorCall<CompletableFuture<T>> work;

    PooledStage(ExecutorCall<CompletableFuture<T>> work) {
        super(work);
        this.work = work;
    }

    /**
     * Begins to follow. A stage that comes after the call was abandoned is the work's to discard, since that was
     * cancelled.
     */
    @SuppressWarnings("NullAway") // it does not see in class files that a follower may get null
    PooledStage<T> follow() {
        ExecutorCall<CompletableFuture<T>> work = this.work;
        if (work != null) {
            Stages.follow(work, (stage, failure) -> {
                if (failure == null) {
                    Stages.follow(stage, this);
                } else {
                    end(null, failure);
                }
            });
        }
        return this;
    }

    /** The stage is complete. */
    @Override
    public void accept(T result, @Nullable Throwable failure) {
        end(result, failure);
    }

    @SuppressWarnings("NullAway") // the result is null only where T admits it, or there is a failure
    private void end(@Nullable T result, @Nullable Throwable failure) {
        work = null;
        if (failure == null) {
            succeed(result);
        } else {
            fail(Stages.unwrap(failure));
        }
    }

    @Override
    protected void abandoned() {
        ExecutorCall<CompletableFuture<T>> work = this.work;
        this.work = null;
        if (work != null && !work.cancel(true) && !work.isCompletedExceptionally()) {
            boolean ignored = work.join().cancel(true);
        }
    }
}
