package dev.mainstay.bulkhead;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZI_Result;

@JCStressTest
@Description("Two calls come to a bulkhead with one slot.")
@Outcome(id = "true, false, 1", expect = ACCEPTABLE, desc = "The first has the slot.")
@Outcome(id = "false, true, 1", expect = ACCEPTABLE, desc = "The second has the slot.")
@Outcome(expect = FORBIDDEN, desc = "More calls than slots, or none although one was free, or a slot miscounted.")
@State
public class ABulkheadNeverExceedsItsLimit {

    private final Bulkhead bulkhead = Bulkhead.of("bulkhead", c -> c.maxConcurrentCalls(1));

    @Actor
    public void first(ZZI_Result r) {
        r.r1 = !bulkhead.tryAcquirePermit().isRejected();
    }

    @Actor
    public void second(ZZI_Result r) {
        r.r2 = !bulkhead.tryAcquirePermit().isRejected();
    }

    @Arbiter
    public void afterwards(ZZI_Result r) {
        r.r3 = bulkhead.inUse();
    }
}
