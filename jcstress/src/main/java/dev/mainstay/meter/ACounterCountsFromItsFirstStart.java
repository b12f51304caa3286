package dev.mainstay.meter;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

@JCStressTest
@Description("Two readers start a counter at the same time, and each counts one when it has done so.")
@Outcome(id = "2", expect = ACCEPTABLE, desc = "Both are counted.")
@Outcome(expect = FORBIDDEN, desc = "One was counted in a number that was thrown away.")
@State
public class ACounterCountsFromItsFirstStart {

    private final CallCounter counter = new CallCounter();

    @Actor
    public void first() {
        counter.start();
        counter.increment();
    }

    @Actor
    public void second() {
        counter.start();
        counter.increment();
    }

    @Arbiter
    public void afterwards(J_Result r) {
        r.r1 = counter.getAsLong();
    }
}
