package dev.mainstay.breaker;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.Permit;
import dev.mainstay.jcstress.Failure;
import dev.mainstay.time.HandTime;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** A success begins the row anew, but does not take back what a failure before it is reason enough for. */
@JCStressTest
@Description("A failure, which is reason enough to open, ends while another call succeeds.")
@Outcome(id = "OPEN", expect = ACCEPTABLE, desc = "One failure is a row of one, whenever the success ended.")
@Outcome(expect = FORBIDDEN, desc = "The success has ended the row before the failure could look at it.")
@State
public class AFailureInARowIsNotUndone {

    private static final CircuitBreakerConfig CONFIG = CircuitBreakerConfig.builder()
            .timeSource(new HandTime())
            .consecutiveFailures(1)
            .build();

    private final CircuitBreaker breaker = CircuitBreaker.of("breaker", CONFIG);
    private final Permit first = breaker.acquirePermit();
    private final Permit second = breaker.acquirePermit();

    @Actor
    public void succeeds() {
        first.success("done");
    }

    @Actor
    public void fails() {
        second.failure(new Failure());
    }

    @Arbiter
    public void afterwards(L_Result r) {
        r.r1 = breaker.state();
    }
}
