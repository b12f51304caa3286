package dev.mainstay.verification.overflow;

import dev.mainstay.Backoff;
import dev.mainstay.CallContext;
import dev.mainstay.CheckedSupplier;
import dev.mainstay.Pipeline;
import dev.mainstay.retry.Attempts;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import java.time.Duration;

/**
 * Calls that are retried at the end of the stack. Their second attempts succeed, so that the budget is as full
 * afterwards as before, whatever overflowed. A second attempt that is a retry itself may overflow, and is then spent:
 * of such calls, every reservation ends once.
 */
final class RetryAtTheEdge extends StackEdge {

    private static final int CAPACITY = 1_000_000;

    private final RetryBudget budget;
    private final Counted counted = new Counted();
    private final IllegalStateException failure = new IllegalStateException("first");
    private final StackOverflowError noRoom = new StackOverflowError();
    private final CheckedSupplier<String, RuntimeException> body = this::body;
    private final boolean nested;
    private final Retry retry;
    private final Pipeline pipeline;
    private int made;
    private int calls;

    private RetryAtTheEdge(Backoff backoff, boolean nested) {
        this.nested = nested;
        this.budget = nested ? counted : RetryBudget.of(CAPACITY, 0);
        this.retry = Retry.of("r", c -> c.maxAttempts(3).backoff(backoff).budget(budget));
        Retry inner = Retry.of("inner", c -> c.maxAttempts(3).backoff(backoff).budget(budget));
        this.pipeline = Pipeline.of("p", retry, inner);
    }

    @Override
    protected void operate() {
        made = 0;
        calls++;
        try {
            if (nested) {
                pipeline.call(body);
            } else {
                retry.call(body);
            }
        } catch (IllegalStateException notRepeated) {
            // It was not repeated. With more room, it is.
            throw noRoom;
        }
    }

    private String body() {
        if (made++ == 0) {
            throw failure;
        }
        return "ok";
    }

    @Override
    protected void settle() {
        // What a full stack has kept from being given back is given back now.
        made = 0;
        String ignored = retry.call(body);
        double lost = nested ? counted.open : CAPACITY - budget.tokens();
        if (lost != 0) {
            throw new AssertionError(
                    "after " + calls + " calls " + lost + " tokens are lost, " + (nested ? "nested" : "alone"));
        }
    }

    /** Counts reservations that have not ended. */
    private static final class Counted implements RetryBudget {

        private int open;

        @Override
        public boolean tryReserve() {
            open++;
            return true;
        }

        @Override
        public void giveBack() {
            open--;
        }

        @Override
        public void retrySucceeded() {
            open--;
        }

        @Override
        public void retryFailed() {
            open--;
        }

        @Override
        public void callSucceeded() {}

        @Override
        public double tokens() {
            return CAPACITY;
        }

        @Override
        public boolean isFull() {
            return true;
        }
    }

    /** With how many overflows. */
    public static void main(String[] arguments) throws InterruptedException {
        int overflows = Integer.parseInt(arguments[0]);
        for (Backoff backoff : new Backoff[] {Backoff.none(), Backoff.fixed(Duration.ofNanos(1))}) {
            for (boolean nested : new boolean[] {false, true}) {
                RetryAtTheEdge edge = new RetryAtTheEdge(backoff, nested);
                // Whoever calls a retry at the end of the stack has called it before.
                edge.operate();
                Attempts ignored = edge.retry.start(CallContext.plain());
                edge.overflow(overflows);
            }
        }
    }
}
