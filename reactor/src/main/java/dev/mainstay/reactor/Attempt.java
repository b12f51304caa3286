package dev.mainstay.reactor;

import dev.mainstay.call.CallContext;
import dev.mainstay.future.BodyFuture;
import dev.mainstay.future.Stages;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One subscription to the source, and the stage by which the policies hear of its end. Cancelling the stage cancels the
 * subscription; signals that come after the end are discarded.
 */
abstract class Attempt<T> extends BodyFuture<@Nullable T> implements CoreSubscriber<T> {

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<Attempt, @Nullable Subscription> UPSTREAM =
            AtomicReferenceFieldUpdater.newUpdater(Attempt.class, Subscription.class, "upstream");

    final CallContext callContext;
    private final Context context;

    volatile @Nullable Subscription upstream;

    /** @param outer what is known downstream */
    Attempt(CallContext callContext, Context outer) {
        this.callContext = callContext;
        CallContext known = ReactorContext.find(outer);
        this.context = callContext == (known == null ? CallContext.plain() : known)
                ? outer
                : outer.put(CallContext.class, callContext);
    }

    @Override
    public Context currentContext() {
        return context;
    }

    @Override
    public void onError(Throwable failure) {
        if (!isCancelledUpstream()) {
            fail(failure);
        }
    }

    @Override
    public void onComplete() {
        if (!isCancelledUpstream()) {
            succeed(null);
        }
    }

    final boolean isCancelledUpstream() {
        return upstream == Operators.cancelledSubscription();
    }

    /** The source has been subscribed to; false if the attempt was cancelled before, and so the subscription is. */
    @SuppressWarnings("NullAway") // on 17 it does not read how Reactor annotates the updater's type
    final boolean setUpstream(Subscription subscription) {
        return Operators.setOnce(UPSTREAM, this, subscription);
    }

    @SuppressWarnings("NullAway") // as above
    final void cancelUpstream() {
        boolean ignored = Operators.terminate(UPSTREAM, this);
    }

    /** Nobody downstream wants the call to go on; if it has given what it can be wanted for, it is a success. */
    abstract void cancelledDownstream();

    @Override
    protected void abandoned() {
        try {
            cancelUpstream();
        } finally {
            fail(new CancellationException());
        }
    }

    final void giveUp() {
        Stages.giveUp(this);
    }

    /** What the body gives: this, or if it has ended already, a stage of the JDK's own. */
    @SuppressWarnings("NullAway") // which does not infer a nullable type argument
    final CompletionStage<@Nullable T> stage() {
        if (!isDone()) {
            return this;
        }
        return isCompletedExceptionally()
                ? Stages.failed(Stages.failureOf(this))
                : CompletableFuture.completedFuture(join());
    }
}
