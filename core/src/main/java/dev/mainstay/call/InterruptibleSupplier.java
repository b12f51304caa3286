package dev.mainstay.call;

import dev.mainstay.Guard;
import org.jspecify.annotations.Nullable;

/**
 * A call that can be interrupted and throws one checked exception besides, such as {@code () -> http.send(request,
 * handler)}. See {@link Guard#callInterruptibly}.
 *
 * @param <T> what it returns, possibly null
 * @param <X> the other checked exception it throws; inferred as an unchecked one if there is none
 */
@FunctionalInterface
public interface InterruptibleSupplier<T extends @Nullable Object, X extends Exception> {

    /** Makes the call. */
    T call() throws X, InterruptedException;
}
