package dev.mainstay.retry;

/**
 * How many retries are allowed, for all calls to one target together. Retries multiply the load of a service that is
 * failing because of its load; a budget that is refilled by successes alone lets through as many as a healthy service
 * needs, and hardly any in an outage.
 *
 * <p>Share one budget among all that repeat calls to the same target, by handing the same object to each. Each retry
 * that was {@linkplain #tryReserve() reserved} ends in exactly one of {@link #giveBack()}, {@link #retrySucceeded()}
 * and {@link #retryFailed()}.
 *
 * <p>Implementations are safe for use by many threads, do not block and do not throw. What one throws all the same is
 * logged once: if it is thrown by {@link #tryReserve()}, the budget has not paid, and otherwise it changes nothing.
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

    /** Pays for one repetition, before its backoff; false if there is nothing to pay with. */
    boolean tryReserve();

    /** A repetition that was paid for has not been sent: the caller gave up, or a policy further in rejected it. */
    void giveBack();

    /** A repetition that was paid for has succeeded. */
    void retrySucceeded();

    /** A repetition that was paid for was sent and has not succeeded. */
    default void retryFailed() {}

    /** A call has succeeded at its first attempt. On the path of every such call. */
    void callSucceeded();

    /** How many repetitions could be paid for now; infinite if there is no limit. */
    double tokens();

    /** Whether nothing is remembered: no repetition is out, and as many are allowed as ever. */
    boolean isFull();
}
