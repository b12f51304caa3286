package dev.mainstay.reactor;

import dev.mainstay.Fallback;
import dev.mainstay.call.CallContext;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** A {@code Mono} with policies around it. */
final class GuardedMono<T> extends MonoOperator<T, T> {

    private final Guarded<T> guarded;

    GuardedMono(Mono<? extends T> source, Guarded<T> guarded) {
        super(source);
        this.guarded = guarded;
    }

    @Override
    public void subscribe(CoreSubscriber<? super T> actual) {
        Call<T> call = new Call<>(actual, source, guarded.fallback);
        actual.onSubscribe(call);
        call.begin(guarded.guard);
    }

    /** A call whose value waits until it is asked for. */
    private static final class Call<T> extends GuardedCall<T> {

        /*
         * NEW ──request──▶ REQUESTED ──value──▶ DONE
         *  └────value────▶ VALUE ─────request──▶ DONE
         */
        private static final int NEW = 0;
        private static final int REQUESTED = 1;
        private static final int VALUE = 2;
        private static final int DONE = 3;

        @SuppressWarnings("rawtypes")
        private static final AtomicIntegerFieldUpdater<Call> STATE =
                AtomicIntegerFieldUpdater.newUpdater(Call.class, "state");

        private final Mono<? extends T> source;
        private volatile int state;

        /** Written before {@link #VALUE}. */
        private @Nullable T value;

        Call(CoreSubscriber<? super T> actual, Mono<? extends T> source, @Nullable Fallback<T> fallback) {
            super(actual, fallback);
            this.source = source;
        }

        @Override
        Attempt<T> newAttempt(CallContext context) {
            return new ValueAttempt<>(context, actual.currentContext());
        }

        @Override
        @Nullable
        Throwable start(Attempt<T> next, @Nullable Attempt<T> before) {
            try {
                source.subscribe(next);
                return null;
            } catch (Throwable broken) {
                Exceptions.throwIfJvmFatal(broken);
                next.cancelUpstream();
                return broken;
            }
        }

        @Override
        @SuppressWarnings("NullAway") // an empty Mono is a call that gives null, as a call of any other kind may
        @Nullable
        T refined(Fallback<T> fallback, @Nullable T result) {
            return fallback.succeeded(result, context());
        }

        @Override
        boolean mayBeAnswered() {
            return true;
        }

        @Override
        void ended(@Nullable T result) {
            if (result == null) {
                if (STATE.getAndSet(this, DONE) != DONE) {
                    actual.onComplete();
                }
                return;
            }
            value = result;
            if (!STATE.compareAndSet(this, NEW, VALUE)) {
                emit(result);
            }
        }

        @Override
        void error(Throwable failure) {
            if (STATE.getAndSet(this, DONE) != DONE) {
                actual.onError(failure);
            }
        }

        /** To one who has asked, unless that one has cancelled. */
        private void emit(T result) {
            if (STATE.getAndSet(this, DONE) == DONE) {
                Operators.onDiscard(result, actual.currentContext());
                return;
            }
            actual.onNext(result);
            if (!isCancelled()) {
                actual.onComplete();
            }
        }

        @Override
        @SuppressWarnings("NullAway") // the value is there before its state is
        public void request(long n) {
            if (Operators.validate(n) && !STATE.compareAndSet(this, NEW, REQUESTED) && state == VALUE) {
                T there = value;
                if (STATE.compareAndSet(this, VALUE, REQUESTED)) {
                    emit(there);
                }
            }
        }

        @Override
        public void cancel() {
            if (STATE.getAndSet(this, DONE) == VALUE) {
                Operators.onDiscard(value, actual.currentContext());
            }
            super.cancel();
        }
    }

    /** An attempt that succeeds with its value. */
    private static final class ValueAttempt<T> extends Attempt<T> {

        ValueAttempt(CallContext callContext, Context outer) {
            super(callContext, outer);
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            if (setUpstream(subscription)) {
                subscription.request(Long.MAX_VALUE);
            }
        }

        @Override
        public void onNext(T value) {
            if (isCancelledUpstream()) {
                Operators.onDiscard(value, currentContext());
            } else {
                succeed(value);
            }
        }

        @Override
        protected void discarded(@Nullable T value) {
            Operators.onDiscard(value, currentContext());
        }

        /** A call with a value has ended. */
        @Override
        void cancelledDownstream() {}
    }
}
