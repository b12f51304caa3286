package dev.mainstay.spring;

import java.lang.reflect.Method;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.stream.BaseStream;
import org.jspecify.annotations.Nullable;
import org.springframework.core.KotlinDetector;
import org.springframework.core.ReactiveAdapterRegistry;

/** What a method gives, which says how its calls are made. */
enum ResultKind {
    /** A value: the call has ended when the method returns. */
    PLAIN,

    /** A handle to work that goes on afterwards, of which nothing can be seen: a {@code Future}, a {@code Stream}. */
    INVOCATION_ONLY,

    /** A stage: the call ends as the stage does. */
    STAGE,

    /** What a reactive guard takes care of. */
    REACTIVE;

    /**
     * The kind of a method's result. Stages come before what Spring's registry of reactive types knows, which adapts
     * stages as well.
     *
     * @throws IllegalArgumentException if it is of a kind that cannot be guarded
     */
    static ResultKind of(Method method, Class<?> result, @Nullable ReactiveGuard reactive) {
        if (KotlinDetector.isSuspendingFunction(method)) {
            throw new IllegalArgumentException("a suspend function cannot be guarded by an annotation: what it gives"
                    + " comes after the guard has seen its return. Guard the call inside of it, or give a"
                    + " CompletableFuture");
        }
        if (CompletionStage.class.isAssignableFrom(result)) {
            if (!result.isAssignableFrom(CompletableFuture.class)) {
                throw new IllegalArgumentException("it gives a " + result.getName()
                        + ", which a guard cannot make: declare a CompletionStage or a CompletableFuture");
            }
            return STAGE;
        }
        if (reactive != null && reactive.guards(result)) {
            return REACTIVE;
        }
        if (ReactiveAdapterRegistry.getSharedInstance().getAdapter(result) != null) {
            throw new IllegalArgumentException("it gives a " + result.getName()
                    + ", which does nothing before it is subscribed to, and so nothing inside of its guard: put"
                    + " mainstay-reactor on the class path, or give a CompletionStage, such as mono.toFuture()");
        }
        return Future.class.isAssignableFrom(result) || BaseStream.class.isAssignableFrom(result)
                ? INVOCATION_ONLY
                : PLAIN;
    }
}
