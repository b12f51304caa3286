package dev.mainstay.call;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A call that answers with a stage and needs nothing to know: {@code () -> client.sendAsync(request)}.
 *
 * @param <T> what the stage completes with, possibly null
 */
@FunctionalInterface
public interface AsyncSupplier<T extends @Nullable Object> extends AsyncCallBody<T> {

    /** Begins the call and does not block. */
    CompletionStage<T> get() throws Exception;

    @Override
    default CompletionStage<T> in(CallContext context) throws Exception {
        return get();
    }
}
