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
 * Whatever a call can be put through: a policy, a pipeline of them, or either with something said about the call. All
 * the forms in which calls come are here, and all lead to the same two methods, {@link #execute} and {@link
 * #executeAsync}.
 *
 * <p>What comes out is the call's own result or exception, as itself and never wrapped, or one of ours: {@link
 * CallRejectedException}, {@link CallTimeoutException}, or that of a retry that ran out of attempts. A null body is a
 * {@code NullPointerException}. Safe for use by many threads.
 */
public interface Guard {

    /** Makes a call on this thread; the way in for all synchronous forms. */
    <T extends @Nullable Object> T execute(CallContext context, CallBody<? extends T> body) throws Exception;

    /**
     * Begins a call; the way in for all asynchronous forms. Never throws for a body that is not null: failures come out
     * of the future, unwrapped.
     */
    <T extends @Nullable Object> CompletableFuture<T> executeAsync(
            CallContext context, AsyncCallBody<? extends T> body);

    /** Makes a call, reporting a rejection as a value; the way in for {@link #tryCall}. */
    default <T extends @Nullable Object> Outcome<T> tryExecute(CallContext context, CallBody<? extends T> body)
            throws Exception {
        try {
            return Outcome.of(this.<T>execute(context, body));
        } catch (CallRejectedException rejected) {
            return Outcome.rejected(Rejection.of(rejected));
        }
    }

    /** Makes the call and returns its result: {@code String page = guard.call(() -> client.fetch(url))}. */
    default <T extends @Nullable Object, X extends Exception> T call(CheckedSupplier<T, X> body) throws X {
        return GuardEntry.<T, X>make(this, CallContext.plain(), body);
    }

    /**
     * The same for a call that wants to know its context: {@code guard.call(ctx -> client.get(id, ctx.remaining()))}.
     */
    default <T extends @Nullable Object, X extends Exception> T call(ContextBody<T, X> body) throws X {
        return GuardEntry.<T, X>make(this, CallContext.current().inherited(), body);
    }

    /** The same for a {@code Callable} that is there already. */
    default <T extends @Nullable Object> T call(Callable<T> body) throws Exception {
        Require.present("body", body);
        return GuardEntry.<T, Exception>make(this, CallContext.plain(), context -> body.call());
    }

    /** The same for a call that throws nothing checked. */
    default <T extends @Nullable Object> T get(PlainSupplier<T> body) {
        return GuardEntry.<T, RuntimeException>make(this, CallContext.plain(), body);
    }

    /** The same for a {@code Supplier} that is there already. */
    default <T extends @Nullable Object> T get(Supplier<T> body) {
        Require.present("body", body);
        return GuardEntry.<T, RuntimeException>make(this, CallContext.plain(), context -> body.get());
    }

    /** The same for a call without a result. */
    default <X extends Exception> void run(CheckedRunnable<X> body) throws X {
        GuardEntry.<@Nullable Void, X>make(this, CallContext.plain(), body);
    }

    /**
     * Makes the call, or says as a value that a policy rejected it: for callers to whom a rejection is an everyday
     * answer. That includes a rejection by one of ours further in, inside the body; all other failures are thrown.
     */
    default <T extends @Nullable Object, X extends Exception> Outcome<T> tryCall(CheckedSupplier<T, X> body) throws X {
        return GuardEntry.<T, X>attempt(this, CallContext.plain(), body);
    }

    /** The same for a call that wants to know its context. */
    default <T extends @Nullable Object, X extends Exception> Outcome<T> tryCall(ContextBody<T, X> body) throws X {
        return GuardEntry.<T, X>attempt(this, CallContext.current().inherited(), body);
    }

    /**
     * Begins a call that answers with a stage; never blocks and never throws: a body that throws, or returns null,
     * fails the future. Cancelling the future cancels the call. The stage that the body returns is cancelled when the
     * call is cancelled or times out: of a future that others wait for, too, return a {@code copy()}.
     */
    default <T extends @Nullable Object> CompletableFuture<T> callAsync(AsyncSupplier<? extends T> body) {
        return executeAsync(CallContext.plain(), Require.present("body", body));
    }

    /**
     * The same for a call that wants to know its context, and may register there what is to happen when it is
     * cancelled.
     */
    default <T extends @Nullable Object> CompletableFuture<T> callAsync(AsyncCallBody<? extends T> body) {
        return CancellableCall.begin(this, CallContext.current().inherited(), Require.present("body", body));
    }

    /**
     * Makes the call on an executor's thread, policies included, and hands its result to the future. Cancelling the
     * future takes the call out of the queue or interrupts it. An executor that does not take it fails the future with
     * a {@link CallRejectedException}. What the {@link #contextCarrier()} carries goes along.
     */
    default <T extends @Nullable Object, X extends Exception> CompletableFuture<T> submit(
            Executor executor, CheckedSupplier<T, X> body) {
        return GuardEntry.submit(this, executor, body);
    }

    /** The same for a call that wants to know its context. */
    default <T extends @Nullable Object, X extends Exception> CompletableFuture<T> submit(
            Executor executor, ContextBody<T, X> body) {
        return GuardEntry.submit(this, executor, body);
    }

    /**
     * What goes along, besides our own context, with calls that are {@linkplain #submit submitted} to an executor;
     * nothing unless said.
     */
    default ContextCarrier contextCarrier() {
        return ContextCarrier.none();
    }

    /** The supplier, with this guard around each call of it. */
    default <T extends @Nullable Object> Supplier<T> decorateSupplier(Supplier<T> body) {
        PlainSupplier<T> carried = Require.present("body", body)::get;
        return () -> get(carried);
    }

    /** The callable, with this guard around each call of it. */
    default <T extends @Nullable Object> Callable<T> decorateCallable(Callable<T> body) {
        CheckedSupplier<T, Exception> carried = Require.present("body", body)::call;
        return () -> call(carried);
    }

    /** The call, with this guard around it each time, throwing what it throws. */
    default <T extends @Nullable Object, X extends Exception> CheckedSupplier<T, X> decorateCheckedSupplier(
            CheckedSupplier<T, X> body) {
        Require.present("body", body);
        return () -> call(body);
    }

    /** The runnable, with this guard around each run of it. */
    default Runnable decorateRunnable(Runnable body) {
        CheckedRunnable<RuntimeException> carried = Require.present("body", body)::run;
        return () -> run(carried);
    }

    /** The function, with this guard around each call of it. */
    default <A extends @Nullable Object, T extends @Nullable Object> Function<A, T> decorateFunction(
            Function<A, T> body) {
        Require.present("body", body);
        return argument -> get((PlainSupplier<T>) () -> body.apply(argument));
    }

    /** The supplier of stages, with this guard around each call of it. */
    default <T extends @Nullable Object> Supplier<CompletableFuture<T>> decorateCompletionStage(
            Supplier<? extends CompletionStage<T>> body) {
        AsyncSupplier<T> carried = Require.present("body", body)::get;
        return () -> callAsync(carried);
    }

    /** This guard with a fallback around it, for calls that give a {@code T}. */
    default <T extends @Nullable Object> TypedPipeline<T> withFallback(Fallback<T> fallback) {
        return new TypedPipeline<>(this, Require.present("fallback", fallback));
    }

    /**
     * This guard, with something said about the calls that go through it: {@code pipeline.with(ctx ->
     * ctx.key(tenant).priority(HIGH)).call(…)}. The function is asked at each call, with what the call inherits from
     * the one around it; the context it gives is the thread's current one while the call runs.
     */
    default Guard with(UnaryOperator<CallContext> context) {
        return new ContextualGuard(this, Require.present("context", context));
    }
}
