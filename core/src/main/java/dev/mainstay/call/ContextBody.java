package dev.mainstay.call;

import org.jspecify.annotations.Nullable;

/**
 * A call that wants to know its context: {@code ctx -> client.get(id, ctx.remaining())}.
 *
 * @param <T> what it returns, possibly null
 * @param <X> the checked exception it throws; inferred as an unchecked one if there is none
 */
@FunctionalInterface
public interface ContextBody<T extends @Nullable Object, X extends Exception> extends CallBody<T> {

    @Override
    T in(CallContext context) throws X;
}
