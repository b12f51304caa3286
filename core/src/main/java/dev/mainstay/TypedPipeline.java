package dev.mainstay;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline, or any other guard, with a fallback around it, for calls that give a {@code T}. The fallback sees what is
 * left after all policies: the last failure of a retry, a rejection, a time-out. Immutable and safe for use by many
 * threads.
 *
 * @param <T> what the calls give
 */
public final class TypedPipeline<T extends @Nullable Object> {

    private final Guard guard;
    private final Fallback<T> fallback;

    TypedPipeline(Guard guard, Fallback<T> fallback) {
        this.guard = guard;
        this.fallback = fallback;
    }

    /** This, with something said about the calls that go through it, as {@link Guard#with} does. */
    public TypedPipeline<T> with(UnaryOperator<CallContext> context) {
        return new TypedPipeline<>(guard.with(context), fallback);
    }

    /** Makes the call; its checked exception comes out if the fallback does not take it. */
    public <X extends Exception> T call(CheckedSupplier<? extends T, X> body) throws X {
        Require.present("body", body);
        return fallback.<X>around(() -> guard.<T, X>call((CheckedSupplier<T, X>) body::call));
    }

    /** The same for a call that wants to know its context. */
    public <X extends Exception> T call(ContextBody<? extends T, X> body) throws X {
        Require.present("body", body);
        return fallback.<X>around(() -> guard.<T, X>call((ContextBody<T, X>) body::in));
    }

    /** The same for a {@code Callable} that is there already. */
    public T call(Callable<? extends T> body) throws Exception {
        Require.present("body", body);
        return fallback.<Exception>around(() -> guard.<T, Exception>call((CheckedSupplier<T, Exception>) body::call));
    }

    /** The same for a call that throws nothing checked. */
    public T get(Supplier<? extends T> body) {
        Require.present("body", body);
        return fallback.<RuntimeException>around(() -> guard.get((PlainSupplier<T>) body::get));
    }

    /** Begins a call that answers with a stage. */
    public CompletableFuture<T> callAsync(AsyncSupplier<? extends T> body) {
        Require.present("body", body);
        return fallback.aroundAsync(guard.<T>callAsync(body));
    }

    /** The same for a call that wants to know its context. */
    public CompletableFuture<T> callAsync(AsyncCallBody<? extends T> body) {
        Require.present("body", body);
        return fallback.aroundAsync(guard.<T>callAsync(body));
    }

    /** Makes the call on an executor's thread. */
    public <X extends Exception> CompletableFuture<T> submit(Executor executor, CheckedSupplier<T, X> body) {
        return fallback.aroundAsync(guard.submit(executor, body));
    }

    /** The same for a call that wants to know its context. */
    public <X extends Exception> CompletableFuture<T> submit(Executor executor, ContextBody<T, X> body) {
        return fallback.aroundAsync(guard.submit(executor, body));
    }

    /** The supplier, with pipeline and fallback around each call of it. */
    public Supplier<T> decorateSupplier(Supplier<? extends T> body) {
        Require.present("body", body);
        return () -> get(body);
    }

    /** The callable, with pipeline and fallback around each call of it. */
    public Callable<T> decorateCallable(Callable<? extends T> body) {
        Require.present("body", body);
        return () -> call(body);
    }

    /** The call, with pipeline and fallback around it each time, throwing what it throws. */
    public <X extends Exception> CheckedSupplier<T, X> decorateCheckedSupplier(CheckedSupplier<? extends T, X> body) {
        Require.present("body", body);
        return () -> this.<X>call(body);
    }

    /** The function, with pipeline and fallback around each call of it. */
    public <A extends @Nullable Object> Function<A, T> decorateFunction(Function<? super A, ? extends T> body) {
        Require.present("body", body);
        return argument -> get(() -> body.apply(argument));
    }

    /** The supplier of stages, with pipeline and fallback around each call of it. */
    public Supplier<CompletableFuture<T>> decorateCompletionStage(
            Supplier<? extends CompletionStage<? extends T>> body) {
        Require.present("body", body);
        return () -> fallback.aroundAsync(guard.<T>callAsync((AsyncSupplier<T>) () -> Stages.<T>ofBody(body.get())));
    }

    @Override
    public String toString() {
        return guard + " with " + fallback;
    }
}
