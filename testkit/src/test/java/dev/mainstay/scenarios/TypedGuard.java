package dev.mainstay.scenarios;

import dev.mainstay.Chain;
import dev.mainstay.Policy;
import dev.mainstay.TypedPipeline;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.ContextBody;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.CompletableFuture;

/** A typed pipeline for strings, so that scenarios can make their calls through it. */
@SuppressWarnings("unchecked")
final class TypedGuard extends Policy {

    private final TypedPipeline<String> pipeline;

    TypedGuard(TypedPipeline<String> pipeline) {
        this.pipeline = pipeline;
    }

    @Override
    public String name() {
        return pipeline.name();
    }

    @Override
    protected <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
        ContextBody<String, Exception> strings = ctx -> (String) inner.proceed(ctx, TimeSource.UNREAD, body);
        return (T) pipeline.callWithContext(strings);
    }

    @Override
    protected <T> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        AsyncCallBody<String> strings =
                ctx -> (CompletableFuture<String>) inner.<T>proceedAsync(ctx, TimeSource.UNREAD, body);
        return (CompletableFuture<T>) pipeline.callAsyncWithContext(strings);
    }
}
