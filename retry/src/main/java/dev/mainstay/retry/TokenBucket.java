package dev.mainstay.retry;

import dev.mainstay.Require;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The budget that successes refill. It counts thousandths of a token in one {@code long}; while it is full, which it is as long as all is well, a success
 * reads it and writes nothing.
 */
final class TokenBucket implements RetryBudget {

    private static final long TOKEN = 1_000;
    private static final int MOST = 1_000_000;

    private static final VarHandle LEFT;

    static {
        try {
            LEFT = MethodHandles.lookup().findVarHandle(TokenBucket.class, "left", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long capacity;
    private final long perSuccess;
    private volatile long left;

    TokenBucket(int capacity, double perSuccess) {
        Require.check(capacity >= 1 && capacity <= MOST, "capacity", capacity, "between 1 and " + MOST);
        Require.between("perSuccess", perSuccess, 0, capacity);
        this.capacity = capacity * TOKEN;
        this.perSuccess = Math.round(perSuccess * TOKEN);
        Require.check(this.perSuccess > 0 || perSuccess == 0, "perSuccess", perSuccess, "0, or at least a thousandth");
        this.left = this.capacity;
    }

    @Override
    public boolean tryReserve() {
        long now = left;
        while (now >= TOKEN) {
            long found = (long) LEFT.compareAndExchange(this, now, now - TOKEN);
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
        if (left != capacity) {
            add(perSuccess);
        }
    }

    private void add(long more) {
        long now = left;
        while (now < capacity) {
            long found = (long) LEFT.compareAndExchange(this, now, Math.min(capacity, now + more));
            if (found == now) {
                return;
            }
            now = found;
        }
    }

    @Override
    public double tokens() {
        return (double) left / TOKEN;
    }

    @Override
    public boolean isFull() {
        return left == capacity;
    }

    @Override
    public String toString() {
        return tokens() + " of " + capacity / TOKEN + " budget tokens left";
    }
}
