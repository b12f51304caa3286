package dev.mainstay.retry;

import dev.mainstay.backoff.Backoff;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.Idempotence;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one call: told how each ended, it says whether there is another and when. It waits for nothing and
 * calls nothing: both drivers of {@link Retry} ask it, and so can whoever repeats calls in a way of their own, such as
 * a reactive operator.
 *
 * <pre>{@code
 * Attempts attempts = retry.start(context);
 * long delay;
 * do {
 *     // make the call with attempts.context(), catch whatever it throws, then:
 *     delay = failure == null ? attempts.onResult(result) : attempts.onFailure(failure);
 *     // if delay > 0: wait so long; if that is cut short: attempts.stop()
 * } while (delay >= 0 && attempts.begin());
 * // the end: throw attempts.failure(), or, if that is null, return attempts.result()
 * }</pre>
 *
 * <p>Not safe for use by many threads: who hands it from one to another sees to it that the second sees what the first
 * did. How each attempt ends must be told, whatever it throws; an attempt that is cancelled fails with a {@code
 * CancellationException}. A wait that is given up must be {@linkplain #stop() told}, too. Otherwise the budget loses
 * what was paid for the attempt, and the end of the call.
 */
public final class Attempts {

    /** What is answered in the place of a delay when there is no other attempt. */
    public static final long END = -1;

    private final Retry retry;
    private final Retry.Settings settings;

    /** What pays for the attempts. */
    final BudgetAccount account;

    private final long start;
    private final CallContext first;
    private CallContext context;
    private int attempt = 1;
    private long backoffNanos;

    /** A token is out: for the next attempt as long as that is due, otherwise for the one in progress. */
    boolean paid;

    /** The next attempt is paid for and has not begun. */
    private boolean due;

    /** There is a wait before it, in which more time may pass than it should. */
    private boolean waits;

    private boolean stopped;

    /** The caller has its outcome, and it is another one: what comes after is told to nobody. */
    private boolean abandoned;

    private boolean ended;

    private @Nullable Object result;
    private @Nullable Throwable failure;

    /** How the attempt before the last one failed. */
    private @Nullable Throwable before;

    private @Nullable EarlierFailures earlier;

    /** The budget has been told that the call began, and is to be told of its end. */
    boolean watched;

    Attempts(Retry retry, Retry.Settings settings, CallContext context, long start) {
        this.retry = retry;
        this.settings = settings;
        this.account = settings.account;
        this.first = context;
        this.context = context;
        this.start = start;
    }

    /** The same; the budget is told that the call begins and, by this, that it ends. */
    static Attempts watched(Retry retry, Retry.Settings settings, CallContext context, long start) {
        Attempts attempts = new Attempts(retry, settings, context, start);
        attempts.watched = settings.account.callBegan();
        return attempts;
    }

    /** Which attempt is in progress, or has ended last, from 1. */
    public int attempt() {
        return attempt;
    }

    /**
     * What that attempt carries. From the second on, bind it while the attempt is made, so that it is the thread's
     * current one.
     */
    public CallContext context() {
        return context;
    }

    /**
     * The attempt has ended in a result, possibly null.
     *
     * @return how many nanoseconds to wait before another attempt {@linkplain #begin() begins}, possibly zero; or
     *     {@link #END}
     */
    public long onResult(@Nullable Object result) {
        return onResult(result, judge(result));
    }

    Verdict judge(@Nullable Object result) {
        return settings.judgesResults ? settings.classifier.ofResult(context, result) : Verdict.SUCCESS;
    }

    long onResult(@Nullable Object result, Verdict verdict) {
        attemptEnded(result, null);
        if (verdict == Verdict.SUCCESS) {
            if (attempt == 1) {
                account.callSucceeded();
                return end(retry.successes);
            }
            if (paid) {
                account.retrySucceeded();
                paid = false;
            }
            if (!abandoned) {
                retry.succeeded(this);
            }
            return end(retry.successesAfterRetry);
        }
        unsuccessful(verdict, verdict == Verdict.REJECTED);
        return verdict.isFailure() ? next(verdict, verdict) : ignored();
    }

    /**
     * The attempt has failed; the failure is no longer wrapped in a {@code CompletionException}.
     *
     * @return how many nanoseconds to wait before another attempt {@linkplain #begin() begins}, possibly zero; or
     *     {@link #END}
     */
    public long onFailure(Throwable failure) {
        attemptEnded(null, failure);
        Verdict verdict = settings.classifier.ofFailure(context, failure);
        // Even if the classifier makes it an error, so that it is retried: what was rejected here, or had no room on
        // the stack, has cost the other side nothing.
        Verdict told = told(failure, verdict);
        unsuccessful(told, told == Verdict.REJECTED || failure instanceof StackOverflowError);
        return verdict.isFailure() && !isFinal(failure) ? next(verdict, told) : ignored();
    }

    /** What the budget is told: a failure is no success to it, even one that the classifier has no rule for. */
    private static Verdict told(Throwable failure, Verdict verdict) {
        if (failure instanceof CallRejectedException) {
            return Verdict.REJECTED;
        }
        return verdict == Verdict.SUCCESS ? Verdict.IGNORED : verdict;
    }

    private void attemptEnded(@Nullable Object result, @Nullable Throwable failure) {
        if (ended || due) {
            throw new IllegalStateException(
                    "'" + retry.name() + "' is told of the end of an attempt that has not begun");
        }
        before = this.failure;
        this.result = result;
        this.failure = failure;
    }

    /** Only once it is known that the call has not ended well: then nobody will ask. */
    private void keepEarlierFailure() {
        if (before == null || before == failure) {
            return;
        }
        if (earlier == null) {
            earlier = new EarlierFailures();
        }
        earlier.add(before);
    }

    /** Takes note of an attempt that has not succeeded, and balances the budget for it. */
    private void unsuccessful(Verdict verdict, boolean notSent) {
        keepEarlierFailure();
        account.attemptFailed(verdict);
        if (notSent) {
            giveBack();
        } else {
            spend(verdict);
        }
    }

    private void giveBack() {
        if (paid) {
            account.giveBack();
            paid = false;
        }
    }

    private void spend(Verdict verdict) {
        if (paid) {
            account.retryFailed(verdict);
            paid = false;
        }
    }

    /**
     * What is not retried whatever a classifier says: this process is ill, or the caller does not want the call any
     * more.
     */
    private static boolean isFinal(Throwable failure) {
        return !(failure instanceof Exception)
                || failure instanceof InterruptedException
                || failure instanceof CancellationException
                || (failure instanceof CallRejectedException rejection
                        && (rejection.reason() == RejectionReason.INTERRUPTED
                                || rejection.reason() == RejectionReason.CANCELLED));
    }

    /**
     * The last attempt's outcome is worth another one.
     *
     * @param told what the budget is told of it
     */
    private long next(Verdict verdict, Verdict told) {
        if (context.idempotent() == Idempotence.NO) {
            return notRepeated();
        }
        if (stopped) {
            return endFailed();
        }
        if (attempt >= settings.maxAttempts && settings.maxAttempts != Integer.MAX_VALUE) {
            retry.exhausted(this);
            return endFailed();
        }
        long asked = settings.maxRetryAfterNanos == 0 ? 0 : settings.classifier.retryAfterNanos(result, failure);
        if (asked > settings.maxRetryAfterNanos) {
            return denied(RetryDenial.RETRY_AFTER);
        }
        long delayNanos = delay(verdict, asked);
        if (delayNanos < 0) {
            return notRepeated();
        }
        BooleanSupplier repeatable = context.get(CallContext.REPEATABLE);
        if (repeatable != null && !repeatable.getAsBoolean()) {
            return notRepeated();
        }
        if (!allows(delayNanos)) {
            return denied(RetryDenial.DEADLINE);
        }
        if (!account.tryReserve(context, told)) {
            return denied(RetryDenial.BUDGET);
        }
        paid = true;
        due = true;
        waits = delayNanos > 0;
        retry.scheduled(this, delayNanos);
        return delayNanos;
    }

    /** Whether the thread's stack has room to settle what was paid. Too slow to be asked in each repetition. */
    static boolean hasRoom() {
        try {
            StackReserve.check();
            return true;
        } catch (StackOverflowError full) {
            return false;
        }
    }

    /** The wait before the next attempt; negative if the user's delay function wants none. */
    private long delay(Verdict verdict, long asked) {
        SafeDelayFunction function = settings.delayFunction;
        Duration own = function == null ? null : function.delay(attempt, result, failure);
        if (own == null) {
            Backoff backoff = verdict == Verdict.OVERLOAD ? settings.overloadBackoff : settings.backoff;
            backoffNanos = backoff.isNone() ? 0 : backoff.delayNanos(attempt, backoffNanos, settings.random);
        } else if (own.isNegative()) {
            return END;
        } else {
            backoffNanos = Nanos.of(own);
        }
        if (asked <= 0) {
            return backoffNanos;
        }
        long spread = (long) (settings.random.nextDouble() * asked / 10);
        return Nanos.plus(Math.max(backoffNanos, asked), spread);
    }

    /** Whether a wait of so long ends in time. */
    private boolean allows(long nanos) {
        TimeSource time = retry.timeSource();
        long now = settings.limited ? time.nanoTime() : TimeSource.UNREAD;
        long left = context.remainingNanos(time, now);
        if (settings.limited) {
            left = Math.min(left, settings.maxDurationNanos - (now - start));
        }
        return nanos < left;
    }

    private long denied(RetryDenial reason) {
        retry.denied(this, reason);
        return endFailed();
    }

    /**
     * The wait is over, and the next attempt begins with a {@link #context()} of its own.
     *
     * @return false if it may not begin after all: the time is up, as the wait took longer than it should. Then this is
     *     the end
     */
    public boolean begin() {
        if (!due) {
            return false;
        }
        if (waits && !allows(0)) {
            outOfTime();
            return false;
        }
        int number = attempt == Integer.MAX_VALUE ? attempt : attempt + 1;
        context = first.attempt(number, result, failure, context);
        attempt = number;
        due = false;
        retry.attempts.increment();
        return true;
    }

    /** The next attempt is due, and can no longer begin in time. This is the end. */
    void outOfTime() {
        giveBack();
        due = false;
        denied(RetryDenial.DEADLINE);
    }

    /**
     * The call is given up: there will be no other attempt. If the next one has been paid for and has not begun, the
     * budget gets that back. May be called at any time; does nothing after the end.
     */
    public void stop() {
        stopped = true;
        if (due) {
            giveBack();
            due = false;
            endFailed();
        }
    }

    /** The same for a call that has ended for its caller already: the attempt in progress publishes no event. */
    void abandon() {
        abandoned = true;
        stop();
    }

    /**
     * For drivers that cannot go on because something has broken: whatever was paid is settled. Does nothing after the
     * end.
     */
    void abort() {
        stop();
        giveBack();
        if (!ended) {
            endFailed();
        }
    }

    /** The end of a call whose last outcome is not to be repeated. */
    private long ignored() {
        announceIgnored();
        return end(retry.notRetryable);
    }

    /** The same where it would be, but this call is not, or the user's delay function says so. */
    private long notRepeated() {
        announceIgnored();
        return fail(retry.notRetryable);
    }

    private void announceIgnored() {
        if (!abandoned) {
            retry.ignored(this);
        }
    }

    private long endFailed() {
        return fail(attempt == 1 ? retry.failures : retry.failuresAfterRetry);
    }

    /** The end of a call whose last outcome would have been worth another attempt. */
    private long fail(CallCounter outcome) {
        if (failure == null && settings.failAfterMaxAttempts) {
            failure = new RetriesExhaustedException(retry.name(), attempt, result);
        }
        return end(outcome);
    }

    private long end(CallCounter outcome) {
        ended = true;
        if (watched) {
            watched = false;
            account.callEnded();
        }
        outcome.increment();
        if (failure != null && earlier != null) {
            earlier.suppressIn(failure);
        }
        return END;
    }

    /**
     * How the last attempt failed, or, after the {@link #END}, what the call is to throw; null if it is to return the
     * {@link #result()}.
     */
    public @Nullable Throwable failure() {
        return failure;
    }

    /** The last attempt's result, possibly null. */
    public @Nullable Object result() {
        return result;
    }

    @Override
    public String toString() {
        return "Attempts['" + retry.name() + "', attempt " + attempt + (ended ? ", ended" : "") + "]";
    }
}
