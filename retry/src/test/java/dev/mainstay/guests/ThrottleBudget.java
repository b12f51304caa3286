package dev.mainstay.guests;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.retry.RetryBudget;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * gRPC's throttle: a failed attempt takes a token, a success adds a fraction of one, and calls are repeated while more
 * than half of the tokens are there. A retry itself costs nothing.
 */
final class ThrottleBudget implements RetryBudget {

    private static final int TOKEN = 1_000;

    private final int most;
    private final int perSuccess;
    private final AtomicInteger left;

    ThrottleBudget(int tokens, double ratio) {
        this.most = tokens * TOKEN;
        this.perSuccess = (int) Math.round(ratio * TOKEN);
        this.left = new AtomicInteger(most);
    }

    @Override
    public boolean watchesCalls() {
        return true;
    }

    @Override
    public void attemptFailed(Verdict verdict) {
        if (verdict.isFailure()) {
            left.updateAndGet(now -> Math.max(0, now - TOKEN));
        }
    }

    private void succeeded() {
        left.updateAndGet(now -> Math.min(most, now + perSuccess));
    }

    @Override
    public void callSucceeded() {
        succeeded();
    }

    @Override
    public void retrySucceeded() {
        succeeded();
    }

    @Override
    public boolean tryReserve(CallContext call, Verdict failed) {
        return left.get() > most / 2;
    }

    @Override
    public void giveBack() {}

    @Override
    public double tokens() {
        return (double) left.get() / TOKEN;
    }

    @Override
    public boolean isFull() {
        return left.get() == most;
    }
}
