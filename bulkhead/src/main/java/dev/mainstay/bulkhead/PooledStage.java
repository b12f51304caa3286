package dev.mainstay.bulkhead;

import dev.mainstay.ExecutorCall;
import dev.mainstay.future.CallFuture;
import dev.mainstay.future.Stages;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The future of an asynchronous call that begins on a thread of a pool: first that of the work there, then that of the
 * stage which came of it.
 */
final class PooledStage<T extends @Nullable Object> extends CallFuture<T>
        implements BiConsumer<T, @Nullable Throwable> {

    /** Both are null once the call has ended or was given up: who keeps the future keeps nothing of the call. */
    private volatile @Nullable ExecutorCall<CompletableFuture<T>> work;

    private volatile @Nullable CompletableFuture<T> stage;

    PooledStage(ExecutorCall<CompletableFuture<T>> work) {
        super(work);
        this.work = work;
    }

    /** Begins to follow. */
    PooledStage<T> follow() {
        ExecutorCall<CompletableFuture<T>> work = this.work;
        if (work != null) {
            Stages.follow(work, this::workDone);
        }
        return this;
    }

    /** Follows the stage. If the call was given up while the thread worked, the stage is given up in its turn. */
    @SuppressWarnings("NullAway") // it does not see in class files that a follower may get null
    private void workDone(@Nullable CompletableFuture<T> stage, @Nullable Throwable failure) {
        if (stage == null || failure != null) {
            end(null, failure);
            return;
        }
        this.stage = stage;
        Stages.follow(stage, this);
        if (isOver()) {
            this.stage = null;
            giveUp(stage, this);
        }
    }

    /** The stage is complete. */
    @Override
    public void accept(T result, @Nullable Throwable failure) {
        end(result, failure);
    }

    @SuppressWarnings("NullAway") // the result is null only where T admits it, or there is a failure
    private void end(@Nullable T result, @Nullable Throwable failure) {
        work = null;
        stage = null;
        if (failure == null) {
            succeed(result);
        } else {
            fail(Stages.unwrap(failure));
        }
    }

    /** What runs goes on to its end, on the thread and as a stage, and the call ends with it. */
    @Override
    @SuppressWarnings("NullAway") // as above
    protected void abandoned() {
        ExecutorCall<CompletableFuture<T>> work = this.work;
        CompletableFuture<T> stage = this.stage;
        this.work = null;
        this.stage = null;
        if (stage != null) {
            giveUp(stage, this);
        } else if (work != null) {
            giveUp(work, this::workDone);
        }
    }
}
