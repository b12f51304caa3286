package dev.mainstay;

import dev.mainstay.event.CallbackFailures;
import dev.mainstay.safe.Failures;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Function;
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
 * @param <T> what the call gives
 */
public final class Fallback<T extends @Nullable Object> {

    private final List<Case<T>> cases;
    private final @Nullable LastGood<T> lastGood;
    private final CallbackFailures failures = new CallbackFailures();

    private Fallback(List<Case<T>> cases, @Nullable LastGood<T> lastGood) {
        this.cases = List.copyOf(cases);
        this.lastGood = lastGood;
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

    /**
     * The last result that the call gave, unless it is older than this. With nothing young enough, the failure comes
     * out.
     */
    public static <T extends @Nullable Object> Fallback<T> lastGood(Duration maxAge) {
        return Fallback.<T>builder().lastGood(maxAge).build();
    }

    /** Begins a fallback that does different things for different failures. */
    public static <T extends @Nullable Object> Builder<T> builder() {
        return new Builder<>();
    }

    /** The call, with this fallback behind it each time. */
    public <X extends Exception> CheckedSupplier<T, X> decorate(CheckedSupplier<? extends T, X> body) {
        Require.present("body", body);
        return () -> this.<X>around(CallContext.plain(), body);
    }

    /** The same for a call that wants to know its context. */
    public <X extends Exception> ContextBody<T, X> decorate(ContextBody<? extends T, X> body) {
        Require.present("body", body);
        return context -> this.<X>around(context, () -> body.in(context));
    }

    /** The same for a call that answers with a stage. */
    public AsyncSupplier<T> decorateAsync(AsyncSupplier<? extends T> body) {
        Require.present("body", body);
        return () -> aroundAsync(CallContext.plain(), begun(() -> body.get()));
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

    <X extends Exception> T around(CallContext context, CheckedSupplier<? extends T, X> body) throws X {
        T result;
        try {
            result = body.call();
        } catch (Exception failure) {
            Case<T> match = caseFor(failure);
            if (match == null) {
                throw failure;
            }
            return answer(match, failure);
        }
        remember(result);
        return result;
    }

    CompletableFuture<T> aroundAsync(CallContext context, CompletableFuture<T> call) {
        if (!call.isDone()) {
            FallbackCall following = new FallbackCall(call);
            Stages.follow(call, following);
            return following;
        }
        Throwable failure = Stages.failureOf(call);
        if (failure == null) {
            remember(call.join());
            return call;
        }
        if (failure instanceof Exception exception) {
            Case<T> match = caseFor(exception);
            if (match != null) {
                try {
                    return CompletableFuture.completedFuture(answer(match, exception));
                } catch (Throwable failedToo) {
                    return Stages.failed(failedToo);
                }
            }
        }
        return call;
    }

    private T answer(Case<T> match, Exception failure) {
        try {
            return match.function.apply(failure);
        } catch (Throwable failedToo) {
            Failures.suppress(failedToo, failure);
            throw failedToo;
        }
    }

    private @Nullable Case<T> caseFor(Exception failure) {
        if (failure instanceof InterruptedException || failure instanceof CancellationException || gaveUp(failure)) {
            return null;
        }
        for (Case<T> each : cases) {
            if (each.type.isInstance(failure)) {
                return each;
            }
        }
        try {
            return lastGood == null ? null : lastGood.caseIfFresh();
        } catch (Throwable noTime) {
            failures.report("fallback", "time source", noTime);
            return null;
        }
    }

    /** Whether one of our gates says that the caller was interrupted or cancelled while it waited there. */
    private static boolean gaveUp(Exception failure) {
        return failure instanceof CallRejectedException rejected
                && (rejected.reason() == RejectionReason.INTERRUPTED || rejected.reason() == RejectionReason.CANCELLED);
    }

    /** Never throws: a clock that does must not take the place of the call's own result. */
    private void remember(T result) {
        if (lastGood != null) {
            try {
                lastGood.remember(result);
            } catch (Throwable noTime) {
                failures.report("fallback", "time source", noTime);
            }
        }
    }

    @Override
    public String toString() {
        return "Fallback[" + cases.size() + " cases" + (lastGood == null ? "" : ", last good value") + "]";
    }

    /** An asynchronous call with this fallback behind it. */
    private final class FallbackCall extends CallFuture<T> implements BiConsumer<T, @Nullable Throwable> {

        /** Forgotten at the end. */
        private volatile @Nullable CompletableFuture<T> call;

        FallbackCall(CompletableFuture<T> call) {
            super(call);
            this.call = call;
        }

        @Override
        public void accept(T result, @Nullable Throwable thrown) {
            call = null;
            if (thrown == null) {
                remember(result);
                succeed(result);
                return;
            }
            Throwable failure = Stages.unwrap(thrown);
            try {
                Case<T> match = isOver() || !(failure instanceof Exception exception) ? null : caseFor(exception);
                if (match == null) {
                    fail(failure);
                } else {
                    succeed(answer(match, (Exception) failure));
                }
            } catch (Throwable failedToo) {
                fail(failedToo);
            }
        }

        @Override
        protected void abandoned() {
            CompletableFuture<T> call = this.call;
            if (call != null) {
                giveUp(call, this);
            }
        }
    }

    private record Case<T extends @Nullable Object>(
            Class<? extends Exception> type, Function<? super Exception, ? extends T> function) {}

    /** The last result and when it came. */
    private static final class LastGood<T extends @Nullable Object> {

        private final long maxAgeNanos;
        private final TimeSource time;
        private volatile @Nullable Dated<T> last;

        LastGood(Duration maxAge, TimeSource time) {
            this.maxAgeNanos = Nanos.of(maxAge);
            this.time = time;
        }

        void remember(T result) {
            last = new Dated<>(result, time.nanoTime());
        }

        @Nullable
        Case<T> caseIfFresh() {
            Dated<T> last = this.last;
            return last == null || time.nanoTime() - last.nanoTime > maxAgeNanos
                    ? null
                    : new Case<>(Exception.class, failure -> last.value);
        }

        private record Dated<T extends @Nullable Object>(T value, long nanoTime) {}
    }

    /**
     * Collects cases. The first that matches, in the order given, answers; the last good value comes after them. Not
     * safe for use by many threads.
     *
     * @param <T> what the call gives
     */
    public static final class Builder<T extends @Nullable Object> {

        private final List<Case<T>> cases = new ArrayList<>();
        private @Nullable Duration maxAge;
        private TimeSource time = TimeSource.system();

        private Builder() {}

        /** What the function makes of a failure of this type. */
        public <E extends Exception> Builder<T> on(Class<E> type, Function<? super E, ? extends T> function) {
            Require.present("type", type);
            Require.present("function", function);
            cases.add(new Case<>(type, failure -> function.apply(type.cast(failure))));
            return this;
        }

        /** What the function makes of every other failure. */
        public Builder<T> otherwise(Function<? super Exception, ? extends T> function) {
            return on(Exception.class, function);
        }

        /** The last result that the call gave, unless it is older than this. */
        public Builder<T> lastGood(Duration maxAge) {
            this.maxAge = maxAge;
            return this;
        }

        /** The clock by which the last good result ages; the system's by default. */
        public Builder<T> timeSource(TimeSource time) {
            this.time = Require.present("timeSource", time);
            return this;
        }

        /**
         * The fallback.
         *
         * @throws IllegalArgumentException if it would never answer, or the age is not above zero
         */
        public Fallback<T> build() {
            Require.check(
                    !cases.isEmpty() || maxAge != null, "fallback", "empty", "at least one case or a last good value");
            LastGood<T> lastGood = maxAge == null ? null : new LastGood<>(Require.positive("maxAge", maxAge), time);
            return new Fallback<>(cases, lastGood);
        }
    }
}
