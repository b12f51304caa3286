package dev.mainstay.call;

import org.jspecify.annotations.Nullable;

/**
 * A call without a result that wants to know its context: {@code ctx -> client.send(event, ctx.remaining())}.
 *
 * @param <X> the checked exception it throws; inferred as an unchecked one if there is none
 */
@FunctionalInterface
public interface ContextRunnable<X extends Exception> extends ContextBody<@Nullable Void, X> {

    /** Makes the call. */
    void run(CallContext context) throws X;

    @Override
    default @Nullable Void in(CallContext context) throws X {
        run(context);
        return null;
    }
}
