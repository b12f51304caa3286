package dev.mainstay.bulkhead;

import dev.mainstay.CallFuture;
import dev.mainstay.Stages;
import dev.mainstay.Work;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The future of an asynchronous call that begins on a thread of a pool: first that of the work there, then that of the stage which came of it. */
final class PooledStage<T extends @Nullable Object> extends CallFuture<T> {

    private final Work<CompletableFuture<T>> work;

    PooledStage(Work<CompletableFuture<T>> work) {
        super(work);
        this.work = work;
    }

    /** Begins to follow. A stage that comes after the call was abandoned is the work's to discard, since that was cancelled. */
    PooledStage<T> follow() {
        work.whenComplete((stage, failure) -> {
            if (failure == null) {
                stage.whenComplete(this::end);
            } else {
                fail(Stages.unwrap(failure));
            }
        });
        return this;
    }

    private void end(T result, @Nullable Throwable failure) {
        if (failure == null) {
            succeed(result);
        } else {
            fail(Stages.unwrap(failure));
        }
    }

    @Override
    protected void abandoned() {
        if (!work.cancel(true) && !work.isCompletedExceptionally()) {
            work.join().cancel(true);
        }
    }
}
