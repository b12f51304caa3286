package dev.mainstay.guests;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.retry.RetryBudget;
import java.util.concurrent.atomic.AtomicInteger;

/** A budget that allows retries to be a share of the calls in progress, or a few in any case, as Envoy's does. */
final class ConcurrencyBudget implements RetryBudget {

    private final double share;
    private final int minimum;
    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicInteger retries = new AtomicInteger();

    ConcurrencyBudget(double share, int minimum) {
        this.share = share;
        this.minimum = minimum;
    }

    /** How many calls are in progress. */
    int calls() {
        return calls.get();
    }

    /** How many retries are in progress or due. */
    int retries() {
        return retries.get();
    }

    private int allowed() {
        return Math.max(minimum, (int) (share * calls.get()));
    }

    @Override
    public boolean watchesCalls() {
        return true;
    }

    @Override
    public void callBegan() {
        calls.incrementAndGet();
    }

    @Override
    public void callEnded() {
        calls.decrementAndGet();
    }

    @Override
    public boolean tryReserve(CallContext call, Verdict failed) {
        int now = retries.get();
        while (now < allowed()) {
            int found = retries.compareAndExchange(now, now + 1);
            if (found == now) {
                return true;
            }
            now = found;
        }
        return false;
    }

    @Override
    public void giveBack() {
        retries.decrementAndGet();
    }

    @Override
    public void retrySucceeded() {
        retries.decrementAndGet();
    }

    @Override
    public void retryFailed(Verdict verdict) {
        retries.decrementAndGet();
    }

    @Override
    public void callSucceeded() {}

    @Override
    public double tokens() {
        return Math.max(0, allowed() - retries.get());
    }

    @Override
    public boolean isFull() {
        return retries.get() == 0 && calls.get() == 0;
    }
}
