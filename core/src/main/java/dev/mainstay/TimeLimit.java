package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.CallTimeoutException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * The time limit of one call, as a decision: told that the time is up and how the call ended, it says which of the two
 * came first. It waits for nothing and owns no timer, so that whoever limits calls in a way of their own can ask it,
 * such as a reactive operator with a scheduler of its own. {@linkplain TimeLimiter#start Started} by a time limiter, it
 * counts, logs and publishes as that does.
 *
 * <pre>{@code
 * TimeLimit limit = limiter.start(context);
 * // make the call with limit.context(), and have a timer of yours do, in limit.nanos():
 * if (limit.expire()) {
 *     // cancel the call if limit.cancelsCall(), and fail with limit.timeout()
 * }
 * // when the call has ended, with a failure or with null and a result:
 * if (limit.finish(failure)) {
 *     // this is the outcome
 * } else if (failure == null) {
 *     limit.discard(result);
 * }
 * // when the caller gives the call up: limit.cancel()
 * }</pre>
 *
 * <p>Of {@link #expire}, {@link #finish} and {@link #cancel} the first to be called decides, and all others return
 * false. Safe for use by many threads.
 */
public final class TimeLimit {

    /*
     * RUNNING ──expire──▶ EXPIRED
     *    ├─────finish───▶ FINISHED
     *    └─────cancel───▶ CANCELLED
     */
    private static final int RUNNING = 0;
    private static final int EXPIRED = 1;
    private static final int FINISHED = 2;
    private static final int CANCELLED = 3;

    private static final AtomicIntegerFieldUpdater<TimeLimit> STATE =
            AtomicIntegerFieldUpdater.newUpdater(TimeLimit.class, "state");

    private final TimeLimiter limiter;
    private final TimeLimiter.Settings settings;
    private final CallContext outer;
    private final FutureTimeLimit scope;
    private final CallContext context;
    private volatile int state;

    /** How the call ended after its time was up. */
    private volatile @Nullable Throwable lateFailure;

    TimeLimit(TimeLimiter limiter, TimeLimiter.Settings settings, CallContext outer, long start) {
        this.limiter = limiter;
        this.settings = settings;
        this.outer = outer;
        this.scope = new FutureTimeLimit(
                outer.scope(), limiter.timeSource(), start + settings.timeoutNanos, settings.config.cancelOnTimeout());
        this.context = outer.within(scope);
    }

    /** What the call carries, the deadline among others. Bind it while the call is made. */
    public CallContext context() {
        return context;
    }

    /** How many nanoseconds are left until the time is up; zero if it is. */
    public long nanos() {
        return Math.max(0, scope.deadline() - scope.time().nanoTime());
    }

    /**
     * The time is up. If this returns true, the call has timed out: cancel it if {@link #cancelsCall()}, and fail with
     * {@link #timeout()}. What was {@linkplain CallContext#onCancel registered} with a call that is cancelled runs, and
     * listeners and the log are told, on threads of the time source's own: so this may be called on a timer's thread.
     * Whether the time is really up is the caller's business.
     *
     * @return false if the call has finished or was cancelled before
     */
    public boolean expire() {
        if (!STATE.compareAndSet(this, RUNNING, EXPIRED)) {
            return false;
        }
        scope.expire();
        limiter.countTimeout();
        ThreadHandoff.goOn(scope.time(), () -> {
            if (cancelsCall()) {
                scope.runHooks();
            }
            limiter.tellTimeout(settings, outer);
        });
        return true;
    }

    /**
     * The call has ended. A call that was rejected further in because this limit would have ended its wait has timed
     * out.
     *
     * @param failure how; null if with a result
     * @return whether this is the call's outcome; if not, it has timed out or was cancelled, and a result goes to
     *     {@link #discard}
     */
    public boolean finish(@Nullable Throwable failure) {
        boolean ranOut = TimeLimiter.ranOutWith(scope, failure) && expire();
        if (!ranOut && STATE.compareAndSet(this, RUNNING, FINISHED)) {
            limiter.count(failure != null);
            scope.forgetHooks();
            return true;
        }
        if (!cancelsCall()) {
            scope.forgetHooks();
        }
        Throwable late = failure == null ? null : Stages.unwrap(failure);
        // A cancellation is but the answer to the time-out.
        lateFailure = late instanceof CancellationException ? null : late;
        return false;
    }

    /**
     * The caller gives the call up. What was registered with it runs, on a thread of the time source's own.
     *
     * @return false if the call has timed out or finished before
     */
    public boolean cancel() {
        if (!STATE.compareAndSet(this, RUNNING, CANCELLED)) {
            return false;
        }
        scope.end();
        limiter.countCancelled();
        if (scope.hasHooks()) {
            ThreadHandoff.goOn(scope.time(), scope::runHooks);
        }
        return true;
    }

    /** Whether a call that has timed out is cancelled: the limiter's option {@code cancelOnTimeout}. */
    public boolean cancelsCall() {
        return settings.config.cancelOnTimeout();
    }

    /** Whether the call has timed out. */
    public boolean isExpired() {
        return state == EXPIRED;
    }

    /**
     * What a call that has timed out fails with: anew each time. Its cause is the failure that
     * came after the time was up, if there was one and it is no cancellation.
     */
    public CallTimeoutException timeout() {
        return limiter.timeout(settings, lateFailure, null);
    }

    /** Hands a result that came too late, possibly null, to the limiter's {@code onDiscard}. */
    public void discard(@Nullable Object result) {
        limiter.discard(settings, result);
    }

    @Override
    public String toString() {
        String state = switch (this.state) {
            case EXPIRED -> "expired";
            case FINISHED -> "finished";
            case CANCELLED -> "cancelled";
            default -> "running";
        };
        return "TimeLimit['" + limiter.name() + "', " + state + "]";
    }
}
