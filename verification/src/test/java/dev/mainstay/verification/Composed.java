package dev.mainstay.verification;

import dev.mainstay.AsyncCallBody;
import dev.mainstay.CallBody;
import dev.mainstay.CallContext;
import dev.mainstay.ContextBody;
import dev.mainstay.Fallback;
import dev.mainstay.Guard;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.TypedPipeline;
import dev.mainstay.testkit.Meters;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Policies around each other, the first outermost, and what calls go through; for scenarios that look at each of them.
 * Their counters are started.
 */
record Composed(List<Policy> policies, Guard guard) {

    Composed {
        policies.forEach(Meters::start);
    }

    static Composed of(Policy... policies) {
        return new Composed(List.of(policies), Pipeline.of("p", policies));
    }

    /** The same with a fallback outside. */
    Composed inside(Fallback<Object> fallback) {
        return new Composed(
                policies,
                new Outside(Pipeline.of("p", policies.toArray(Policy[]::new)).withFallback(fallback)));
    }

    /** The same with a fallback further in than all of them. */
    Composed around(Fallback<Object> fallback) {
        return new Composed(policies, new Inside(guard, fallback));
    }

    /** The n-th policy of this type, from 0. */
    <P extends Policy> P the(Class<P> type, int index) {
        return policies.stream()
                .filter(type::isInstance)
                .map(type::cast)
                .skip(index)
                .findFirst()
                .orElseThrow();
    }

    <P extends Policy> P the(Class<P> type) {
        return the(type, 0);
    }

    @SuppressWarnings("unchecked") // what comes out is what the body gave, or what the fallback of the scenario gives
    private record Outside(TypedPipeline<Object> pipeline) implements Guard {

        @Override
        public <T> T execute(CallContext context, CallBody<? extends T> body) throws Exception {
            ContextBody<Object, Exception> objects = body::in;
            return (T) pipeline.call(objects);
        }

        @Override
        public <T> CompletableFuture<T> executeAsync(CallContext context, AsyncCallBody<? extends T> body) {
            AsyncCallBody<Object> objects = ctx -> (CompletionStage<Object>) body.in(ctx);
            return (CompletableFuture<T>) pipeline.callAsync(objects);
        }
    }

    @SuppressWarnings("unchecked") // as outside
    private record Inside(Guard guard, Fallback<Object> fallback) implements Guard {

        @Override
        public <T> T execute(CallContext context, CallBody<? extends T> body) throws Exception {
            ContextBody<Object, Exception> objects = body::in;
            return (T) guard.execute(context, fallback.decorate(objects));
        }

        @Override
        public <T> CompletableFuture<T> executeAsync(CallContext context, AsyncCallBody<? extends T> body) {
            AsyncCallBody<Object> objects = ctx -> (CompletionStage<Object>) body.in(ctx);
            return (CompletableFuture<T>) guard.executeAsync(context, fallback.decorateAsync(objects));
        }
    }
}
