package dev.mainstay;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.jcstress.Failure;
import dev.mainstay.outcome.Verdict;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** The holder of a permit may hear of the end of its call from several sides at once. */
public class APermitEndsItsCallOnce {

    /** No test itself. */
    private APermitEndsItsCallOnce() {}

    @JCStressTest
    @Description("A call is said to have succeeded and to have failed.")
    @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "It has succeeded.")
    @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "It has failed.")
    @Outcome(expect = FORBIDDEN, desc = "The gate hears of both ends, or of none.")
    @State
    public static class SuccessOrFailure {

        private final OpenGate gate = new OpenGate();
        private final Permit permit = gate.acquirePermit();

        @Actor
        public void succeeds() {
            permit.success("done");
        }

        @Actor
        public void fails() {
            permit.failure(new Failure());
        }

        @Arbiter
        public void afterwards(III_Result r) {
            count(gate, r);
        }
    }

    @JCStressTest
    @Description("A call is said to have failed, and its permit is released.")
    @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "It has failed.")
    @Outcome(id = "0, 0, 1", expect = ACCEPTABLE, desc = "It says nothing.")
    @Outcome(expect = FORBIDDEN, desc = "The gate hears of both ends, or of none.")
    @State
    public static class FailureOrRelease {

        private final OpenGate gate = new OpenGate();
        private final Permit permit = gate.acquirePermit();

        @Actor
        public void fails() {
            permit.failure(new Failure());
        }

        @Actor
        public void releases() {
            permit.release();
        }

        @Arbiter
        public void afterwards(III_Result r) {
            count(gate, r);
        }
    }

    private static void count(OpenGate gate, III_Result r) {
        r.r1 = gate.ended(Verdict.SUCCESS);
        r.r2 = gate.ended(Verdict.ERROR);
        r.r3 = gate.ended(Verdict.IGNORED);
    }
}
