package dev.mainstay.future;

import dev.mainstay.event.CallbackFailures;
import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A future that follows a stage whose class is not the JDK's nor ours, and may override anything. It is asked for two
 * things only, its end and to be cancelled; what these throw ends or concerns nobody but this call.
 */
final class AdoptedStage<T extends @Nullable Object> extends CallFuture<T>
        implements BiConsumer<T, @Nullable Throwable> {

    /** Forgotten at the end. */
    private volatile @Nullable CompletionStage<? extends T> stage;

    private AdoptedStage(CompletionStage<? extends T> stage) {
        super(TimeSource.system());
        this.stage = stage;
    }

    static <T extends @Nullable Object> CompletableFuture<T> of(CompletionStage<? extends T> stage) {
        AdoptedStage<T> adopted = new AdoptedStage<>(stage);
        try {
            stage.whenComplete(adopted);
        } catch (Throwable broken) {
            adopted.followAnyhow(broken);
        }
        return adopted;
    }

    /**
     * Its own method has thrown, and may have done what it was asked for or not. What follows does not call what the
     * future's class overrides; it is asked again because two answers are as good as one.
     */
    private void followAnyhow(Throwable broken) {
        try {
            if (this.stage instanceof CompletableFuture<? extends T> future) {
                CompletableFuture.anyOf(future, new CompletableFuture<>()).whenComplete(ofObjects());
                return;
            }
        } catch (Throwable brokenToo) {
            // As if it were no future.
        }
        fail(broken);
    }

    @SuppressWarnings("unchecked")
    private BiConsumer<Object, @Nullable Throwable> ofObjects() {
        return (BiConsumer<Object, @Nullable Throwable>) (BiConsumer<?, ?>) this;
    }

    @Override
    public void accept(T result, @Nullable Throwable failure) {
        StackReserve.check();
        stage = null;
        if (failure == null) {
            succeed(result);
        } else {
            fail(Stages.unwrap(failure));
        }
    }

    /**
     * Asks the stage to be cancelled. If it is, so is this; if it goes on, so does the call, which keeps what it has
     * taken until the stage is complete.
     */
    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        CompletionStage<? extends T> stage = this.stage;
        if (stage != null && !isDone()) {
            cancel(stage);
        }
        return isCancelled();
    }

    /** The future of another call would be complete at once when it is cancelled, whatever runs there. */
    @Override
    @SuppressWarnings("unchecked")
    protected void abandoned() {
        CompletionStage<? extends T> stage = this.stage;
        if (stage instanceof CallFuture<?> call) {
            giveUp((CallFuture<T>) call, this);
        } else if (stage != null) {
            cancel(stage);
        }
    }

    private static void cancel(CompletionStage<?> stage) {
        try {
            Future<?> future = stage instanceof Future<?> itself ? itself : stage.toCompletableFuture();
            boolean ignored = future.cancel(true);
        } catch (UnsupportedOperationException notAFuture) {
            // Such a stage cannot be cancelled.
        } catch (Throwable broken) {
            new CallbackFailures().report("call", "stage's cancel", broken);
        }
    }
}
