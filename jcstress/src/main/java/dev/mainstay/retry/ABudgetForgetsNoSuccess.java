package dev.mainstay.retry;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Verdict;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.D_Result;

/** Successes refill it, up to the brim. */
public class ABudgetForgetsNoSuccess {

    /** No test itself. */
    private ABudgetForgetsNoSuccess() {}

    @JCStressTest
    @Description(
            "A call succeeds at once while another does when it is repeated, in a budget of 10 tokens of which 5 are"
                    + " out, and which gets half a token per success.")
    @Outcome(
            id = "7.0",
            expect = ACCEPTABLE,
            desc = "5, and half a token for each, and the one that the retry had taken.")
    @Outcome(expect = FORBIDDEN, desc = "One of them was overwritten.")
    @State
    public static class Refilled {

        private final RetryBudget budget = RetryBudget.of(10, 0.5);

        public Refilled() {
            for (int i = 0; i < 5; i++) {
                budget.tryReserve(CallContext.plain(), Verdict.ERROR);
            }
        }

        @Actor
        public void first() {
            budget.callSucceeded();
        }

        @Actor
        public void repeated() {
            budget.retrySucceeded();
        }

        @Arbiter
        public void afterwards(D_Result r) {
            r.r1 = budget.tokens();
        }
    }

    @JCStressTest
    @Description("The last token that is missing comes back while a call succeeds.")
    @Outcome(id = "10.0", expect = ACCEPTABLE, desc = "Full.")
    @Outcome(expect = FORBIDDEN, desc = "More than full, or less.")
    @State
    public static class Full {

        private final RetryBudget budget = RetryBudget.of(10, 0.5);

        public Full() {
            budget.tryReserve(CallContext.plain(), Verdict.ERROR);
        }

        @Actor
        public void givesBack() {
            budget.giveBack();
        }

        @Actor
        public void succeeds() {
            budget.callSucceeded();
        }

        @Arbiter
        public void afterwards(D_Result r) {
            r.r1 = budget.tokens();
        }
    }
}
