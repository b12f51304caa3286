package dev.mainstay;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** How the entry forms of {@link Guard} make a call: checked exceptions go through as their own type, and a null body is refused. */
final class Calls {

    private Calls() {}

    static <T extends @Nullable Object, X extends Exception> T make(
            Guard guard, CallContext context, Body<? extends T> body) throws X {
        Require.present("body", body);
        try {
            // Where guards of many kinds come by, the machine finds out faster that one is a gate or a pipeline, as
            // nearly all are, than which method of an interface is meant.
            if (guard instanceof Gate gate) {
                return gate.<T>execute(context, body);
            }
            return guard instanceof Pipeline pipeline
                    ? pipeline.<T>execute(context, body)
                    : guard.<T>execute(context, body);
        } catch (Exception failure) {
            throw Calls.<X>own(failure);
        }
    }

    static <T extends @Nullable Object, X extends Exception> Outcome<T> attempt(
            Guard guard, CallContext context, Body<? extends T> body) throws X {
        Require.present("body", body);
        try {
            return guard.<T>tryExecute(context, body);
        } catch (Exception failure) {
            throw Calls.<X>own(failure);
        }
    }

    static <T extends @Nullable Object> CompletableFuture<T> submit(
            Guard guard, Executor executor, Body<? extends T> body) {
        Require.present("executor", executor);
        Require.present("body", body);
        Work<T> work = new Work<>(CallContext.current().inherited(), context -> guard.<T>execute(context, body), null);
        ContextCarrier.Snapshot snapshot = Hop.capture(guard.contextCarrier());
        work.start("submit", task -> executor.execute(Hop.carried(snapshot, task)));
        return work;
    }

    /** The body declares X, and policies add nothing checked: so what a chain throws is an X or unchecked. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Exception> X own(Exception failure) {
        return (X) failure;
    }
}
