package dev.mainstay.reactor;

import dev.mainstay.Fallback;
import dev.mainstay.Guard;
import dev.mainstay.PolicyAccess;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;

/**
 * A subscription to a guarded publisher: a call through the policies in their asynchronous form, whose body subscribes
 * to the source, and whose end is signalled to the subscriber.
 *
 * <pre>
 *  null (being begun) ──▶ the future in progress ──▶ that of the fallback
 *           └──────────────────────┴── cancelled ──────────┴──▶ CANCELLED
 * </pre>
 *
 * A cancel goes to the future, from which the policies take it inwards, so that each can count it; what reaches the
 * attempt in progress at last cancels the subscription to the source.
 */
abstract class GuardedCall<T>
        implements Subscription, Scannable, AsyncCallBody<@Nullable T>, BiConsumer<@Nullable T, @Nullable Throwable> {

    private static final Object CANCELLED = new Object();

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<GuardedCall, @Nullable Object> HELD =
            AtomicReferenceFieldUpdater.newUpdater(GuardedCall.class, Object.class, "held");

    final CoreSubscriber<? super T> actual;
    private final @Nullable Fallback<T> fallback;
    private CallContext context = CallContext.plain();
    private volatile @Nullable Object held;

    /** The last attempt that was begun. */
    private volatile @Nullable Attempt<T> attempt;

    GuardedCall(CoreSubscriber<? super T> actual, @Nullable Fallback<T> fallback) {
        this.actual = actual;
        this.fallback = fallback;
    }

    @SuppressWarnings("NullAway") // which does not infer a nullable type argument
    final void begin(Guard guard) {
        if (isCancelled()) {
            return;
        }
        CompletableFuture<@Nullable T> future = throughPolicies(guard);
        if (HELD.compareAndSet(this, null, future)) {
            follow(future, this);
        } else {
            Stages.giveUp(future);
        }
    }

    @SuppressWarnings("NullAway") // which does not infer a nullable type argument
    private CompletableFuture<@Nullable T> throughPolicies(Guard guard) {
        try {
            CallContext outer = ReactorContext.find(actual.currentContext());
            CallContext inherited = outer == null ? CallContext.plain() : outer.inherited();
            Guard target = PolicyAccess.target(guard);
            CallContext refined = target == guard ? inherited : PolicyAccess.refine(guard, inherited);
            context = refined;
            CallContext carried = carried(refined);
            if (carried == CallContext.plain()) {
                return PolicyAccess.callAsync(target, carried, this);
            }
            CallContext before = carried.bind();
            try {
                return PolicyAccess.callAsync(target, carried, this);
            } finally {
                CallContext.restore(before);
            }
        } catch (Throwable failure) {
            Exceptions.throwIfJvmFatal(failure);
            return Stages.failed(failure);
        }
    }

    @SuppressWarnings("NullAway") // which does not infer a nullable type argument
    private <U extends @Nullable Object> void follow(
            CompletableFuture<U> future, BiConsumer<? super U, @Nullable Throwable> end) {
        Stages.follow(future, end);
    }

    /** The call has ended. What its subscribers throw must not reach the policies. */
    @Override
    public final void accept(@Nullable T result, @Nullable Throwable thrown) {
        try {
            if (thrown == null) {
                ended(fallback == null || isCancelled() ? result : refined(fallback, result));
            } else {
                failed(Stages.unwrap(thrown));
            }
        } catch (Throwable broken) {
            Exceptions.throwIfJvmFatal(broken);
            Operators.onErrorDropped(broken, actual.currentContext());
        }
    }

    private void failed(Throwable failure) {
        if (fallback == null || isCancelled() || !mayBeAnswered() || !fallback.handles(failure, context)) {
            error(failure);
            return;
        }
        CompletableFuture<T> answer = fallback.answer(failure, context);
        Object before = held;
        if (before != CANCELLED && HELD.compareAndSet(this, before, answer)) {
            follow(answer, this::answered);
        } else {
            Stages.giveUp(answer);
        }
    }

    private void answered(@Nullable T result, @Nullable Throwable thrown) {
        try {
            if (thrown == null) {
                ended(result);
            } else {
                error(Stages.unwrap(thrown));
            }
        } catch (Throwable broken) {
            Exceptions.throwIfJvmFatal(broken);
            Operators.onErrorDropped(broken, actual.currentContext());
        }
    }

    final boolean isCancelled() {
        return held == CANCELLED;
    }

    @Override
    public void cancel() {
        Object before = HELD.getAndSet(this, CANCELLED);
        if (before == CANCELLED) {
            return;
        }
        Attempt<T> inProgress = attempt;
        if (inProgress != null) {
            inProgress.cancelledDownstream();
        }
        if (before instanceof CompletableFuture<?> future) {
            Stages.giveUp(future);
        }
        // A policy may not hand the cancel on, and before the policies have given a future, nobody does.
        inProgress = attempt;
        if (inProgress != null) {
            inProgress.giveUp();
        }
    }

    /** Makes an attempt. */
    @Override
    public final CompletionStage<@Nullable T> in(CallContext context) {
        CallContext inner = inside(context);
        if (inner == CallContext.plain()) {
            return subscribe(inner);
        }
        CallContext before = inner.bind();
        try {
            return subscribe(inner);
        } finally {
            CallContext.restore(before);
        }
    }

    @SuppressWarnings("NullAway") // which does not infer a nullable type argument
    private CompletionStage<@Nullable T> subscribe(CallContext inner) {
        Attempt<T> before = attempt;
        Attempt<T> next = newAttempt(inner);
        attempt = next;
        if (isCancelled()) {
            return Stages.failed(new CancellationException());
        }
        Throwable notMade = start(next, before);
        return notMade == null ? next.stage() : Stages.failed(notMade);
    }

    final @Nullable Attempt<T> attempt() {
        return attempt;
    }

    // ---- where a Mono and a Flux differ

    /** What the policies carry. */
    CallContext carried(CallContext context) {
        return context;
    }

    /** What the source is to see of that. */
    CallContext inside(CallContext context) {
        return context;
    }

    abstract Attempt<T> newAttempt(CallContext context);

    /**
     * Subscribes an attempt to the source.
     *
     * @param before the one before it, or null
     * @return why it was not done; null if it was
     */
    abstract @Nullable Throwable start(Attempt<T> next, @Nullable Attempt<T> before);

    /** What the fallback makes of the result. */
    abstract @Nullable T refined(Fallback<T> fallback, @Nullable T result) throws Exception;

    /** Whether a fallback can answer for a failure now. */
    abstract boolean mayBeAnswered();

    /** The call has ended in a result, or with a null result in none. */
    abstract void ended(@Nullable T result);

    abstract void error(Throwable failure);

    CallContext context() {
        return context;
    }

    @Override
    @SuppressWarnings("rawtypes") // as the interface has it
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.ACTUAL) {
            return actual;
        }
        if (key == Attr.PARENT) {
            Attempt<T> inProgress = attempt;
            return inProgress == null ? null : inProgress.upstream;
        }
        if (key == Attr.CANCELLED) {
            return isCancelled();
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
}
