package dev.mainstay.verification;

import dev.mainstay.Chain;
import dev.mainstay.Fallback;
import dev.mainstay.Guard;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.TypedPipeline;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.ContextBody;
import dev.mainstay.testkit.Meters;
import dev.mainstay.time.TimeSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;

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

    /** The calls of the scenario go through a pipeline with a fallback around it. */
    @SuppressWarnings("unchecked") // what comes out is what the body gave, or what the fallback of the scenario gives
    private static final class Outside extends Policy {

        private final TypedPipeline<Object> pipeline;

        Outside(TypedPipeline<Object> pipeline) {
            this.pipeline = pipeline;
        }

        @Override
        public String name() {
            return pipeline.name();
        }

        @Override
        protected <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body)
                throws Exception {
            ContextBody<Object, Exception> objects = ctx -> inner.proceed(ctx, TimeSource.UNREAD, body);
            return (T) pipeline.callWithContext(objects);
        }

        @Override
        protected <T> CompletableFuture<T> aroundAsync(
                CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
            AsyncCallBody<Object> objects =
                    ctx -> (CompletableFuture<Object>) inner.<T>proceedAsync(ctx, TimeSource.UNREAD, body);
            return (CompletableFuture<T>) pipeline.callAsyncWithContext(objects);
        }
    }

    /** The calls of the scenario have a fallback and go through a guard. */
    @SuppressWarnings("unchecked") // as outside
    private static final class Inside extends Policy {

        private final Guard guard;
        private final Fallback<Object> fallback;

        Inside(Guard guard, Fallback<Object> fallback) {
            this.guard = guard;
            this.fallback = fallback;
        }

        @Override
        public String name() {
            return guard.name();
        }

        @Override
        protected <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body)
                throws Exception {
            ContextBody<Object, Exception> objects = ctx -> inner.proceed(ctx, TimeSource.UNREAD, body);
            return (T) PolicyAccess.call(guard, context, fallback.decorate(objects));
        }

        @Override
        protected <T> CompletableFuture<T> aroundAsync(
                CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
            AsyncCallBody<Object> objects =
                    ctx -> (CompletableFuture<Object>) inner.<T>proceedAsync(ctx, TimeSource.UNREAD, body);
            return (CompletableFuture<T>) PolicyAccess.callAsync(guard, context, fallback.decorateAsync(objects));
        }
    }
}
