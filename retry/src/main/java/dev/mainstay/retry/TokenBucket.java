package dev.mainstay.retry;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.Require;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The budget that successes refill. It counts the thousandths of a token that it lacks in one {@code long}; while it is
 * full, which it is as long as all is well, a success reads that it lacks nothing, and writes nothing.
 */
final class TokenBucket implements RetryBudget {

    private static final long TOKEN = 1_000;
    private static final int MOST = 1_000_000;

    private static final VarHandle LACKING = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "lacking", VarHandle.class, TokenBucket.class, long.class);

    private final long capacity;
    private final long perSuccess;

    /** From zero to the capacity. */
    private volatile long lacking;

    TokenBucket(int capacity, double perSuccess) {
        Require.check(capacity >= 1 && capacity <= MOST, "capacity", capacity, "between 1 and " + MOST);
        Require.between("perSuccess", perSuccess, 0, capacity);
        this.capacity = capacity * TOKEN;
        this.perSuccess = Math.round(perSuccess * TOKEN);
        Require.check(this.perSuccess > 0 || perSuccess == 0, "perSuccess", perSuccess, "0, or at least a thousandth");
    }

    @Override
    public boolean tryReserve(CallContext call, Verdict failed) {
        long now = lacking;
        while (capacity - now >= TOKEN) {
            long found = (long) LACKING.compareAndExchange(this, now, now + TOKEN);
            if (found == now) {
                return true;
            }
            now = found;
        }
        return false;
    }

    @Override
    public void giveBack() {
        add(TOKEN);
    }

    @Override
    public void retrySucceeded() {
        add(TOKEN + perSuccess);
    }

    @Override
    public void callSucceeded() {
        if (lacking != 0) {
            add(perSuccess);
        }
    }

    private void add(long more) {
        long now = lacking;
        while (now > 0) {
            long found = (long) LACKING.compareAndExchange(this, now, Math.max(0, now - more));
            if (found == now) {
                return;
            }
            now = found;
        }
    }

    @Override
    public double tokens() {
        return (double) (capacity - lacking) / TOKEN;
    }

    @Override
    public boolean isFull() {
        return lacking == 0;
    }

    @Override
    public String toString() {
        return tokens() + " of " + capacity / TOKEN + " budget tokens left";
    }
}
