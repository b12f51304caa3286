package dev.mainstay.retry;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Verdict;

/**
 * How many retries are allowed, for all calls to one target together. Retries multiply the load of a service that is
 * failing because of its load; a budget that is refilled by successes alone lets through as many as a healthy service
 * needs, and hardly any in an outage.
 *
 * <p>Share one budget among all that repeat calls to the same target, by handing the same object to each.
 *
 * <h2>Budgets of your own</h2>
 *
 * <p>A retry tells its budget about retries, in this order. Each retry that was {@linkplain #tryReserve reserved} ends
 * in exactly one of {@link #giveBack()}, {@link #retrySucceeded()} and {@link #retryFailed}.
 *
 * <p>A budget that {@linkplain #watchesCalls() watches calls} is told about calls and their attempts as well:
 *
 * <pre>
 * callBegan → (attemptFailed → [giveBack | retryFailed] → [tryReserve])* → [callSucceeded | retrySucceeded] → callEnded
 * </pre>
 *
 * Each {@link #callBegan()} is followed by exactly one {@link #callEnded()}, whether the call succeeds, fails or is
 * cancelled. With these, a budget can allow a share of the calls (as Finagle and Linkerd do), a share of the calls in
 * progress (as Envoy does), or stop retries while too many attempts fail (as gRPC does).
 *
 * <p>Implementations are safe for use by many threads, do not block and do not throw. What one throws all the same is
 * logged once. If {@link #tryReserve} throws, the budget has not paid; if {@link #callBegan()} throws, the call is not
 * counted and its end is not told; otherwise it changes nothing.
 */
public interface RetryBudget {

    /** A new budget of 10 tokens, refilled by a tenth per success. */
    static RetryBudget standard() {
        return of(10, 0.1);
    }

    /**
     * A new token bucket, full. A retry takes a token; the success of a call at its first attempt adds so much; the
     * success of a retry gives the token back and adds as much again.
     *
     * @param capacity how many tokens there are at most, from 1 to a million
     * @param perSuccess what a success adds, in steps of a thousandth, from 0 to the capacity
     */
    static RetryBudget of(int capacity, double perSuccess) {
        return new TokenBucket(capacity, perSuccess);
    }

    /**
     * No limit: as many retries as the attempts allow. An outage of the target will then be met with a multiple of the
     * usual load.
     */
    static RetryBudget none() {
        return UnlimitedBudget.INSTANCE;
    }

    /**
     * Pays for one retry, before its backoff; false if there is nothing to pay with.
     *
     * @param call the context of the attempt that has failed: its number, key and priority, and the call's deadline
     * @param failed how that attempt failed: {@link Verdict#ERROR} or {@link Verdict#OVERLOAD}; or {@link
     *     Verdict#REJECTED} if the retry repeats rejections and one of our policies further in rejected the attempt
     */
    boolean tryReserve(CallContext call, Verdict failed);

    /** A retry that was paid for has not been sent: the caller gave up, or a policy further in rejected it. */
    void giveBack();

    /** A retry that was paid for has succeeded. */
    void retrySucceeded();

    /**
     * A retry that was paid for was sent and has not succeeded.
     *
     * @param verdict how it failed; {@link Verdict#IGNORED} if it was cancelled, for example
     */
    default void retryFailed(Verdict verdict) {}

    /** A call has succeeded at its first attempt. On the path of every such call. */
    void callSucceeded();

    /**
     * Whether {@link #callBegan()}, {@link #attemptFailed} and {@link #callEnded()} are to be told. False by default:
     * then calls that succeed at their first attempt cost no more than {@link #callSucceeded()}. Asked once by each
     * retry, when it gets the budget; must always give the same answer.
     */
    default boolean watchesCalls() {
        return false;
    }

    /** A call begins its first attempt. Told only to a budget that {@linkplain #watchesCalls() watches calls}. */
    default void callBegan() {}

    /**
     * An attempt, the first or a later one, has not succeeded. Told before {@link #giveBack()} or {@link #retryFailed},
     * and only to a budget that {@linkplain #watchesCalls() watches calls}.
     *
     * @param verdict how it failed: {@link Verdict#REJECTED} if one of our policies further in rejected it, whatever
     *     the retry's classifier makes of that; {@link Verdict#IGNORED} if the retry does not repeat such failures
     */
    default void attemptFailed(Verdict verdict) {}

    /**
     * A call has ended, with its last attempt: exactly once for each {@link #callBegan()}. A call that is cancelled
     * ends as soon as the attempt in progress has ended, since that is load on the target until then. Told only to a
     * budget that {@linkplain #watchesCalls() watches calls}.
     */
    default void callEnded() {}

    /** How many retries could be paid for now; infinite if there is no limit. */
    double tokens();

    /** Whether nothing is remembered: no retry is out, and as many are allowed as ever. */
    boolean isFull();
}
