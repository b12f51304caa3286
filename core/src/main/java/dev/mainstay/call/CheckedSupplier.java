package dev.mainstay.call;

import dev.mainstay.Guard;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A call that throws what it declares: around a lambda that throws {@code IOException}, {@link Guard#call} throws
 * {@code IOException} and nothing wider.
 *
 * @param <T> what it returns, possibly null
 * @param <X> the checked exception it throws; inferred as an unchecked one if there is none
 */
@FunctionalInterface
public interface CheckedSupplier<T extends @Nullable Object, X extends Exception>
        extends ContextBody<T, X>, Callable<T> {

    @Override
    T call() throws X;

    @Override
    default T in(CallContext context) throws X {
        return call();
    }
}
