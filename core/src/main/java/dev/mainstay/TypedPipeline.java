package dev.mainstay;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.AsyncSupplier;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.CheckedSupplier;
import dev.mainstay.call.ContextBody;
import dev.mainstay.call.InterruptibleSupplier;
import dev.mainstay.call.PlainSupplier;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.event.Subscription;
import dev.mainstay.future.Stages;
import dev.mainstay.meter.Measured;
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
 * A pipeline, or any other guard, with a fallback around it, for calls that give a {@code T}. The fallback sees what is
 * left after all policies: the last failure of a retry, a rejection, a time-out. It has the name, the events and the
 * meters of what it stands around.
 *
 * <p>It has the forms of calls that {@link Guard} has, for bodies that give a result. The fallback answers for
 * rejections, so there is no {@code tryCall}: of the pipeline itself, {@link Guard#tryCall} tells a rejection as a
 * value. Immutable and safe for use by many threads.
 *
 * @param <T> what the calls give
 */
public final class TypedPipeline<T extends @Nullable Object> implements Measured {

    private final Guard guard;
    private final Fallback<T> fallback;

    TypedPipeline(Guard guard, Fallback<T> fallback) {
        this.guard = guard;
        this.fallback = fallback;
    }

    // ---- what it is

    /** What it is called in messages, meters, logs and events: the name of what it stands around. */
    public String name() {
        return guard.name();
    }

    /** One line that says why it decides as it does now. */
    public String explain() {
        return guard.explain() + ", with " + fallback;
    }

    /** Listens to one kind of event of its policies; {@code MainstayEvent.class} is all. */
    public <E extends MainstayEvent> Subscription subscribe(Class<E> type, Consumer<? super E> listener) {
        return guard.subscribe(type, listener);
    }

    /** The pipeline or policy that the fallback stands around. */
    public Policy pipeline() {
        // A guard is a policy, or one with something said about its calls.
        return (Policy) guard.target();
    }

    Guard guard() {
        return guard;
    }

    /** The fallback alone, for adapters that ask it about calls that they make themselves. */
    public Fallback<T> fallback() {
        return fallback;
    }

    /** This, with something said about the calls that go through it, as {@link Guard#with} does. */
    public TypedPipeline<T> with(UnaryOperator<CallContext> context) {
        return new TypedPipeline<>(guard.with(context), fallback);
    }

    // ---- calls that are waited for

    /** Makes the call; its checked exception comes out if the fallback does not take it. */
    public <X extends Exception> T call(CheckedSupplier<? extends T, X> body) throws X {
        return this.<X>make(CallContext.plain(), body);
    }

    /** The same for a {@code Callable} that is there already. */
    public T call(Callable<? extends T> body) throws Exception {
        Require.present("body", body);
        return this.<Exception>make(CallContext.plain(), context -> body.call());
    }

    /** The same for a call that wants to know its context. */
    public <X extends Exception> T callWithContext(ContextBody<? extends T, X> body) throws X {
        return this.<X>make(CallContext.current().inherited(), body);
    }

    /** The same for a call that can be interrupted and throws one checked exception besides. */
    public <X extends Exception> T callInterruptibly(InterruptibleSupplier<? extends T, X> body)
            throws X, InterruptedException {
        Require.present("body", body);
        return this.<X>make(CallContext.plain(), context -> body.call());
    }

    /**
     * The same for calls that throw two checked exceptions, as {@link Guard#throwing} has it.
     *
     * @param first one that the calls throw; only its type matters
     * @param second the other
     */
    public <A extends Exception, B extends Exception> Throwing<T, A, B> throwing(Class<A> first, Class<B> second) {
        Require.present("first", first);
        Require.present("second", second);
        return new Throwing<>(this);
    }

    /** Makes a call that throws nothing checked. */
    public T get(PlainSupplier<? extends T> body) {
        return this.<RuntimeException>make(CallContext.plain(), body);
    }

    /** The same for a {@code Supplier} that is there already. */
    public T get(Supplier<? extends T> body) {
        Require.present("body", body);
        return this.<RuntimeException>make(CallContext.plain(), context -> body.get());
    }

    /**
     * Makes the call for a caller that does not use the result. The body gives one nevertheless: it may become the last
     * good result of the fallback.
     */
    public <X extends Exception> void run(CheckedSupplier<? extends T, X> body) throws X {
        this.<X>make(CallContext.plain(), body);
    }

    // ---- calls that answer with a future

    /** Begins a call that answers with a stage. */
    public CompletableFuture<T> callAsync(AsyncSupplier<? extends T> body) {
        Require.present("body", body);
        return begin(CallContext.plain(), refined -> guard.target().<T>executeAsync(refined, body));
    }

    /** The same for a call that wants to know its context. */
    public CompletableFuture<T> callAsyncWithContext(AsyncCallBody<? extends T> body) {
        Require.present("body", body);
        return begin(
                CallContext.current().inherited(), refined -> CancellableCall.<T>begin(guard.target(), refined, body));
    }

    /** Makes the call on an executor's thread. */
    public <X extends Exception> CompletableFuture<T> submit(Executor executor, CheckedSupplier<? extends T, X> body) {
        return submitted(executor, body);
    }

    /** The same for a call that wants to know its context. */
    public <X extends Exception> CompletableFuture<T> submitWithContext(
            Executor executor, ContextBody<? extends T, X> body) {
        return submitted(executor, body);
    }

    // ---- calls that are made later, by somebody else

    /** The supplier, with pipeline and fallback around each call of it. */
    public Supplier<T> decorateSupplier(Supplier<? extends T> body) {
        PlainSupplier<T> carried = Require.present("body", body)::get;
        return () -> get(carried);
    }

    /** The callable, with pipeline and fallback around each call of it. */
    public Callable<T> decorateCallable(Callable<? extends T> body) {
        CheckedSupplier<T, Exception> carried = Require.present("body", body)::call;
        return () -> this.<Exception>call(carried);
    }

    /** The call, with pipeline and fallback around it each time, throwing what it throws. */
    public <X extends Exception> CheckedSupplier<T, X> decorateCheckedSupplier(CheckedSupplier<? extends T, X> body) {
        Require.present("body", body);
        return () -> this.<X>call(body);
    }

    /** The function, with pipeline and fallback around each call of it. */
    public <A extends @Nullable Object> Function<A, T> decorateFunction(Function<? super A, ? extends T> body) {
        Require.present("body", body);
        return argument -> get((PlainSupplier<T>) () -> body.apply(argument));
    }

    /** The supplier of stages, with pipeline and fallback around each call of it. */
    public Supplier<CompletableFuture<T>> decorateCompletionStage(
            Supplier<? extends CompletionStage<? extends T>> body) {
        Require.present("body", body);
        return () -> callAsync((AsyncSupplier<T>) () -> Stages.<T>ofBody(body.get()));
    }

    // ---- what all forms lead to

    /** What the user says of the call is asked inside the fallback, which takes what that throws. */
    private <X extends Exception> T make(CallContext context, CallBody<? extends T> body) throws X {
        Require.present("body", body);
        Guard target = guard.target();
        if (target == guard) {
            return fallback.<X>around(context, () -> GuardEntry.<T, X>make(target, context, body));
        }
        CallContext refined;
        try {
            refined = guard.refine(context);
        } catch (RuntimeException failure) {
            return fallback.<X>around(context, () -> {
                throw failure;
            });
        }
        @Nullable Object[] place = CallContext.place();
        Object before = place[0];
        place[0] = refined;
        try {
            return fallback.<X>around(refined, () -> GuardEntry.<T, X>make(target, refined, body));
        } finally {
            place[0] = before;
        }
    }

    private CompletableFuture<T> begin(CallContext context, Function<CallContext, CompletableFuture<T>> call) {
        if (guard.target() == guard) {
            return fallback.aroundAsync(context, call.apply(context));
        }
        CallContext refined;
        try {
            refined = guard.refine(context);
        } catch (Throwable failure) {
            return fallback.aroundAsync(context, Stages.failed(failure));
        }
        @Nullable Object[] place = CallContext.place();
        Object before = place[0];
        place[0] = refined;
        try {
            return fallback.aroundAsync(refined, call.apply(refined));
        } finally {
            place[0] = before;
        }
    }

    private CompletableFuture<T> submitted(Executor executor, CallBody<? extends T> body) {
        Require.present("executor", executor);
        Require.present("body", body);
        CallContext context = CallContext.current().inherited();
        CallContext refined;
        try {
            refined = guard.refine(context);
        } catch (Throwable failure) {
            return fallback.aroundAsync(context, Stages.failed(failure));
        }
        return fallback.aroundAsync(refined, GuardEntry.<T>submit(guard.target(), refined, executor, body));
    }

    @Override
    public String toString() {
        return guard + " with " + fallback;
    }

    /**
     * A typed pipeline for calls that throw two checked exceptions, where a lambda would infer their common supertype.
     * Immutable and safe for use by many threads.
     *
     * @param <T> what the calls give
     * @param <A> one exception that they throw
     * @param <B> the other
     */
    public static final class Throwing<T extends @Nullable Object, A extends Exception, B extends Exception> {

        private final TypedPipeline<T> pipeline;

        private Throwing(TypedPipeline<T> pipeline) {
            this.pipeline = pipeline;
        }

        /** Makes the call; its checked exceptions come out if the fallback does not take them. */
        public T call(ThrowingGuard.Supplier<? extends T, ? extends A, ? extends B> body) throws A, B {
            Require.present("body", body);
            return pipeline.<A>make(CallContext.plain(), context -> body.call());
        }

        /** The same for a call that wants to know its context. */
        public T callWithContext(ThrowingGuard.Body<? extends T, ? extends A, ? extends B> body) throws A, B {
            Require.present("body", body);
            return pipeline.<A>make(CallContext.current().inherited(), context -> body.in(context));
        }

        /** Makes the call for a caller that does not use the result. */
        public void run(ThrowingGuard.Supplier<? extends T, ? extends A, ? extends B> body) throws A, B {
            T ignored = call(body);
        }

        @Override
        public String toString() {
            return pipeline.toString();
        }
    }
}
