package dev.mainstay.spring;

import dev.mainstay.Fallback;
import dev.mainstay.Guard;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.reactor.Guarded;
import dev.mainstay.reactor.ReactorContext;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.ReactiveAdapter;
import org.springframework.core.ReactiveAdapterRegistry;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * Guards methods that give a {@code Mono}, a {@code Flux}, or another reactive type that Spring can adapt. The method
 * is invoked when somebody subscribes, and again for each retry. Nothing blocks. Safe for use by many threads.
 */
final class ReactorGuard implements ReactiveGuard {

    private final ReactiveAdapterRegistry types = ReactiveAdapterRegistry.getSharedInstance();

    @Override
    public boolean guards(Class<?> result) {
        return types.getAdapter(result) != null;
    }

    @Override
    public Object around(
            Class<?> result,
            Guard guard,
            CallBody<Object> body,
            @Nullable Fallback<Object> ofMethods,
            @Nullable Fallback<Object> ofValues) {
        ReactiveAdapter adapter = types.getAdapter(result);
        if (adapter == null) {
            throw new IllegalArgumentException(result.getName() + " is no reactive type that Spring can adapt");
        }
        Guarded<Object> guarded = ofValues == null ? Guarded.by(guard) : Guarded.by(guard.withFallback(ofValues));
        Publisher<Object> call = adapter.isMultiValue()
                ? many(adapter, guarded, body, ofMethods)
                : one(adapter, guarded, body, ofMethods);
        return adapter.fromPublisher(call);
    }

    private static Mono<Object> one(
            ReactiveAdapter adapter,
            Guarded<Object> guarded,
            CallBody<Object> body,
            @Nullable Fallback<Object> fallback) {
        Mono<Object> call = Mono.from(guarded.apply(Mono.defer(() -> Mono.from(invoke(adapter, body)))));
        return fallback == null
                ? call
                : call.onErrorResume(failure ->
                        Mono.deferContextual(context -> Mono.from(answer(adapter, fallback, failure, context))));
    }

    private static Flux<Object> many(
            ReactiveAdapter adapter,
            Guarded<Object> guarded,
            CallBody<Object> body,
            @Nullable Fallback<Object> fallback) {
        Flux<Object> call = Flux.from(guarded.apply(Flux.defer(() -> invoke(adapter, body))));
        if (fallback == null) {
            return call;
        }
        return Flux.defer(() -> {
            // A subscriber that has had items must not get those of the fallback after them.
            AtomicBoolean begun = new AtomicBoolean();
            return call.doOnNext(item -> begun.set(true))
                    .onErrorResume(
                            failure -> !begun.get(),
                            failure -> Flux.deferContextual(context -> answer(adapter, fallback, failure, context)));
        });
    }

    private static Publisher<Object> invoke(ReactiveAdapter adapter, CallBody<Object> body) {
        Object result;
        try {
            result = body.in(CallContext.plain());
        } catch (Exception failure) {
            return Mono.error(failure);
        }
        return publisher(adapter, result);
    }

    private static Publisher<Object> answer(
            ReactiveAdapter adapter, Fallback<Object> fallback, Throwable failure, ContextView context) {
        CallContext call = ReactorContext.callContext(context);
        if (!fallback.handles(failure, call)) {
            return Mono.error(failure);
        }
        return Mono.fromFuture(() -> fallback.answer(failure, call)).flatMapMany(answer -> publisher(adapter, answer));
    }

    private static Publisher<Object> publisher(ReactiveAdapter adapter, @Nullable Object result) {
        return result == null
                ? Mono.error(new NullPointerException("the method gave null instead of a "
                        + adapter.getReactiveType().getName()))
                : adapter.toPublisher(result);
    }
}
