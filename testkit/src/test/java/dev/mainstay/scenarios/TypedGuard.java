package dev.mainstay.scenarios;

import dev.mainstay.AsyncCallBody;
import dev.mainstay.CallBody;
import dev.mainstay.CallContext;
import dev.mainstay.ContextBody;
import dev.mainstay.Guard;
import dev.mainstay.TypedPipeline;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A typed pipeline for strings, so that scenarios can make their calls through it. */
@SuppressWarnings("unchecked")
record TypedGuard(TypedPipeline<String> pipeline) implements Guard {

    @Override
    public <T> T execute(CallContext context, CallBody<? extends T> body) throws Exception {
        ContextBody<String, Exception> strings = ctx -> (String) body.in(ctx);
        return (T) pipeline.call(strings);
    }

    @Override
    public <T> CompletableFuture<T> executeAsync(CallContext context, AsyncCallBody<? extends T> body) {
        AsyncCallBody<String> strings = ctx -> (CompletionStage<String>) body.in(ctx);
        return (CompletableFuture<T>) pipeline.callAsync(strings);
    }
}
