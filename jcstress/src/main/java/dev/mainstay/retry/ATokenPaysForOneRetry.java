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
import org.openjdk.jcstress.infra.results.ZZZ_Result;

/** The budget of all calls to one target. */
public class ATokenPaysForOneRetry {

    /** No test itself. */
    private ATokenPaysForOneRetry() {}

    @JCStressTest
    @Description("Two calls want to repeat, and there is one token.")
    @Outcome(id = "true, false, false", expect = ACCEPTABLE, desc = "The first has it.")
    @Outcome(id = "false, true, false", expect = ACCEPTABLE, desc = "The second has it.")
    @Outcome(expect = FORBIDDEN, desc = "It is spent twice, or not although it is there.")
    @State
    public static class WantedTwice {

        private final RetryBudget budget = RetryBudget.of(1, 0);

        @Actor
        public void first(ZZZ_Result r) {
            r.r1 = budget.tryReserve(CallContext.plain(), Verdict.ERROR);
        }

        @Actor
        public void second(ZZZ_Result r) {
            r.r2 = budget.tryReserve(CallContext.plain(), Verdict.ERROR);
        }

        @Arbiter
        public void afterwards(ZZZ_Result r) {
            r.r3 = budget.tryReserve(CallContext.plain(), Verdict.ERROR);
        }
    }

    @JCStressTest
    @Description("The only token comes back while a call wants it.")
    @Outcome(id = "false, true, false", expect = ACCEPTABLE, desc = "It has it.")
    @Outcome(id = "false, false, true", expect = ACCEPTABLE, desc = "It came too early; the next has it.")
    @Outcome(expect = FORBIDDEN, desc = "The token is there twice, or gone.")
    @State
    public static class GivenBack {

        private final RetryBudget budget = RetryBudget.of(1, 0);

        public GivenBack() {
            budget.tryReserve(CallContext.plain(), Verdict.ERROR);
        }

        @Actor
        public void givesBack(ZZZ_Result r) {
            budget.giveBack();
            r.r1 = false;
        }

        @Actor
        public void wants(ZZZ_Result r) {
            r.r2 = budget.tryReserve(CallContext.plain(), Verdict.ERROR);
        }

        @Arbiter
        public void afterwards(ZZZ_Result r) {
            r.r3 = budget.tryReserve(CallContext.plain(), Verdict.ERROR);
        }
    }
}
