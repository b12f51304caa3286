package dev.mainstay;

import dev.mainstay.event.CallbackFailures;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A future that follows a stage whose class is not the JDK's nor ours, and may override anything. It is asked for two things only, its end and to be cancelled; what these
 * throw ends or concerns nobody but this call.
 */
final class AdoptedStage<T extends @Nullable Object> extends CallFuture<T>
        implements BiConsumer<T, @Nullable Throwable> {

    private final CompletionStage<? extends T> stage;

    private AdoptedStage(CompletionStage<? extends T> stage) {
        super(TimeSource.system());
        this.stage = stage;
    }

    static <T extends @Nullable Object> CompletableFuture<T> of(CompletionStage<? extends T> stage) {
        AdoptedStage<T> adopted = new AdoptedStage<>(stage);
        try {
            stage.whenComplete(adopted);
        } catch (Throwable broken) {
            adopted.fail(broken);
        }
        return adopted;
    }

    @Override
    public void accept(T result, @Nullable Throwable failure) {
        if (failure == null) {
            succeed(result);
        } else {
            fail(Stages.unwrap(failure));
        }
    }

    /** Asks the stage to be cancelled. If it is, so is this; if it goes on, so does the call, which keeps what it has taken until the stage is complete. */
    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        if (!isDone()) {
            abandoned();
        }
        return isCancelled();
    }

    @Override
    protected void abandoned() {
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
