package dev.mainstay.breaker;

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
@Description("Two threads count, and may meet, whereupon each gets a place of its own.")
@Outcome(id = "6", expect = ACCEPTABLE, desc = "All are counted.")
@Outcome(expect = FORBIDDEN, desc = "One was lost when they parted, or counted twice.")
@State
public class AStripedCountIsExact {

    private final StripedBuckets buckets = new StripedBuckets(1, 1_000_000);

    @Actor
    public void first() {
        buckets.add(0);
        buckets.add(0);
        buckets.add(0);
    }

    @Actor
    public void second() {
        buckets.add(0);
        buckets.add(0);
        buckets.add(0);
    }

    @Arbiter
    public void afterwards(J_Result r) {
        r.r1 = buckets.sum(0, Long.MAX_VALUE);
    }
}
