package dev.mainstay.jcstress.seeded;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZI_Result;

/** A bug on purpose: looking and taking are two steps. */
@JCStressTest
@Description("Two calls come to a bulkhead with one slot, which looks first and counts then.")
@Outcome(id = "true, false, 1", expect = ACCEPTABLE, desc = "The first has the slot.")
@Outcome(id = "false, true, 1", expect = ACCEPTABLE, desc = "The second has the slot.")
@Outcome(expect = FORBIDDEN, desc = "More calls than slots.")
@State
public class ASlotIsTakenAfterALook {

    private volatile int inUse;

    @Actor
    public void first(ZZI_Result r) {
        r.r1 = tryTake();
    }

    @Actor
    public void second(ZZI_Result r) {
        r.r2 = tryTake();
    }

    @SuppressWarnings("NonAtomicVolatileUpdate")
    private boolean tryTake() {
        if (inUse == 1) {
            return false;
        }
        inUse++;
        return true;
    }

    @Arbiter
    public void afterwards(ZZI_Result r) {
        r.r3 = inUse;
    }
}
