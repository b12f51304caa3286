package dev.mainstay;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** How policies read stages: failures without their wrapping, and stages that are complete without a callback. */
public final class Stages {

    private Stages() {}

    /** The failure itself, out of the {@code CompletionException}s in which dependent stages wrap it. */
    public static Throwable unwrap(Throwable failure) {
        Throwable inner = failure;
        while ((inner instanceof CompletionException || inner instanceof ExecutionException)
                && inner.getCause() != null) {
            inner = inner.getCause();
        }
        return inner;
    }

    /** The failure, unwrapped, of a stage that is complete; null if it succeeded. */
    public static @Nullable Throwable failureOf(CompletableFuture<?> complete) {
        if (!complete.isCompletedExceptionally()) {
            return null;
        }
        Throwable failure = complete.handle((ignored, thrown) -> thrown).join();
        return unwrap(failure);
    }

    /** A stage that has failed. */
    public static <T extends @Nullable Object> CompletableFuture<T> failed(Throwable failure) {
        return CompletableFuture.failedFuture(failure);
    }

    /**
     * The stage as a future: the same one where it is one. A stage that has failed with a wrapped failure becomes one that has failed with the failure itself.
     */
    @SuppressWarnings("unchecked")
    static <T extends @Nullable Object> CompletableFuture<T> future(CompletionStage<? extends T> stage) {
        CompletableFuture<T> future;
        try {
            future = (CompletableFuture<T>) stage.toCompletableFuture();
        } catch (UnsupportedOperationException notAFuture) {
            future = copy(stage);
        }
        if (!future.isCompletedExceptionally() || future.isCancelled()) {
            return future;
        }
        Throwable thrown = future.handle((ignored, failure) -> failure).join();
        Throwable failure = unwrap(thrown);
        return failure == thrown ? future : failed(failure);
    }

    private static <T extends @Nullable Object> CompletableFuture<T> copy(CompletionStage<? extends T> stage) {
        CompletableFuture<T> copy = new CompletableFuture<>();
        stage.whenComplete((result, failure) -> {
            if (failure == null) {
                copy.complete(result);
            } else {
                copy.completeExceptionally(unwrap(failure));
            }
        });
        return copy;
    }
}
