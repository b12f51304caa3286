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
import org.openjdk.jcstress.infra.results.ZIZ_Result;

@JCStressTest
@Description("A call leaves the only slot of a bulkhead, and writes something before, while another comes.")
@Outcome(
        id = "true, 1, false",
        expect = ACCEPTABLE,
        desc = "The other gets the slot, and sees what the one before it wrote.")
@Outcome(
        id = "false, 0, true",
        expect = ACCEPTABLE,
        desc = "The other came too early; whoever comes next gets the slot.")
@Outcome(expect = FORBIDDEN, desc = "The slot is lost, or there twice, or taken before the one who had it was done.")
@State
public class ASlotGivenBackIsSeenByTheNext {

    private final Bulkhead bulkhead = Bulkhead.of("bulkhead", c -> c.maxConcurrentCalls(1));
    private final Permit permit = bulkhead.acquirePermit();
    private int written;

    @Actor
    public void leaves() {
        written = 1;
        permit.release();
    }

    @Actor
    public void comes(ZIZ_Result r) {
        r.r1 = !bulkhead.tryAcquirePermit().isRejected();
        r.r2 = r.r1 ? written : 0;
    }

    @Arbiter
    public void afterwards(ZIZ_Result r) {
        r.r3 = !bulkhead.tryAcquirePermit().isRejected();
    }
}
