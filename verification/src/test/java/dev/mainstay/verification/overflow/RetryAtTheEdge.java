package dev.mainstay.verification.overflow;

import dev.mainstay.Pipeline;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.CheckedSupplier;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import java.time.Duration;

/**
 * Calls that are retried at the end of the stack. Their second attempts succeed, so that the budget is as full
 * afterwards as before, whatever overflowed. A second attempt that is a retry itself may overflow, and is then spent:
 * of such calls, every reservation ends once. If the budget watches calls, every call ends once as well.
 */
final class RetryAtTheEdge extends StackEdge {

    private static final int CAPACITY = 1_000_000;

    private final RetryBudget budget;
    private final Counted counted;
    private final IllegalStateException failure = new IllegalStateException("first");
    private final StackOverflowError noRoom = new StackOverflowError();
    private final CheckedSupplier<String, RuntimeException> body = this::body;
    private final boolean nested;
    private final Retry retry;
    private final Pipeline pipeline;
    private int made;
    private int calls;

    private RetryAtTheEdge(Backoff backoff, boolean nested, boolean watching) {
        this.nested = nested;
        this.counted = new Counted(watching);
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
        if (lost != 0 || counted.calls != 0) {
            throw new AssertionError("after " + calls + " calls " + lost + " tokens are lost and " + counted.calls
                    + " ends of calls, " + (nested ? "nested" : "alone"));
        }
    }

    /** Counts reservations that have not ended, and calls if it watches them. */
    private static final class Counted implements RetryBudget {

        private final boolean watching;
        private int open;
        private int calls;

        private Counted(boolean watching) {
            this.watching = watching;
        }

        @Override
        public boolean watchesCalls() {
            return watching;
        }

        @Override
        public void callBegan() {
            calls++;
        }

        @Override
        public void callEnded() {
            calls--;
        }

        @Override
        public boolean tryReserve(CallContext call, Verdict failed) {
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
        public void retryFailed(Verdict verdict) {
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
            for (RetryAtTheEdge edge : new RetryAtTheEdge[] {
                new RetryAtTheEdge(backoff, false, false),
                new RetryAtTheEdge(backoff, true, false),
                new RetryAtTheEdge(backoff, true, true)
            }) {
                // Whoever calls a retry at the end of the stack has called it before.
                edge.operate();
                long ignored = edge.retry.start(CallContext.plain()).onResult("ok");
                edge.overflow(overflows);
            }
        }
    }
}
