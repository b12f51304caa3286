package dev.mainstay.call;

import dev.mainstay.Guard;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Supplier} that a chain carries as it stands, without a wrapper. A lambda given to {@link
 * Guard#get(PlainSupplier)} becomes one by itself.
 *
 * @param <T> what it returns, possibly null
 */
@FunctionalInterface
public interface PlainSupplier<T extends @Nullable Object> extends Supplier<T>, ContextBody<T, RuntimeException> {

    @Override
    T get();

    @Override
    default T in(CallContext context) {
        return get();
    }
}
