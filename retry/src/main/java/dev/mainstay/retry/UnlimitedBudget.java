package dev.mainstay.retry;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Verdict;

/** The budget that never says no. */
final class UnlimitedBudget implements RetryBudget {

    static final UnlimitedBudget INSTANCE = new UnlimitedBudget();

    private UnlimitedBudget() {}

    @Override
    public boolean tryReserve(CallContext call, Verdict failed) {
        return true;
    }

    @Override
    public void giveBack() {}

    @Override
    public void retrySucceeded() {}

    @Override
    public void callSucceeded() {}

    @Override
    public double tokens() {
        return Double.POSITIVE_INFINITY;
    }

    @Override
    public boolean isFull() {
        return true;
    }

    @Override
    public String toString() {
        return "no budget";
    }
}
