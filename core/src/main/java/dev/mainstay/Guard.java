package dev.mainstay;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.AsyncSupplier;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.CheckedRunnable;
import dev.mainstay.call.CheckedSupplier;
import dev.mainstay.call.ContextBody;
import dev.mainstay.call.ContextRunnable;
import dev.mainstay.call.InterruptibleSupplier;
import dev.mainstay.call.PlainSupplier;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.event.Subscription;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.safe.Require;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Whatever a call can be put through: a {@link Policy}, a {@link Pipeline} of them, or either with something said about
 * the call. All forms in which calls come are here. Which one to take:
 *
 * <ul>
 *   <li>{@link #call} returns the result and throws what the body throws, {@link #get} is for bodies that throw nothing
 *       checked, {@link #run} for those without a result, {@link #callInterruptibly} and {@link #throwing} for those
 *       that throw two checked exceptions;
 *   <li>{@link #tryCall} and {@link #tryRun} report a rejection as a value;
 *   <li>{@link #callAsync} is for bodies that give a stage, {@link #submit} makes a call on an executor;
 *   <li>the forms that end in {@code WithContext} hand the {@link CallContext} to the body: the time that is left, the
 *       number of the attempt, what to do when the call is cancelled;
 *   <li>the {@code decorate…} forms give back what they were given, with this guard around it.
 * </ul>
 *
 * <p>What comes out is the call's own result or exception, as itself and never wrapped, or one of ours: {@link
 * CallRejectedException}, {@link CallTimeoutException}, or that of a retry that ran out of attempts. A null body is a
 * {@code NullPointerException}. Safe for use by many threads.
 *
 * <p>To write a guard of your own, extend {@link Policy} or {@link Gate}.
 */
public abstract class Guard {

    Guard() {}

    // ---- what it is

    /** What it is called in messages, meters, logs and events. */
    public abstract String name();

    /** One line that says why it decides as it does now. */
    public abstract String explain();

    /** Listens to one kind of event of its policies; {@code MainstayEvent.class} is all. Closing the result ends it. */
    public abstract <E extends MainstayEvent> Subscription subscribe(Class<E> type, Consumer<? super E> listener);

    // ---- calls that are waited for

    /** Makes the call and returns its result: {@code String page = guard.call(() -> client.fetch(url))}. */
    public final <T extends @Nullable Object, X extends Exception> T call(CheckedSupplier<T, X> body) throws X {
        return GuardEntry.<T, X>make(this, CallContext.plain(), body);
    }

    /** The same for a {@code Callable} that is there already. */
    public final <T extends @Nullable Object> T call(Callable<T> body) throws Exception {
        Require.present("body", body);
        return GuardEntry.<T, Exception>make(this, CallContext.plain(), context -> body.call());
    }

    /**
     * The same for a call that wants to know its context: {@code guard.callWithContext(ctx -> client.get(id,
     * ctx.remaining()))}.
     */
    public final <T extends @Nullable Object, X extends Exception> T callWithContext(ContextBody<T, X> body) throws X {
        return GuardEntry.<T, X>make(this, CallContext.current().inherited(), body);
    }

    /**
     * The same for a call that can be interrupted and throws one checked exception besides: {@code
     * guard.callInterruptibly(() -> http.send(request, handler))} throws {@code IOException} and {@code
     * InterruptedException}, where {@link #call} would throw their common supertype, {@code Exception}.
     */
    public final <T extends @Nullable Object, X extends Exception> T callInterruptibly(InterruptibleSupplier<T, X> body)
            throws X, InterruptedException {
        Require.present("body", body);
        return GuardEntry.<T, X>make(this, CallContext.plain(), context -> body.call());
    }

    /**
     * This guard for calls that throw two checked exceptions: {@code guard.throwing(IOException.class,
     * SQLException.class).call(() -> load(file))}.
     *
     * @param first one that the calls throw; only its type matters
     * @param second the other
     */
    public final <A extends Exception, B extends Exception> ThrowingGuard<A, B> throwing(
            Class<A> first, Class<B> second) {
        Require.present("first", first);
        Require.present("second", second);
        return new ThrowingGuard<>(this);
    }

    /** Makes a call that throws nothing checked and returns its result. */
    public final <T extends @Nullable Object> T get(PlainSupplier<T> body) {
        return GuardEntry.<T, RuntimeException>make(this, CallContext.plain(), body);
    }

    /** The same for a {@code Supplier} that is there already. */
    public final <T extends @Nullable Object> T get(Supplier<T> body) {
        Require.present("body", body);
        return GuardEntry.<T, RuntimeException>make(this, CallContext.plain(), context -> body.get());
    }

    /** Makes a call without a result. */
    public final <X extends Exception> void run(CheckedRunnable<X> body) throws X {
        GuardEntry.<@Nullable Void, X>make(this, CallContext.plain(), body);
    }

    /** The same for a call that wants to know its context. */
    public final <X extends Exception> void runWithContext(ContextRunnable<X> body) throws X {
        GuardEntry.<@Nullable Void, X>make(this, CallContext.current().inherited(), body);
    }

    /**
     * Makes the call, or says as a value that a policy rejected it: for callers to whom a rejection is an everyday
     * answer. That includes a rejection by one of ours further in, inside the body; all other failures are thrown.
     */
    public final <T extends @Nullable Object, X extends Exception> Outcome<T> tryCall(CheckedSupplier<T, X> body)
            throws X {
        return GuardEntry.<T, X>attempt(this, CallContext.plain(), body);
    }

    /** The same for a call that wants to know its context. */
    public final <T extends @Nullable Object, X extends Exception> Outcome<T> tryCallWithContext(ContextBody<T, X> body)
            throws X {
        return GuardEntry.<T, X>attempt(this, CallContext.current().inherited(), body);
    }

    /** The same for a call without a result. */
    public final <X extends Exception> Outcome<@Nullable Void> tryRun(CheckedRunnable<X> body) throws X {
        return GuardEntry.<@Nullable Void, X>attempt(this, CallContext.plain(), body);
    }

    // ---- calls that answer with a future

    /**
     * Begins a call that answers with a stage; never blocks and never throws: a body that throws, or returns null,
     * fails the future. Cancelling the future cancels the call. The stage that the body returns is cancelled when the
     * call is cancelled or times out: of a future that others wait for, too, return a {@code copy()}.
     */
    public final <T extends @Nullable Object> CompletableFuture<T> callAsync(AsyncSupplier<? extends T> body) {
        return executeAsync(CallContext.plain(), Require.present("body", body));
    }

    /**
     * The same for a call that wants to know its context, and may register there what is to happen when it is
     * cancelled.
     */
    public final <T extends @Nullable Object> CompletableFuture<T> callAsyncWithContext(
            AsyncCallBody<? extends T> body) {
        return CancellableCall.begin(this, CallContext.current().inherited(), Require.present("body", body));
    }

    /**
     * Makes the call on an executor's thread, policies included, and hands its result to the future. Cancelling the
     * future takes the call out of the queue or interrupts it. An executor that does not take it fails the future with
     * a {@link CallRejectedException}. What a pipeline's {@link ContextCarrier} carries goes along.
     */
    public final <T extends @Nullable Object, X extends Exception> CompletableFuture<T> submit(
            Executor executor, CheckedSupplier<T, X> body) {
        return GuardEntry.submit(this, executor, body);
    }

    /** The same for a call without a result. */
    public final <X extends Exception> CompletableFuture<@Nullable Void> submit(
            Executor executor, CheckedRunnable<X> body) {
        return GuardEntry.<@Nullable Void>submit(this, executor, body);
    }

    /** The same for a call that wants to know its context. */
    public final <T extends @Nullable Object, X extends Exception> CompletableFuture<T> submitWithContext(
            Executor executor, ContextBody<T, X> body) {
        return GuardEntry.submit(this, executor, body);
    }

    // ---- calls that are made later, by somebody else

    /** The supplier, with this guard around each call of it. */
    public final <T extends @Nullable Object> Supplier<T> decorateSupplier(Supplier<T> body) {
        PlainSupplier<T> carried = Require.present("body", body)::get;
        return () -> get(carried);
    }

    /** The callable, with this guard around each call of it. */
    public final <T extends @Nullable Object> Callable<T> decorateCallable(Callable<T> body) {
        CheckedSupplier<T, Exception> carried = Require.present("body", body)::call;
        return () -> call(carried);
    }

    /** The call, with this guard around it each time, throwing what it throws. */
    public final <T extends @Nullable Object, X extends Exception> CheckedSupplier<T, X> decorateCheckedSupplier(
            CheckedSupplier<T, X> body) {
        Require.present("body", body);
        return () -> call(body);
    }

    /** The runnable, with this guard around each run of it. */
    public final Runnable decorateRunnable(Runnable body) {
        CheckedRunnable<RuntimeException> carried = Require.present("body", body)::run;
        return () -> run(carried);
    }

    /** The runnable that throws, with this guard around each run of it. */
    public final <X extends Exception> CheckedRunnable<X> decorateCheckedRunnable(CheckedRunnable<X> body) {
        Require.present("body", body);
        return () -> run(body);
    }

    /** The consumer, with this guard around each value that it is given. */
    public final <A extends @Nullable Object> Consumer<A> decorateConsumer(Consumer<A> body) {
        Require.present("body", body);
        return argument -> run(() -> body.accept(argument));
    }

    /** The function, with this guard around each call of it. */
    public final <A extends @Nullable Object, T extends @Nullable Object> Function<A, T> decorateFunction(
            Function<A, T> body) {
        Require.present("body", body);
        return argument -> get((PlainSupplier<T>) () -> body.apply(argument));
    }

    /** The supplier of stages, with this guard around each call of it. */
    public final <T extends @Nullable Object> Supplier<CompletableFuture<T>> decorateCompletionStage(
            Supplier<? extends CompletionStage<T>> body) {
        AsyncSupplier<T> carried = Require.present("body", body)::get;
        return () -> callAsync(carried);
    }

    // ---- the same guard, with more to it

    /** This guard with a fallback around it, for calls that give a {@code T}. */
    public final <T extends @Nullable Object> TypedPipeline<T> withFallback(Fallback<T> fallback) {
        return new TypedPipeline<>(this, Require.present("fallback", fallback));
    }

    /** The same with what the function makes of the failure: {@code guard.withFallback(failure -> "none")}. */
    public final <T extends @Nullable Object> TypedPipeline<T> withFallback(
            Function<? super Exception, ? extends T> fallback) {
        return withFallback(Fallback.<T>ofFunction(fallback));
    }

    /** The same with always this value. */
    public final <T extends @Nullable Object> TypedPipeline<T> withFallback(T value) {
        return withFallback(Fallback.of(value));
    }

    /**
     * This guard, with something said about the calls that go through it: {@code pipeline.with(ctx ->
     * ctx.key(tenant).priority(HIGH)).call(…)}. The function is asked at each call, with what the call inherits from
     * the one around it; the context it gives is the thread's current one while the call runs.
     */
    public final Guard with(UnaryOperator<CallContext> context) {
        return new ContextualGuard(this, Require.present("context", context));
    }

    // ---- what all forms lead to; for policies

    /** Makes a call on this thread; the way in for all synchronous forms. */
    protected abstract <T extends @Nullable Object> T execute(CallContext context, CallBody<? extends T> body)
            throws Exception;

    /**
     * Begins a call; the way in for all asynchronous forms. Never throws for a body that is not null: failures come out
     * of the future, unwrapped.
     */
    protected abstract <T extends @Nullable Object> CompletableFuture<T> executeAsync(
            CallContext context, AsyncCallBody<? extends T> body);

    /** Makes a call, reporting a rejection as a value; the way in for {@link #tryCall}. */
    protected <T extends @Nullable Object> Outcome<T> tryExecute(CallContext context, CallBody<? extends T> body)
            throws Exception {
        try {
            return Outcome.of(this.<T>execute(context, body));
        } catch (CallRejectedException rejected) {
            return Outcome.rejected(Rejection.of(rejected));
        }
    }

    /**
     * What goes along, besides our own context, with calls that are {@linkplain #submit submitted} to an executor;
     * nothing unless said.
     */
    protected ContextCarrier contextCarrier() {
        return ContextCarrier.none();
    }

    /** The guard without what {@link #with} has said about its calls. */
    Guard target() {
        return this;
    }

    /** What {@link #with} says about a call, asked on the thread that makes it. */
    CallContext refine(CallContext context) {
        return context;
    }
}
