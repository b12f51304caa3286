package dev.mainstay.future;

import dev.mainstay.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * For adapters: the stage that a body gives, when the body is an asynchronous call of another library. A policy follows
 * it directly, without a stage in between. It is told of the end by {@link #succeed} and {@link #fail}, and {@link
 * #abandoned()} cancels what it stands for.
 *
 * <p>Whoever ends it has the policies, and what depends on them, run on its stack. So it is for libraries that bound
 * how deep their own signals nest, as reactive ones do; other bodies give a stage of the JDK's.
 *
 * @param <T> what the call gives, possibly null
 */
public abstract class BodyFuture<T extends @Nullable Object> extends CallFuture<T> {

    /** For subclasses. */
    protected BodyFuture() {
        super(TimeSource.system());
    }
}
