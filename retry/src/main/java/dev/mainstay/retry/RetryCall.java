package dev.mainstay.retry;

import dev.mainstay.AsyncBody;
import dev.mainstay.CallContext;
import dev.mainstay.CallFuture;
import dev.mainstay.Chain;
import dev.mainstay.Hop;
import dev.mainstay.Stages;
import dev.mainstay.Verdict;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimerTask;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call in progress that may be attempted again.
 *
 * <pre>
 *            ┌──────── stage complete ────────┐
 *            ▼                                │
 *  null (somebody drives) ──────────────▶ stage in progress ──┐
 *            ▲   │                                            ├─ from outside ─▶ ABANDONED
 *            │   └────────▶ pause ────────────────────────────┘
 *            └── wait over ───┘
 * </pre>
 *
 * Whoever takes the call out of a state owns its {@link Attempts} until it is put into the next. An attempt that follows without a wait on one that was complete at
 * once is made in a loop on the same thread; every other goes through the {@link Hop}.
 */
final class RetryCall<T extends @Nullable Object> extends CallFuture<T> implements BiConsumer<T, @Nullable Throwable> {

    private static final Object ABANDONED = new Object();

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<RetryCall, @Nullable Object> HELD_BY =
            AtomicReferenceFieldUpdater.newUpdater(RetryCall.class, Object.class, "heldBy");

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<RetryCall> RESUMES =
            AtomicIntegerFieldUpdater.newUpdater(RetryCall.class, "resumes");

    private final Retry retry;
    private final Attempts attempts;
    private final Chain inner;
    private final AsyncBody<? extends T> body;
    private final Hop hop;
    private volatile @Nullable Object heldBy;

    /** How often {@link #resume()} was asked for and not done yet. */
    @SuppressWarnings("UnusedVariable")
    private volatile int resumes;

    RetryCall(Retry retry, Attempts attempts, Chain inner, AsyncBody<? extends T> body, Hop hop) {
        super(retry.timeSource());
        this.retry = retry;
        this.attempts = attempts;
        this.inner = inner;
        this.body = body;
        this.hop = hop;
    }

    /**
     * Follows an attempt that was begun on this thread; and for as long as they end at once, and the next is due at once, those after it.
     *
     * @param verdict on the stage's result, if somebody has asked already
     */
    RetryCall<T> follow(CompletableFuture<T> begun, @Nullable Verdict verdict) {
        try {
            CompletableFuture<T> stage = begun;
            for (Verdict known = verdict; stage.isDone(); known = null) {
                long delay = outcomeOf(stage, known);
                if (delay == 0 && heldBy != ABANDONED && attempts.begin()) {
                    stage = attempt();
                } else {
                    goOn(delay);
                    return this;
                }
            }
            if (!HELD_BY.compareAndSet(this, null, stage)) {
                stage.cancel(true);
            }
            Stages.follow(stage, this);
        } catch (Throwable broken) {
            giveUp(broken);
        }
        return this;
    }

    private long outcomeOf(CompletableFuture<T> complete, @Nullable Verdict verdict) {
        Throwable failure = Stages.failureOf(complete);
        if (failure != null) {
            return attempts.onFailure(failure);
        }
        T result = complete.join();
        return verdict == null ? attempts.onResult(result) : attempts.onResult(result, verdict);
    }

    private CompletableFuture<T> attempt() {
        CallContext context = attempts.context();
        CallContext before = context.bind();
        try {
            return inner.proceedAsync(context, TimeSource.UNREAD, body);
        } finally {
            CallContext.restore(before);
        }
    }

    /** The attempt in progress has ended, on whatever thread completed its stage. */
    @Override
    public void accept(T result, @Nullable Throwable thrown) {
        try {
            Object held = heldBy;
            if (held == ABANDONED || !HELD_BY.compareAndSet(this, held, null)) {
                attempts.stop();
            }
            goOn(thrown == null ? attempts.onResult(result) : attempts.onFailure(Stages.unwrap(thrown)));
        } catch (Throwable broken) {
            giveUp(broken);
        }
    }

    /** Waits, or ends; an attempt that is due at once is begun elsewhere. */
    private void goOn(long delay) {
        if (delay < 0) {
            end();
            return;
        }
        Pause pause = new Pause();
        if (!HELD_BY.compareAndSet(this, null, pause)) {
            attempts.stop();
        } else if (delay == 0) {
            pause.fire();
        } else {
            retry.timeSource().arm(pause, delay);
            if (heldBy != pause) {
                pause.cancel();
            }
        }
    }

    /** The wait is over. An executor that runs its tasks at once may bring us here within ourselves: then the outer one goes on, so that the stack does not grow. */
    private void resume() {
        if (RESUMES.getAndIncrement(this) != 0) {
            return;
        }
        do {
            if (pauseIsOver()) {
                proceed();
            }
        } while (RESUMES.decrementAndGet(this) != 0);
    }

    /** Takes the call out of its pause, unless it was given up meanwhile. */
    private boolean pauseIsOver() {
        Object held = heldBy;
        return held != ABANDONED && HELD_BY.compareAndSet(this, held, null);
    }

    private void proceed() {
        try {
            if (attempts.begin()) {
                follow(attempt(), null);
            } else {
                end();
            }
        } catch (Throwable broken) {
            giveUp(broken);
        }
    }

    /** The user's executor does not take the next attempt: the call ends as if it had had no other. */
    private void refused(Throwable refusal) {
        if (pauseIsOver()) {
            attempts.stop();
            Throwable failure = attempts.failure();
            if (failure != null) {
                EarlierFailures.suppress(failure, refusal);
            }
            end();
        }
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // the last result is a T
    private void end() {
        Throwable failure = attempts.failure();
        if (failure == null) {
            succeed((T) attempts.result());
        } else {
            fail(failure);
        }
    }

    /** Something that must not throw has thrown: the caller must not wait for ever. */
    private void giveUp(Throwable broken) {
        attempts.stop();
        fail(broken);
    }

    @Override
    protected void abandoned() {
        Object held = HELD_BY.getAndSet(this, ABANDONED);
        if (held instanceof RetryCall<?>.Pause pause) {
            pause.cancel();
            attempts.stop();
        } else if (held instanceof CompletableFuture<?> stage) {
            stage.cancel(true);
        }
    }

    /** The wait before an attempt. */
    private final class Pause extends TimerTask {

        @Override
        protected void fire() {
            hop.run(RetryCall.this::resume, RetryCall.this::refused);
        }
    }
}
