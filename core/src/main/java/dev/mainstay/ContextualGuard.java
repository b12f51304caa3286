package dev.mainstay;

import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A guard whose calls carry what the user says about them. */
final class ContextualGuard implements Guard {

    private final Guard guard;
    private final UnaryOperator<CallContext> refinement;

    ContextualGuard(Guard guard, UnaryOperator<CallContext> refinement) {
        this.guard = guard;
        this.refinement = refinement;
    }

    Guard guard() {
        return guard;
    }

    /** What the user says of a call, asked on the thread that makes it. */
    CallContext refine(CallContext context) {
        return Require.present("the context that 'with' was given", refinement.apply(context.orInherited()));
    }

    @Override
    public <T extends @Nullable Object> T execute(CallContext context, CallBody<? extends T> body) throws Exception {
        CallContext refined = refine(context);
        @Nullable Object[] place = CallContext.place();
        Object before = place[0];
        place[0] = refined;
        try {
            return guard.<T>execute(refined, body);
        } finally {
            place[0] = before;
        }
    }

    @Override
    public <T extends @Nullable Object> Outcome<T> tryExecute(CallContext context, CallBody<? extends T> body)
            throws Exception {
        CallContext refined = refine(context);
        @Nullable Object[] place = CallContext.place();
        Object before = place[0];
        place[0] = refined;
        try {
            return guard.<T>tryExecute(refined, body);
        } finally {
            place[0] = before;
        }
    }

    @Override
    public <T extends @Nullable Object> CompletableFuture<T> executeAsync(
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
            return guard.executeAsync(refined, body);
        } finally {
            place[0] = before;
        }
    }

    @Override
    public ContextCarrier contextCarrier() {
        return guard.contextCarrier();
    }
}
