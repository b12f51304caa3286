package dev.mainstay.guests;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.retry.RetryBudget;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.Arrays;

/**
 * A budget that allows a share of the calls of the last while, and a few retries a second in any case, as those of
 * Finagle and Linkerd do. What a call pays in is gone after the window, used or not.
 */
final class RatioBudget implements RetryBudget {

    private static final int SLICES = 10;

    private final double share;
    private final double reserve;
    private final long sliceNanos;
    private final TimeSource time;
    private final long start;
    private final double[] paidIn = new double[SLICES];

    /** The number of the slice that is written to. */
    private long current;

    RatioBudget(Duration window, double share, int perSecond, TimeSource time) {
        this.share = share;
        this.reserve = perSecond * (double) window.toMillis() / 1_000;
        this.sliceNanos = window.toNanos() / SLICES;
        this.time = time;
        this.start = time.nanoTime();
    }

    @Override
    public boolean watchesCalls() {
        return true;
    }

    @Override
    public void callBegan() {
        pay(share);
    }

    @Override
    public synchronized boolean tryReserve(CallContext call, Verdict failed) {
        if (tokens() < 1) {
            return false;
        }
        pay(-1);
        return true;
    }

    @Override
    public void giveBack() {
        pay(1);
    }

    @Override
    public void retrySucceeded() {}

    @Override
    public void callSucceeded() {}

    private synchronized void pay(double tokens) {
        toNow();
        paidIn[(int) (current % SLICES)] += tokens;
    }

    @Override
    public synchronized double tokens() {
        toNow();
        // A sum of tenths: what is missing to a whole token by rounding is not missing.
        return Math.rint((reserve + Arrays.stream(paidIn).sum()) * 1e6) / 1e6;
    }

    private void toNow() {
        long now = (time.nanoTime() - start) / sliceNanos;
        for (long next = Math.max(current + 1, now - SLICES + 1); next <= now; next++) {
            paidIn[(int) (next % SLICES)] = 0;
        }
        current = now;
    }

    @Override
    public synchronized boolean isFull() {
        toNow();
        return Arrays.stream(paidIn).allMatch(paid -> paid == 0);
    }
}
