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
import org.openjdk.jcstress.infra.results.LZ_Result;

@JCStressTest
@Description("A breaker that a timer makes half-open is opened while somebody resets it.")
@Outcome(id = "OPEN, true", expect = ACCEPTABLE, desc = "Reset and then opened: the timer is set.")
@Outcome(
        id = "CLOSED, false",
        expect = ACCEPTABLE,
        desc = "Opened and then reset: the timer knows nothing of it any more.")
@Outcome(id = "OPEN, false", expect = FORBIDDEN, desc = "Nothing will make it half-open.")
@Outcome(expect = FORBIDDEN, desc = "The timer keeps what is over.")
@State
public class AnAlarmEndsWithItsState {

    private final HandTime time = new HandTime();
    private final CircuitBreaker breaker =
            CircuitBreaker.of("breaker", c -> c.timeSource(time).automaticTransitionFromOpenToHalfOpen(true));

    @Actor
    public void opens() {
        breaker.transitionToOpenState();
    }

    @Actor
    public void resets() {
        breaker.reset();
    }

    @Arbiter
    public void afterwards(LZ_Result r) {
        r.r1 = breaker.state();
        r.r2 = time.isArmed();
    }
}
