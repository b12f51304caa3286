package dev.mainstay.bulkhead;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.Permit;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The slots in use and the limit share one number. */
public class EachSlotComesBack {

    /** No test itself. */
    private EachSlotComesBack() {}

    @JCStressTest
    @Description("Two calls leave at the same time.")
    @Outcome(id = "0, 2", expect = ACCEPTABLE, desc = "Both slots are free.")
    @Outcome(expect = FORBIDDEN, desc = "A slot is lost.")
    @State
    public static class TwoLeave {

        private final Bulkhead bulkhead = Bulkhead.of("bulkhead", c -> c.maxConcurrentCalls(2));
        private final Permit first = bulkhead.acquirePermit();
        private final Permit second = bulkhead.acquirePermit();

        @Actor
        public void first() {
            first.release();
        }

        @Actor
        public void second() {
            second.release();
        }

        @Arbiter
        public void afterwards(II_Result r) {
            r.r1 = bulkhead.inUse();
            r.r2 = bulkhead.limit();
        }
    }

    @JCStressTest
    @Description("A call leaves while the limit is lowered.")
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "The slot is free, and the limit is the new one.")
    @Outcome(expect = FORBIDDEN, desc = "One was overwritten by the other.")
    @State
    public static class LeaveAndResize {

        private static final BulkheadConfig ONE =
                BulkheadConfig.builder().maxConcurrentCalls(1).build();

        private final Bulkhead bulkhead = Bulkhead.of("bulkhead", c -> c.maxConcurrentCalls(2));
        private final Permit permit = bulkhead.acquirePermit();

        @Actor
        public void leaves() {
            permit.release();
        }

        @Actor
        public void resizes() {
            bulkhead.reconfigure(ONE);
        }

        @Arbiter
        public void afterwards(II_Result r) {
            r.r1 = bulkhead.inUse();
            r.r2 = bulkhead.limit();
        }
    }
}
