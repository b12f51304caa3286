package dev.mainstay;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.event.Subscription;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.safe.Require;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A guard whose calls carry what the user says about them. */
final class ContextualGuard extends Guard {

    private final Guard guard;
    private final UnaryOperator<CallContext> refinement;

    ContextualGuard(Guard guard, UnaryOperator<CallContext> refinement) {
        this.guard = guard;
        this.refinement = refinement;
    }

    @Override
    Guard target() {
        return guard.target();
    }

    @Override
    CallContext refine(CallContext context) {
        CallContext refined =
                Require.present("the context that 'with' was given", refinement.apply(context.orInherited()));
        return guard.refine(refined);
    }

    @Override
    public String name() {
        return guard.name();
    }

    @Override
    public String explain() {
        return guard.explain();
    }

    @Override
    public <E extends MainstayEvent> Subscription subscribe(Class<E> type, Consumer<? super E> listener) {
        return guard.subscribe(type, listener);
    }

    @Override
    protected <T extends @Nullable Object> T execute(CallContext context, CallBody<? extends T> body) throws Exception {
        CallContext refined = refine(context);
        @Nullable Object[] place = CallContext.place();
        Object before = place[0];
        place[0] = refined;
        try {
            return target().<T>execute(refined, body);
        } finally {
            place[0] = before;
        }
    }

    @Override
    protected <T extends @Nullable Object> Outcome<T> tryExecute(CallContext context, CallBody<? extends T> body)
            throws Exception {
        CallContext refined = refine(context);
        @Nullable Object[] place = CallContext.place();
        Object before = place[0];
        place[0] = refined;
        try {
            return target().<T>tryExecute(refined, body);
        } finally {
            place[0] = before;
        }
    }

    @Override
    protected <T extends @Nullable Object> CompletableFuture<T> executeAsync(
            CallContext context, AsyncCallBody<? extends T> body) {
        CallContext refined;
        try {
            refined = refine(context);
        } catch (Throwable failure) {
            return Stages.failed(failure);
        }
        @Nullable Object[] place = CallContext.place();
        Object before = place[0];
        place[0] = refined;
        try {
            return target().executeAsync(refined, body);
        } finally {
            place[0] = before;
        }
    }

    @Override
    protected ContextCarrier contextCarrier() {
        return guard.contextCarrier();
    }

    @Override
    public String toString() {
        return guard.toString();
    }
}
