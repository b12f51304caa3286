package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.future.CallFuture;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.LateExits;
import dev.mainstay.time.TimedTask;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A call in progress whose future fails when its time is up. */
final class TimeLimitedCall<T extends @Nullable Object> extends CallFuture<T>
        implements BiConsumer<T, @Nullable Throwable> {

    /*
     * The timer task decides between the end of the stage, the end of the time and a cancel: whoever was first has
     * finished the limit.
     *
     * When the time is up
     * ===================
     * The timer's thread decides that the future fails, unless the caller has ended it before. The rest runs on a
     * thread of the time source's own. First the stage is cancelled, unless the options let it go on, so that
     * everything further in is given back. Then the future fails. Then listeners and the log are told. A cancel may run
     * code of the user's, which may block: the future fails all the same after a short time.
     *
     * A stage that ends too late is looked at once: by our callback, or, since the JDK drops callbacks on a full stack,
     * by the one who has cancelled the stage and finds it complete.
     *
     * Who discards a late result
     * ==========================
     * The limiter whose time-out has ended the call. If the caller has ended it, the outermost limiter that has a hook.
     * Who gives a call up tells those further in whether it takes the result; a limiter that was given up, and was not
     * out of time itself, then hands the result on as if it was in time.
     */
    private static final int HEARD = 1;

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<TimeLimitedCall> LATE_END =
            AtomicIntegerFieldUpdater.newUpdater(TimeLimitedCall.class, "lateEnd");

    private final TimeLimiter limiter;
    private final TimeLimiter.Settings settings;
    private final CallContext context;
    private final FutureTimeLimit limit;

    /** Gates further out that hold a permit until the stage has ended. */
    private final LateExits exits = new LateExits();

    /** Written through {@link #LATE_END}. */
    @SuppressWarnings("UnusedVariable")
    private volatile int lateEnd;

    /** The two that follow are forgotten when the call has ended. */
    private volatile @Nullable ThreadHandoff hop;

    private volatile @Nullable CompletableFuture<T> stage;

    TimeLimitedCall(
            TimeLimiter limiter,
            TimeLimiter.Settings settings,
            CallContext context,
            FutureTimeLimit limit,
            ThreadHandoff hop) {
        super(limiter.timeSource());
        this.limiter = limiter;
        this.settings = settings;
        this.context = context;
        this.limit = limit;
        this.hop = hop;
    }

    /** Starts the clock for a stage that began at {@code start}. */
    CompletableFuture<T> follow(CompletableFuture<T> stage, long start) {
        this.stage = stage;
        try {
            limit.arm(this, settings.timeoutNanos - (limit.time().nanoTime() - start));
            Stages.follow(stage, this);
        } catch (Throwable noTimer) {
            limit.finish();
            limiter.count(true);
            cancelStage(true);
            forget();
            return Stages.failed(noTimer);
        }
        return this;
    }

    @Override
    public void accept(T result, @Nullable Throwable thrown) {
        if (TimeLimiter.ranOutWith(limit, thrown) && limit.finish()) {
            limit.expire();
            expire();
            return;
        }
        if (limit.finish()) {
            limiter.count(thrown != null);
            if (thrown != null) {
                fail(stage instanceof ExecutorCall ? thrown : Stages.unwrap(thrown));
            } else {
                succeed(result);
            }
            forget();
            limit.forgetHooks();
        } else {
            endLate(result, thrown);
        }
    }

    private void endLate(T result, @Nullable Throwable thrown) {
        if (thrown == null && LATE_END.compareAndSet(this, 0, HEARD)) {
            if (isAwaited() && !limit.timedOut()) {
                handOn(result);
            } else {
                discarded(result);
            }
        }
        Throwable failure = thrown == null ? new CancellationException() : Stages.unwrap(thrown);
        exits.end(LateExits.leftBy(failure));
        if (!settings.config.cancelOnTimeout()) {
            limit.forgetHooks();
        }
        if (isGivenUp()) {
            fail(failure);
        }
    }

    /** The result is too late for a limit further out, not for this one. */
    private void handOn(T result) {
        try {
            succeed(result);
        } catch (Throwable noRoom) {
            lateEnd = 0;
            throw noRoom;
        }
    }

    private void forget() {
        stage = null;
        hop = null;
    }

    /** One without a hook lets those further in have it, unless it is its own time-out that has ended the call. */
    @Override
    protected boolean takesLateResults() {
        return limit.timedOut() || settings.config.onDiscard() != null;
    }

    @Override
    protected void discarded(T result) {
        limiter.discard(settings, result);
    }

    /** The time is up, unless the caller was first. Called on the timer's thread. */
    void expire() {
        if (decide()) {
            goOn(this::timeOut);
        } else {
            limiter.countCancelled();
            forget();
        }
    }

    /** Goes on with the task on a thread of ours; if there is none just now, a little later. */
    private void goOn(Runnable task) {
        ThreadHandoff hop = this.hop;
        if (hop == null) {
            return;
        }
        try {
            hop.toOwnExecutor().run(task, ThreadHandoff.NEVER_REJECTED);
        } catch (Throwable noThread) {
            limit.time().arm(new Later(task), PATIENCE_NANOS);
        }
    }

    private void timeOut() {
        limiter.countTimeout();
        Throwable failure;
        try {
            CompletableFuture<T> stage = this.stage;
            LateExits unfinished = stage instanceof ExecutorCall<?> body ? body.exits : exits;
            CallTimeoutException timeout = limiter.timeout(settings, null, unfinished);
            failure = timeout;
            if (settings.config.cancelOnTimeout()) {
                cancel(timeout);
            } else {
                letGoOn();
            }
        } catch (Throwable broken) {
            failure = broken;
        }
        completeDecided(null, failure);
        forget();
        limiter.tellTimeout(settings, context);
    }

    /** Cancels what is further in. */
    private void cancel(CallTimeoutException timeout) {
        TimedTask later = new Later(() -> completeDecided(null, timeout));
        limit.time().arm(later, PATIENCE_NANOS);
        cancelStage(true);
        later.cancel();
        if (limit.hasHooks()) {
            goOn(limit::runHooks);
        }
    }

    /** Leaves alone what has begun; what is still queued never begins. */
    private void letGoOn() {
        CompletableFuture<T> stage = this.stage;
        if (stage instanceof ExecutorCall<T> body) {
            body.cancelIfQueued();
        }
        if (stage != null && stage.isDone()) {
            lookAtEnd(stage);
        }
    }

    @Override
    protected void abandoned() {
        boolean inTime = limit.finish();
        if (inTime) {
            limiter.countCancelled();
        }
        limit.end();
        cancelStage(inTime || limit.timedOut());
        if (inTime) {
            forget();
        }
        limit.runHooks();
    }

    /** Cancels the stage. If it is complete and may not have told us, looks at what came out of it. */
    private void cancelStage(boolean endsLate) {
        CompletableFuture<T> stage = this.stage;
        if (stage == null) {
            return;
        }
        try {
            giveUp(stage);
            if (endsLate && stage.isDone()) {
                lookAtEnd(stage);
            }
        } catch (Throwable broken) {
            // A stage that cannot be cancelled ends as it ends; the call does not wait for it.
        }
    }

    @SuppressWarnings("NullAway") // the result is null only where T admits it
    private void lookAtEnd(CompletableFuture<T> stage) {
        Throwable failure = Stages.failureOf(stage);
        endLate(failure == null ? stage.join() : null, failure);
    }

    /** What goes on, on a thread of ours, after a short time. */
    private final class Later extends TimedTask {

        private final Runnable task;

        Later(Runnable task) {
            this.task = task;
        }

        @Override
        protected void fire() {
            goOn(task);
        }
    }
}
