package dev.mainstay.breaker;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.time.HandTime;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LI_Result;

@JCStressTest
@Description("A breaker is forced open while it gets other options.")
@Outcome(id = "FORCED_OPEN, 7", expect = ACCEPTABLE, desc = "Both were done, whichever was first.")
@Outcome(expect = FORBIDDEN, desc = "One was overwritten by the other.")
@State
public class AStateSetByHandSurvivesAReconfiguration {

    private static final CircuitBreakerConfig BEFORE =
            CircuitBreakerConfig.builder().timeSource(new HandTime()).build();
    private static final CircuitBreakerConfig AFTER =
            BEFORE.toBuilder().minimumNumberOfCalls(7).build();

    private final CircuitBreaker breaker = CircuitBreaker.of("breaker", BEFORE);

    @Actor
    public void forces() {
        breaker.transitionToForcedOpenState();
    }

    @Actor
    public void reconfigures() {
        breaker.reconfigure(AFTER);
    }

    @Arbiter
    public void afterwards(LI_Result r) {
        r.r1 = breaker.state();
        r.r2 = breaker.config().minimumNumberOfCalls();
    }
}
