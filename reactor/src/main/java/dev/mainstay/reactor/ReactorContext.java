package dev.mainstay.reactor;

import dev.mainstay.call.CallContext;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * The {@link CallContext} in Reactor's context, under the key {@code CallContext.class}. What is inside a {@link
 * Guarded} publisher finds there what its policies know about the call, such as its deadline, whatever thread it runs
 * on; and a guarded publisher takes from there what its call inherits from the one around it.
 */
public final class ReactorContext {

    private ReactorContext() {}

    /**
     * The context of the innermost guarded call around a subscriber: {@code Mono.deferContextual(view -> client.get(id,
     * ReactorContext.callContext(view).remaining()))}. If there is none, the thread's {@link CallContext#current()}.
     */
    public static CallContext callContext(ContextView view) {
        CallContext found = find(view);
        return found == null ? CallContext.current() : found;
    }

    /**
     * For {@code contextWrite}: something said about the guarded calls above it. {@code
     * mono.contextWrite(ReactorContext.with(ctx -> ctx.deadline(deadline)))}.
     *
     * @param change gets the context that is there, as {@link #callContext} does
     */
    public static Function<Context, Context> with(UnaryOperator<CallContext> change) {
        Objects.requireNonNull(change, "change");
        return view -> view.put(CallContext.class, change.apply(callContext(view)));
    }

    static @Nullable CallContext find(ContextView view) {
        return view.isEmpty() ? null : view.getOrDefault(CallContext.class, null);
    }
}
