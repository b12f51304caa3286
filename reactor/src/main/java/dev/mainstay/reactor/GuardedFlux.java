package dev.mainstay.reactor;

import dev.mainstay.Fallback;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** A {@code Flux} with policies around it. */
final class GuardedFlux<T> extends FluxOperator<T, T> {

    private final Guarded<T> guarded;

    GuardedFlux(Flux<? extends T> source, Guarded<T> guarded) {
        super(source);
        this.guarded = guarded;
    }

    @Override
    public void subscribe(CoreSubscriber<? super T> actual) {
        Call<T> call = new Call<>(actual, source, guarded);
        actual.onSubscribe(call);
        call.begin(guarded.guard);
    }

    /**
     * A call whose items go straight to the subscriber, while the policies wait for its end.
     *
     * <h2>Who may signal</h2>
     *
     * A time-out ends the call on another thread than the one that gives items, and an attempt that was given up may
     * still be in the midst of one when the next is to begin. One word decides: an item is handed on only by the thread
     * that has made it EMITTING, and only if the attempt is that of the word's number. What comes meanwhile, the end of
     * the call or another attempt, makes it NEWS, and is dealt with by that thread when it has handed the item on.
     *
     * <pre>
     *  IDLE ──item──▶ EMITTING ──▶ IDLE             │ the rest of the word: whether the attempt has given
     *    │               └─end, attempt─▶ NEWS ──▶ IDLE, ENDED      │ items, and its number
     *    └──end──▶ ENDED
     * </pre>
     *
     * <h2>Who may ask for items</h2>
     *
     * {@link #drain} is run by one thread at a time, which alone knows how much the attempt in progress was asked for.
     */
    private static final class Call<T> extends GuardedCall<T> implements BooleanSupplier {

        private static final long IDLE = 0;
        private static final long EMITTING = 1;
        private static final long NEWS = 2;
        private static final long ENDED = 3;
        private static final long ACTIVITY = 3;
        private static final long HAS_ITEMS = 4;
        private static final long ONE_ATTEMPT = 8;

        /** The call has ended well. */
        private static final Object COMPLETE = new Object();

        @SuppressWarnings("rawtypes")
        private static final AtomicLongFieldUpdater<Call> WORD = AtomicLongFieldUpdater.newUpdater(Call.class, "word");

        @SuppressWarnings("rawtypes")
        private static final AtomicLongFieldUpdater<Call> REQUESTED =
                AtomicLongFieldUpdater.newUpdater(Call.class, "requested");

        @SuppressWarnings("rawtypes")
        private static final AtomicIntegerFieldUpdater<Call> DRAINS =
                AtomicIntegerFieldUpdater.newUpdater(Call.class, "drains");

        @SuppressWarnings("rawtypes")
        private static final AtomicReferenceFieldUpdater<Call, @Nullable Object> ANSWER =
                AtomicReferenceFieldUpdater.newUpdater(Call.class, Object.class, "answer");

        private final Flux<? extends T> source;
        private final boolean repeatsItems;

        private volatile long word;
        private volatile long requested;

        /** How many items were handed on. Written while EMITTING. */
        private long emitted;

        /** How the call ends: {@link #COMPLETE}, a failure, or an item of a fallback. Written before NEWS. */
        private volatile @Nullable Object end;

        /** The attempt that begins when the item has been handed on. Written before NEWS. */
        private @Nullable ItemsAttempt<T> pending;

        /** The fallback's item, until it is asked for. */
        @SuppressWarnings("UnusedVariable")
        private volatile @Nullable Object answer;

        @SuppressWarnings("UnusedVariable")
        private volatile int drains;

        // Only looked at within drain.
        private @Nullable Attempt<T> asked;
        private long askedFor;

        Call(CoreSubscriber<? super T> actual, Flux<? extends T> source, Guarded<T> guarded) {
            super(actual, guarded.fallback);
            this.source = source;
            this.repeatsItems = guarded.repeatsItems;
        }

        // ---- attempts

        @Override
        CallContext carried(CallContext context) {
            return repeatsItems ? context : context.orInherited().with(CallContext.REPEATABLE, (BooleanSupplier) this);
        }

        @Override
        CallContext inside(CallContext context) {
            return repeatsItems ? context : context.with(CallContext.REPEATABLE, null);
        }

        /** Whether the call can be made again. If so, the attempt that has failed gives no item any more. */
        @Override
        public boolean getAsBoolean() {
            while (true) {
                long word = this.word;
                if ((word & ACTIVITY) != IDLE || (word & HAS_ITEMS) != 0) {
                    return false;
                }
                if (WORD.compareAndSet(this, word, word + ONE_ATTEMPT)) {
                    return true;
                }
            }
        }

        @Override
        Attempt<T> newAttempt(CallContext context) {
            return new ItemsAttempt<>(this, context, actual.currentContext());
        }

        @Override
        @Nullable
        Throwable start(Attempt<T> attempt, @Nullable Attempt<T> before) {
            ItemsAttempt<T> next = (ItemsAttempt<T>) attempt;
            while (true) {
                long word = this.word;
                long activity = word & ACTIVITY;
                boolean allowed = repeatsItems || ((word & HAS_ITEMS) == 0 && activity == IDLE);
                if (!allowed || activity == NEWS || activity == ENDED) {
                    return notRepeated(before);
                }
                long changed = activity == IDLE ? nextAttempt(word) : (word & ~ACTIVITY) | NEWS;
                if (activity == IDLE) {
                    next.number = numberOf(changed);
                } else {
                    pending = next;
                }
                if (WORD.compareAndSet(this, word, changed)) {
                    if (before != null) {
                        before.giveUp();
                    }
                    if (activity == IDLE) {
                        subscribe(next);
                    }
                    return null;
                }
            }
        }

        private static Throwable notRepeated(@Nullable Attempt<?> before) {
            Throwable failure = before != null && before.isDone() ? Stages.failureOf(before) : null;
            return failure == null ? new CancellationException("the Flux has given items") : failure;
        }

        private void subscribe(ItemsAttempt<T> next) {
            try {
                source.subscribe(next);
            } catch (Throwable broken) {
                Exceptions.throwIfJvmFatal(broken);
                next.cancelUpstream();
                next.broken(broken);
            }
        }

        private static long numberOf(long word) {
            return word & ~(ACTIVITY | HAS_ITEMS);
        }

        /** Idle, without items, and with the next number. */
        private static long nextAttempt(long word) {
            return numberOf(word) + ONE_ATTEMPT;
        }

        boolean hasItemsOf(ItemsAttempt<T> attempt) {
            long word = this.word;
            return numberOf(word) == attempt.number && (word & HAS_ITEMS) != 0;
        }

        // ---- items

        void item(ItemsAttempt<T> attempt, T item) {
            long word = this.word;
            if ((word & ACTIVITY) != IDLE
                    || numberOf(word) != attempt.number
                    || isCancelled()
                    || !WORD.compareAndSet(this, word, word | EMITTING | HAS_ITEMS)) {
                Operators.onDiscard(item, actual.currentContext());
                return;
            }
            emitted++;
            try {
                actual.onNext(item);
            } finally {
                long emitting = word | EMITTING | HAS_ITEMS;
                if (!WORD.compareAndSet(this, emitting, emitting & ~ACTIVITY)) {
                    dealWithNews();
                }
            }
        }

        private void dealWithNews() {
            long word = this.word;
            ItemsAttempt<T> next = end == null ? pending : null;
            pending = null;
            if (next == null) {
                this.word = word & ~ACTIVITY;
            } else {
                long changed = nextAttempt(word);
                next.number = numberOf(changed);
                this.word = changed;
            }
            if (end != null) {
                tryToEnd();
            } else if (next != null && !next.isDone()) {
                subscribe(next);
            }
        }

        // ---- the end

        @Override
        @Nullable
        T refined(Fallback<T> fallback, @Nullable T result) {
            return result;
        }

        @Override
        boolean mayBeAnswered() {
            return getAsBoolean();
        }

        @Override
        void ended(@Nullable T result) {
            endWith(result == null ? COMPLETE : result);
        }

        @Override
        void error(Throwable failure) {
            endWith(new Failed(failure));
        }

        private void endWith(Object how) {
            end = how;
            tryToEnd();
        }

        private void tryToEnd() {
            while (true) {
                long word = this.word;
                long activity = word & ACTIVITY;
                if (activity == NEWS || activity == ENDED) {
                    return;
                }
                if (activity == EMITTING && WORD.compareAndSet(this, word, (word & ~ACTIVITY) | NEWS)) {
                    return;
                }
                if (activity == IDLE && WORD.compareAndSet(this, word, word | ENDED)) {
                    signalEnd();
                    return;
                }
            }
        }

        private void signalEnd() {
            Object how = end;
            if (isCancelled()) {
                discard(how);
            } else if (how == COMPLETE) {
                actual.onComplete();
            } else if (how instanceof Failed failed) {
                actual.onError(failed.failure);
            } else {
                answer = how;
                if (isCancelled()) {
                    discard(ANSWER.getAndSet(this, null));
                } else if (requested > emitted) {
                    signalAnswer();
                }
            }
        }

        @SuppressWarnings("unchecked")
        private void signalAnswer() {
            Object item = ANSWER.getAndSet(this, null);
            if (item != null) {
                actual.onNext((T) item);
                if (!isCancelled()) {
                    actual.onComplete();
                }
            }
        }

        private void discard(@Nullable Object item) {
            if (item != null && item != COMPLETE && !(item instanceof Failed)) {
                Operators.onDiscard(item, actual.currentContext());
            }
        }

        @Override
        public void cancel() {
            super.cancel();
            discard(ANSWER.getAndSet(this, null));
        }

        private record Failed(Throwable failure) {}

        // ---- demand

        @Override
        public void request(long n) {
            if (Operators.validate(n)) {
                long ignored = Operators.addCap(REQUESTED, this, n);
                if (answer != null) {
                    signalAnswer();
                } else {
                    drain();
                }
            }
        }

        /** Asks the attempt in progress for what subscribers want and were not given by those before. */
        void drain() {
            if (DRAINS.getAndIncrement(this) != 0) {
                return;
            }
            int missed = 1;
            while (missed != 0) {
                Attempt<T> inProgress = attempt();
                Subscription upstream = inProgress == null ? null : inProgress.upstream;
                if (upstream != null) {
                    ask(inProgress, upstream);
                }
                missed = DRAINS.addAndGet(this, -missed);
            }
        }

        private void ask(@Nullable Attempt<T> inProgress, Subscription upstream) {
            if (inProgress != asked) {
                asked = inProgress;
                askedFor = emitted;
            }
            long wanted = requested;
            if (wanted > askedFor) {
                long more = wanted == Long.MAX_VALUE ? wanted : wanted - askedFor;
                askedFor = wanted;
                upstream.request(more);
            }
        }
    }

    /** An attempt that hands its items on, and succeeds when it completes. */
    private static final class ItemsAttempt<T> extends Attempt<T> {

        private final Call<T> call;

        /** Which attempt of the call this is. Written before it subscribes. */
        private long number = -1;

        ItemsAttempt(Call<T> call, CallContext callContext, Context outer) {
            super(callContext, outer);
            this.call = call;
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            if (setUpstream(subscription)) {
                call.drain();
            }
        }

        void broken(Throwable failure) {
            fail(failure);
        }

        @Override
        public void onNext(T item) {
            call.item(this, item);
        }

        /** A stream that was cancelled after an item has given what was wanted of it, unless it was too slow. */
        @Override
        void cancelledDownstream() {
            if (call.hasItemsOf(this) && !callContext.isOutOfTime()) {
                cancelUpstream();
                succeed(null);
            }
        }
    }
}
