package dev.mainstay.reactor;

import dev.mainstay.call.CallContext;
import io.micrometer.context.ThreadLocalAccessor;
import org.jspecify.annotations.Nullable;

/**
 * Takes {@link CallContext#current()} from Reactor's context to the threads on which operators run, and back, by
 * Micrometer's context propagation. On the class path it is found by itself; on the module path, register it with the
 * {@code ContextRegistry}. Reactor uses it after {@code Hooks.enableAutomaticContextPropagation()}.
 */
public final class CallContextAccessor implements ThreadLocalAccessor<CallContext> {

    /** For the service loader, and for those who register it themselves. */
    public CallContextAccessor() {}

    @Override
    public Object key() {
        return CallContext.class;
    }

    @Override
    public @Nullable CallContext getValue() {
        CallContext current = CallContext.current();
        return current == CallContext.plain() ? null : current;
    }

    @Override
    public void setValue(CallContext value) {
        CallContext.restore(value);
    }

    @Override
    public void setValue() {
        CallContext.restore(null);
    }
}
