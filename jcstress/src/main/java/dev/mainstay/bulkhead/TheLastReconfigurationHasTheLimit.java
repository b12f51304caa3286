package dev.mainstay.bulkhead;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

@JCStressTest
@Description("Two set other options at the same time.")
@Outcome(id = "2, 2", expect = ACCEPTABLE, desc = "The first was the last.")
@Outcome(id = "3, 3", expect = ACCEPTABLE, desc = "The second was the last.")
@Outcome(expect = FORBIDDEN, desc = "It says one limit and keeps the other.")
@State
public class TheLastReconfigurationHasTheLimit {

    private static final BulkheadConfig TWO =
            BulkheadConfig.builder().maxConcurrentCalls(2).build();
    private static final BulkheadConfig THREE =
            BulkheadConfig.builder().maxConcurrentCalls(3).build();

    private final Bulkhead bulkhead = Bulkhead.of("bulkhead", c -> c.maxConcurrentCalls(1));

    @Actor
    public void first() {
        bulkhead.reconfigure(TWO);
    }

    @Actor
    public void second() {
        bulkhead.reconfigure(THREE);
    }

    @Arbiter
    public void afterwards(II_Result r) {
        r.r1 = bulkhead.config().maxConcurrentCalls();
        r.r2 = bulkhead.limit();
    }
}
