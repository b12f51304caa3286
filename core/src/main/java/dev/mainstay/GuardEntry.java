package dev.mainstay;

import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.safe.Require;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * How the entry forms of {@link Guard} make a call: checked exceptions go through as their own type, and a null body is
 * rejected.
 */
final class GuardEntry {

    private GuardEntry() {}

    static <T extends @Nullable Object, X extends Exception> T make(
            Guard guard, CallContext context, CallBody<? extends T> body) throws X {
        Require.present("body", body);
        try {
            // At a call site that sees many kinds of guards, a type check for a gate or a pipeline, as nearly all are,
            // is faster than a virtual call, and lets the call be inlined.
            if (guard instanceof Gate gate) {
                return gate.<T>execute(context, body);
            }
            return guard instanceof Pipeline pipeline
                    ? pipeline.<T>execute(context, body)
                    : guard.<T>execute(context, body);
        } catch (Exception failure) {
            throw GuardEntry.<X>own(failure);
        }
    }

    static <T extends @Nullable Object, X extends Exception> Outcome<T> attempt(
            Guard guard, CallContext context, CallBody<? extends T> body) throws X {
        Require.present("body", body);
        try {
            return guard.<T>tryExecute(context, body);
        } catch (Exception failure) {
            throw GuardEntry.<X>own(failure);
        }
    }

    static <T extends @Nullable Object> CompletableFuture<T> submit(
            Guard guard, Executor executor, CallBody<? extends T> body) {
        Require.present("executor", executor);
        Require.present("body", body);
        CallContext context;
        try {
            // What the user says about the call is asked here, on the caller's thread: it may look at what is bound to
            // that.
            context = guard.refine(CallContext.current().inherited());
        } catch (Throwable failure) {
            return Stages.failed(failure);
        }
        return submit(guard.target(), context, executor, body);
    }

    static <T extends @Nullable Object> CompletableFuture<T> submit(
            Guard target, CallContext context, Executor executor, CallBody<? extends T> body) {
        ExecutorCall<T> call = new ExecutorCall<>(context, ctx -> target.<T>execute(ctx, body), null);
        ContextCarrier.Snapshot snapshot = ThreadHandoff.capture(target.contextCarrier());
        call.start("submit", task -> executor.execute(ThreadHandoff.carried(snapshot, task)));
        return call;
    }

    /** The body declares X, and policies add nothing checked: so what a chain throws is an X or unchecked. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Exception> X own(Exception failure) {
        return (X) failure;
    }
}
