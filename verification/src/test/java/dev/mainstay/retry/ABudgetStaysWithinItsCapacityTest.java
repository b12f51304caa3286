package dev.mainstay.retry;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.verification.Exploration;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/**
 * A budget lets exactly as many retries pass as it has tokens for, and what successes and retries that were not made
 * put in is neither lost nor more than it holds.
 */
public class ABudgetStaysWithinItsCapacityTest {

    private static final int CAPACITY = 2;

    private final TokenBucket budget = new TokenBucket(CAPACITY, 0.5);

    @Operation
    public boolean tryReserve() {
        return budget.tryReserve(CallContext.plain(), Verdict.ERROR);
    }

    @Operation
    public void giveBack() {
        budget.giveBack();
    }

    @Operation
    public void retrySucceeded() {
        budget.retrySucceeded();
    }

    @Operation
    public void callSucceeded() {
        budget.callSucceeded();
    }

    @Operation
    public double tokens() {
        return budget.tokens();
    }

    @Test
    void inEverySchedule() {
        Exploration.matches(
                getClass(), Specification.class, Exploration.options().actorsPerThread(3));
    }

    public static class Specification {

        private double tokens = CAPACITY;

        public boolean tryReserve() {
            if (tokens < 1) {
                return false;
            }
            tokens--;
            return true;
        }

        public void giveBack() {
            add(1);
        }

        public void retrySucceeded() {
            add(1.5);
        }

        public void callSucceeded() {
            add(0.5);
        }

        private void add(double more) {
            tokens = Math.min(CAPACITY, tokens + more);
        }

        public double tokens() {
            return tokens;
        }
    }
}
