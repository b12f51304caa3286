package dev.mainstay.call;

import dev.mainstay.Chain;
import org.jspecify.annotations.Nullable;

/**
 * The call that policies go around, as a {@link Chain} carries it.
 *
 * @param <T> what it returns, possibly null
 */
@FunctionalInterface
public interface CallBody<T extends @Nullable Object> {

    /**
     * Makes the call.
     *
     * @param context what is known about it: its deadline, which attempt this is, and what the caller attached
     */
    T in(CallContext context) throws Exception;
}
