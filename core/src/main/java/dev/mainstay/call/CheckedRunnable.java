package dev.mainstay.call;

import org.jspecify.annotations.Nullable;

/**
 * A call without a result that throws what it declares.
 *
 * @param <X> the checked exception it throws; inferred as an unchecked one if there is none
 */
@FunctionalInterface
public interface CheckedRunnable<X extends Exception> extends ContextBody<@Nullable Void, X> {

    /** Makes the call. */
    void run() throws X;

    @Override
    default @Nullable Void in(CallContext context) throws X {
        run();
        return null;
    }
}
