package dev.mainstay;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.AsyncSupplier;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.CheckedSupplier;
import dev.mainstay.call.ContextBody;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.future.CallFuture;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.safe.Failures;
import dev.mainstay.safe.Require;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What to give instead, when a call has failed. Not a policy, since it must know the type of the result: outside a
 * pipeline it stands in {@link Pipeline#withFallback}, inside it {@linkplain #decorate decorates} the body.
 *
 * <p>It takes every {@code Exception}, our own rejections included, except interrupts and cancellations (the caller no
 * longer wants an answer); never an {@code Error}. If the fallback itself fails, that failure comes out, with the first
 * one suppressed in it. Safe for use by many threads.
 *
 * <p>Functions may ask for the {@link CallContext} of the call that failed, and find it as the thread's {@linkplain
 * CallContext#current() current} one, too. Around a body that it decorates, that is the context in which the body runs.
 *
 * <p>A function may answer {@linkplain Builder#onAsync with a stage}. An asynchronous call then ends as the stage does,
 * and cancelling its future cancels the stage. A synchronous call waits for the stage. An interrupt, or the nearest
 * {@linkplain CallContext#deadline() deadline} of the context, ends the wait: the stage is cancelled, and the call's
 * own failure comes out, with the interrupt flag still set. A failure of the stage comes out as it is, even a checked
 * one that the synchronous form does not declare.
 *
 * <p>{@link #handles}, {@link #answer} and {@link #succeeded} are the decisions alone, for adapters (reactive
 * operators, coroutines). They never wait.
 *
 * @param <T> what the call gives
 */
public final class Fallback<T extends @Nullable Object> {

    private final List<FallbackCase<T>> cases;
    private final List<ResultCase<T>> resultCases;
    private final @Nullable LastGood<T> lastGood;
    private final TimeSource time;
    private final CallbackFailures predicateFailures = new CallbackFailures();

    private Fallback(
            List<FallbackCase<T>> cases,
            List<ResultCase<T>> resultCases,
            @Nullable LastGood<T> lastGood,
            TimeSource time) {
        this.cases = List.copyOf(cases);
        this.resultCases = List.copyOf(resultCases);
        this.lastGood = lastGood;
        this.time = time;
    }

    /** Always this value. */
    public static <T extends @Nullable Object> Fallback<T> of(T value) {
        return Fallback.<T>ofFunction(failure -> value);
    }

    /** What the supplier gives, asked at each failure. */
    public static <T extends @Nullable Object> Fallback<T> ofSupplier(Supplier<? extends T> supplier) {
        Require.present("supplier", supplier);
        return Fallback.<T>ofFunction(failure -> supplier.get());
    }

    /** What the function makes of the failure. */
    public static <T extends @Nullable Object> Fallback<T> ofFunction(
            Function<? super Exception, ? extends T> function) {
        return Fallback.<T>builder().otherwise(function).build();
    }

    /** What the function makes of the failure and the context of the call. */
    public static <T extends @Nullable Object> Fallback<T> ofFunctionWithContext(
            BiFunction<? super Exception, ? super CallContext, ? extends T> function) {
        return Fallback.<T>builder().otherwiseWithContext(function).build();
    }

    /** What the stage gives that the function makes of the failure; see {@link Builder#onAsync}. */
    public static <T extends @Nullable Object> Fallback<T> ofStage(
            Function<? super Exception, ? extends CompletionStage<? extends T>> function) {
        return Fallback.<T>builder().onAsync(Exception.class, function).build();
    }

    /** The same with the context of the call. */
    public static <T extends @Nullable Object> Fallback<T> ofStageWithContext(
            BiFunction<? super Exception, ? super CallContext, ? extends CompletionStage<? extends T>> function) {
        return Fallback.<T>builder()
                .onAsyncWithContext(Exception.class, function)
                .build();
    }

    /**
     * The last result that the call gave, unless it is older than this. With nothing young enough, the failure comes
     * out.
     *
     * @throws IllegalArgumentException if the age is not above zero
     */
    public static <T extends @Nullable Object> Fallback<T> lastGood(Duration maxAge) {
        return Fallback.<T>builder().lastGood(maxAge).build();
    }

    /**
     * The last result that a call with the same {@linkplain CallContext#key() key} gave; see {@link
     * Builder#lastGoodPerKey}.
     *
     * @throws IllegalArgumentException if the age is not above zero, or the number of keys is less than 1
     */
    public static <T extends @Nullable Object> Fallback<T> lastGoodPerKey(Duration maxAge, int maxKeys) {
        return Fallback.<T>builder().lastGoodPerKey(maxAge, maxKeys).build();
    }

    /** Begins a fallback that does different things for different failures. */
    public static <T extends @Nullable Object> Builder<T> builder() {
        return new Builder<>();
    }

    // ---- around a body

    /** The call, with this fallback behind it each time. */
    public <X extends Exception> CheckedSupplier<T, X> decorate(CheckedSupplier<? extends T, X> body) {
        Require.present("body", body);
        return () -> this.<X>around(CallContext.current(), body);
    }

    /** The same for a call that wants to know its context. */
    public <X extends Exception> ContextBody<T, X> decorate(ContextBody<? extends T, X> body) {
        Require.present("body", body);
        return context -> this.<X>around(context, () -> body.in(context));
    }

    /** The same for a call that answers with a stage. */
    public AsyncSupplier<T> decorateAsync(AsyncSupplier<? extends T> body) {
        Require.present("body", body);
        return () -> aroundAsync(CallContext.current(), begun(() -> body.get()));
    }

    /** The same for a call that answers with a stage and wants to know its context. */
    public AsyncCallBody<T> decorateAsync(AsyncCallBody<? extends T> body) {
        Require.present("body", body);
        return context -> aroundAsync(context, begun(() -> body.in(context)));
    }

    private CompletableFuture<T> begun(CheckedSupplier<CompletionStage<? extends T>, Exception> body) {
        return Chain.end()
                .proceedAsync(CallContext.plain(), TimeSource.UNREAD, context -> Stages.<T>ofBody(body.call()));
    }

    /** @param context if it is plain, that of the call around this one counts */
    <X extends Exception> T around(CallContext context, CheckedSupplier<? extends T, X> body) throws X {
        T result;
        try {
            result = body.call();
        } catch (Exception failure) {
            CallContext known = context.orInherited();
            FallbackCase<T> match = caseFor(failure, known);
            if (match == null) {
                throw failure;
            }
            if (match instanceof FallbackCase.AtOnce<T> atOnce) {
                return atOnce.answer(failure, known);
            }
            CompletableFuture<T> stage = ((FallbackCase.WithStage<T>) match).begin(failure, known);
            if (!isAwaited(stage, failure, known)) {
                throw failure;
            }
            return endOf(stage, failure);
        }
        return looksAtResults() ? succeeded(result, context.orInherited()) : result;
    }

    private boolean isAwaited(CompletableFuture<T> stage, Exception failure, CallContext context) {
        try {
            return StageWait.await(stage, context, time);
        } catch (Throwable broken) {
            Failures.suppress(broken, failure);
            throw broken;
        }
    }

    private T endOf(CompletableFuture<T> stage, Exception failure) {
        Throwable failedToo = Stages.failureOf(stage);
        if (failedToo == null) {
            return stage.join();
        }
        Failures.suppress(failedToo, failure);
        throw Failures.<RuntimeException>undeclared(failedToo);
    }

    /** The same for a call that has begun. */
    CompletableFuture<T> aroundAsync(CallContext context, CompletableFuture<T> call) {
        CallContext known = context.orInherited();
        if (!call.isDone()) {
            FallbackCall following = new FallbackCall(known, call);
            following.inner = call;
            Stages.follow(call, following);
            return following;
        }
        Throwable failure = Stages.failureOf(call);
        if (failure == null) {
            if (resultCases.isEmpty()) {
                remember(call.join(), known);
                return call;
            }
            FallbackCall answering = new FallbackCall(known, call);
            answering.succeedWith(call.join());
            return answering;
        }
        FallbackCase<T> match = caseFor(failure, known);
        if (match == null) {
            return call;
        }
        FallbackCall answering = new FallbackCall(known, call);
        answering.answer(match, (Exception) failure);
        return answering;
    }

    // ---- the decisions, for adapters

    /**
     * For adapters: whether this fallback answers a call that has failed so. Never for an {@code Error}, an interrupt
     * or a cancellation. Does not block, and runs no code of the user's but {@code equals} and {@code hashCode} of a
     * key.
     *
     * @param failure as it is, without a {@code CompletionException} around it
     * @param context what the call carried, which is taken as it is
     */
    public boolean handles(Throwable failure, CallContext context) {
        Require.present("failure", failure);
        return caseFor(failure, Require.present("context", context)) != null;
    }

    /**
     * For adapters: what a call gives that has failed so. Begins the answer and does not wait for it: the future is
     * complete unless a function {@linkplain Builder#onAsync answers with a stage}, which cancelling it cancels. Fails
     * with the failure itself if this fallback does not {@linkplain #handles handle} it, and with what the fallback
     * throws, the failure suppressed in it, if it fails too. Does not throw.
     *
     * @param failure as it is, without a {@code CompletionException} around it
     * @param context what the call carried, which is taken as it is
     */
    public CompletableFuture<T> answer(Throwable failure, CallContext context) {
        Require.present("failure", failure);
        FallbackCase<T> match = caseFor(failure, Require.present("context", context));
        if (match == null) {
            return Stages.failed(failure);
        }
        FallbackCall answering = new FallbackCall(context, time);
        answering.answer(match, (Exception) failure);
        return answering;
    }

    /**
     * For adapters: what a call gives that has ended with this result. The result is remembered as the last good one,
     * or {@linkplain Builder#onResult replaced} by what a function makes of it, which may throw. Does not block.
     *
     * @param context what the call carried, which is taken as it is
     */
    public T succeeded(T result, CallContext context) {
        Require.present("context", context);
        ResultCase<T> match = caseForResult(result);
        if (match == null) {
            remember(result, context);
            return result;
        }
        return match.answer(result, context);
    }

    private boolean looksAtResults() {
        return lastGood != null || !resultCases.isEmpty();
    }

    private @Nullable FallbackCase<T> caseFor(Throwable thrown, CallContext context) {
        if (!(thrown instanceof Exception failure)
                || failure instanceof InterruptedException
                || failure instanceof CancellationException
                || gaveUp(failure)) {
            return null;
        }
        for (FallbackCase<T> each : cases) {
            if (each.matches(failure)) {
                return each;
            }
        }
        LastGood.Dated<T> last = lastGood == null ? null : lastGood.find(context);
        return last == null
                ? null
                : new FallbackCase.AtOnce<>(Exception.class, (ignoredFailure, ignoredContext) -> last.value());
    }

    /** Whether one of our gates says that the caller was interrupted or cancelled while it waited there. */
    private static boolean gaveUp(Exception failure) {
        return failure instanceof CallRejectedException rejected
                && (rejected.reason() == RejectionReason.INTERRUPTED || rejected.reason() == RejectionReason.CANCELLED);
    }

    private @Nullable ResultCase<T> caseForResult(T result) {
        for (ResultCase<T> each : resultCases) {
            try {
                if (each.predicate.test(result)) {
                    return each;
                }
            } catch (Throwable broken) {
                predicateFailures.report("fallback", "onResult predicate", broken);
            }
        }
        return null;
    }

    private void remember(T result, CallContext context) {
        if (lastGood != null) {
            lastGood.remember(result, context);
        }
    }

    @Override
    public String toString() {
        return "Fallback[" + cases.size() + " cases"
                + (resultCases.isEmpty() ? "" : ", " + resultCases.size() + " cases for results")
                + (lastGood == null ? "" : ", " + lastGood) + "]";
    }

    /** An asynchronous call with this fallback behind it. */
    private final class FallbackCall extends CallFuture<T> implements BiConsumer<T, @Nullable Throwable> {

        private final CallContext context;

        /** What is in progress: the call, and then the stage of the fallback. Forgotten at the end. */
        private volatile @Nullable CompletableFuture<T> inner;

        /** What the stage of the fallback answers for; null as long as the call itself is in progress. */
        private volatile @Nullable Exception replaced;

        FallbackCall(CallContext context, CompletableFuture<T> call) {
            super(call);
            this.context = context;
        }

        FallbackCall(CallContext context, TimeSource time) {
            super(time);
            this.context = context;
        }

        /** The call has ended. */
        @Override
        public void accept(T result, @Nullable Throwable thrown) {
            inner = null;
            if (thrown == null) {
                succeedWith(result);
                return;
            }
            Throwable failure = Stages.unwrap(thrown);
            try {
                FallbackCase<T> match = isOver() ? null : caseFor(failure, context);
                if (match == null) {
                    fail(failure);
                } else {
                    answer(match, (Exception) failure);
                }
            } catch (Throwable failedToo) {
                fail(failedToo);
            }
        }

        void succeedWith(T result) {
            T given = result;
            try {
                ResultCase<T> match = caseForResult(result);
                if (match == null) {
                    remember(result, context);
                } else if (!isOver()) {
                    given = match.answer(result, context);
                }
            } catch (Throwable failure) {
                fail(failure);
                return;
            }
            succeed(given);
        }

        void answer(FallbackCase<T> match, Exception failure) {
            if (match instanceof FallbackCase.WithStage<T> withStage) {
                follow(withStage.begin(failure, context), failure);
                return;
            }
            T answer;
            try {
                answer = ((FallbackCase.AtOnce<T>) match).answer(failure, context);
            } catch (Throwable failedToo) {
                fail(failedToo);
                return;
            }
            succeed(answer);
        }

        private void follow(CompletableFuture<T> stage, Exception failure) {
            replaced = failure;
            inner = stage;
            try {
                Stages.follow(stage, this::answered);
            } catch (Throwable broken) {
                Failures.suppress(broken, failure);
                fail(broken);
            }
            // Whoever has ended the call before the stage was written down has not cancelled it.
            if (isOver() && !stage.isDone()) {
                Stages.giveUp(stage);
            }
        }

        /** The stage of the fallback has ended. */
        private void answered(T answer, @Nullable Throwable thrown) {
            inner = null;
            if (thrown == null) {
                succeed(answer);
            } else {
                Throwable failedToo = Stages.unwrap(thrown);
                Exception failure = replaced;
                if (failure != null) {
                    Failures.suppress(failedToo, failure);
                }
                fail(failedToo);
            }
        }

        @Override
        protected void abandoned() {
            CompletableFuture<T> inner = this.inner;
            if (inner == null) {
                return;
            }
            if (replaced == null) {
                giveUp(inner, this);
            } else {
                giveUp(inner, this::answered);
            }
        }
    }

    /** Which results a fallback replaces, and by what. */
    private record ResultCase<T extends @Nullable Object>(
            Predicate<? super T> predicate, BiFunction<? super T, ? super CallContext, ? extends T> function) {

        T answer(T result, CallContext context) {
            return FallbackCase.<T, T>ask(function, result, context);
        }
    }

    /**
     * Collects cases. The first that matches, in the order given, answers; the last good value comes after them. No
     * function or predicate may be null. Not safe for use by many threads.
     *
     * @param <T> what the call gives
     */
    public static final class Builder<T extends @Nullable Object> {

        private final List<FallbackCase<T>> cases = new ArrayList<>();
        private final List<ResultCase<T>> resultCases = new ArrayList<>();
        private @Nullable Duration maxAge;
        private @Nullable Integer maxKeys;
        private TimeSource time = TimeSource.system();

        private Builder() {}

        /** What the function makes of a failure of this type. */
        public <E extends Exception> Builder<T> on(Class<E> type, Function<? super E, ? extends T> function) {
            Require.present("type", type);
            Require.present("function", function);
            cases.add(new FallbackCase.AtOnce<>(type, (failure, context) -> function.apply(type.cast(failure))));
            return this;
        }

        /** The same with the context of the call. */
        public <E extends Exception> Builder<T> onWithContext(
                Class<E> type, BiFunction<? super E, ? super CallContext, ? extends T> function) {
            Require.present("type", type);
            Require.present("function", function);
            cases.add(
                    new FallbackCase.AtOnce<>(type, (failure, context) -> function.apply(type.cast(failure), context)));
            return this;
        }

        /** What the function makes of every other failure. */
        public Builder<T> otherwise(Function<? super Exception, ? extends T> function) {
            return on(Exception.class, function);
        }

        /** The same with the context of the call. */
        public Builder<T> otherwiseWithContext(
                BiFunction<? super Exception, ? super CallContext, ? extends T> function) {
            return onWithContext(Exception.class, function);
        }

        /**
         * What the stage gives that the function makes of a failure of this type. The stage is cancelled when the call
         * is, or when a synchronous call waits no longer: of a future that others wait for, too, give a {@code copy()}.
         * A function that gives null fails with a {@code NullPointerException}.
         */
        public <E extends Exception> Builder<T> onAsync(
                Class<E> type, Function<? super E, ? extends CompletionStage<? extends T>> function) {
            Require.present("type", type);
            Require.present("function", function);
            cases.add(new FallbackCase.WithStage<>(type, (failure, context) -> function.apply(type.cast(failure))));
            return this;
        }

        /** The same with the context of the call. */
        public <E extends Exception> Builder<T> onAsyncWithContext(
                Class<E> type,
                BiFunction<? super E, ? super CallContext, ? extends CompletionStage<? extends T>> function) {
            Require.present("type", type);
            Require.present("function", function);
            cases.add(new FallbackCase.WithStage<>(
                    type, (failure, context) -> function.apply(type.cast(failure), context)));
            return this;
        }

        /**
         * What the function makes of a result for which the predicate is true, such as an answer with an error code.
         * Such a result is no good one. A predicate that throws is logged once, and counts as false. What the function
         * throws comes out as it is; the cases for failures are not asked about it.
         *
         * @param predicate asked once for each result, which may be null
         */
        public Builder<T> onResult(Predicate<? super T> predicate, Function<? super T, ? extends T> function) {
            Require.present("predicate", predicate);
            Require.present("function", function);
            resultCases.add(new ResultCase<>(predicate, (result, context) -> function.apply(result)));
            return this;
        }

        /** The same with the context of the call. */
        public Builder<T> onResultWithContext(
                Predicate<? super T> predicate, BiFunction<? super T, ? super CallContext, ? extends T> function) {
            Require.present("predicate", predicate);
            Require.present("function", function);
            resultCases.add(new ResultCase<>(predicate, function));
            return this;
        }

        /** The last result that the call gave, unless it is older than this. In the place of one per key. */
        public Builder<T> lastGood(Duration maxAge) {
            this.maxAge = maxAge;
            this.maxKeys = null;
            return this;
        }

        /**
         * The last result that a call with the same {@linkplain CallContext#key() key} gave, unless it is older than
         * this. A call without a key leaves nothing and is given nothing. In the place of one for all calls.
         *
         * <p>Results are kept until their room is needed. When a new key comes and there is no room, results that are
         * too old go first; if there are none, the oldest sixteenth goes. While one thread makes room, the results of
         * other new keys are not remembered.
         *
         * <p>Keys are compared by {@code equals}, and must not change. No lock is held while these run; if they throw,
         * that is logged once, and the call has no last good result.
         *
         * @param maxKeys for how many keys results are kept at most, from 1
         */
        public Builder<T> lastGoodPerKey(Duration maxAge, int maxKeys) {
            this.maxAge = maxAge;
            this.maxKeys = maxKeys;
            return this;
        }

        /**
         * The clock by which good results age, and on which synchronous calls wait for stages; the system's by default.
         */
        public Builder<T> timeSource(TimeSource time) {
            this.time = Require.present("timeSource", time);
            return this;
        }

        /**
         * The fallback.
         *
         * @throws IllegalArgumentException if it would never answer, the age is not above zero, or the number of keys
         *     is less than 1
         */
        public Fallback<T> build() {
            Require.check(
                    !cases.isEmpty() || !resultCases.isEmpty() || maxAge != null,
                    "fallback",
                    "empty",
                    "at least one case or a last good value");
            return new Fallback<>(cases, resultCases, lastGood(), time);
        }

        private @Nullable LastGood<T> lastGood() {
            if (maxAge == null) {
                return null;
            }
            return maxKeys == null ? LastGood.ofAllCalls(maxAge, time) : new LastGoodPerKey<>(maxAge, maxKeys, time);
        }
    }
}
