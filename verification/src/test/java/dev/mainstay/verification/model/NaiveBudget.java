package dev.mainstay.verification.model;

import dev.mainstay.retry.RetryBudget;

/** A retry budget as its documentation has it, in thousandths of a token. */
final class NaiveBudget {

    private static final long TOKEN = 1000;

    private final RetryBudget real;
    private final boolean unlimited;
    private final long capacity;
    private final long perSuccess;
    private long left;

    private NaiveBudget(RetryBudget real, boolean unlimited, long capacity, long perSuccess) {
        this.real = real;
        this.unlimited = unlimited;
        this.capacity = capacity;
        this.perSuccess = perSuccess;
        this.left = capacity;
    }

    static NaiveBudget of(int capacity, int thousandthsPerSuccess) {
        return new NaiveBudget(
                RetryBudget.of(capacity, thousandthsPerSuccess / 1000.0),
                false,
                capacity * TOKEN,
                thousandthsPerSuccess);
    }

    static NaiveBudget none() {
        return new NaiveBudget(RetryBudget.none(), true, 0, 0);
    }

    /** The model of one that is there already: 10 tokens, a tenth for each success. */
    static NaiveBudget standard(RetryBudget real) {
        return new NaiveBudget(real, false, 10 * TOKEN, TOKEN / 10);
    }

    RetryBudget real() {
        return real;
    }

    boolean tryReserve() {
        if (unlimited) {
            return true;
        }
        if (left < TOKEN) {
            return false;
        }
        left -= TOKEN;
        return true;
    }

    void giveBack() {
        left = Math.min(capacity, left + TOKEN);
    }

    void retrySucceeded() {
        left = Math.min(capacity, left + TOKEN + perSuccess);
    }

    void callSucceeded() {
        left = Math.min(capacity, left + perSuccess);
    }

    double tokens() {
        return unlimited ? Double.POSITIVE_INFINITY : left / 1000.0;
    }

    boolean isFull() {
        return left == capacity;
    }

    @Override
    public String toString() {
        return unlimited ? "no budget" : left + " of " + capacity + " thousandths, " + perSuccess + " per success";
    }
}
