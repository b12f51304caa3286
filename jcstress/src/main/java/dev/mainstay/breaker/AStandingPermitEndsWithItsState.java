package dev.mainstay.breaker;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.outcome.CallRejectedException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

@JCStressTest
@Description(
        "A healthy breaker, which is not asked about each call, is opened while a call comes in that can see whether it"
                + " is.")
@Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The call came first.")
@Outcome(id = "false, false", expect = ACCEPTABLE, desc = "It was opened in between.")
@Outcome(id = "true, false", expect = ACCEPTABLE, desc = "It was open.")
@Outcome(
        id = "true, true",
        expect = FORBIDDEN,
        desc = "The call was let in although it could see that the breaker is open.")
@State
public class AStandingPermitEndsWithItsState {

    private final CircuitBreaker breaker = CircuitBreaker.of(
            "breaker", c -> c.slidingWindowSize(2).minimumNumberOfCalls(2).failureRateThreshold(100));
    private volatile boolean opened;

    public AStandingPermitEndsWithItsState() {
        for (int i = 0; i < 3; i++) {
            breaker.run(() -> {});
        }
    }

    @Actor
    public void opens() {
        breaker.transitionToOpenState();
        opened = true;
    }

    @Actor
    public void calls(ZZ_Result r) {
        r.r1 = opened;
        try {
            breaker.run(() -> {});
            r.r2 = true;
        } catch (CallRejectedException rejection) {
            r.r2 = false;
        }
    }
}
