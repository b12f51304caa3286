package dev.mainstay.retry;

/** The budget that never says no. */
final class UnlimitedBudget implements RetryBudget {

    static final UnlimitedBudget INSTANCE = new UnlimitedBudget();

    private UnlimitedBudget() {}

    @Override
    public boolean tryReserve() {
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
