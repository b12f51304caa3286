package dev.mainstay.breaker;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.Permit;
import dev.mainstay.jcstress.Failure;
import dev.mainstay.time.HandTime;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LI_Result;

@JCStressTest
@Description("Two calls fail, and both together are reason enough to open.")
@Outcome(id = "OPEN, 1", expect = ACCEPTABLE, desc = "Whoever was last has opened it, and told.")
@Outcome(id = "CLOSED, 0", expect = FORBIDDEN, desc = "Each has taken itself for the first.")
@Outcome(expect = FORBIDDEN, desc = "It was told twice, or not at all.")
@State
public class ATransitionIsToldOnce {

    private static final CircuitBreakerConfig CONFIG = CircuitBreakerConfig.builder()
            .timeSource(new HandTime())
            .slidingWindowSize(2)
            .minimumNumberOfCalls(2)
            .failureRateThreshold(100)
            .build();

    private final CircuitBreaker breaker = CircuitBreaker.of("breaker", CONFIG);
    private final AtomicInteger told = new AtomicInteger();
    private final Permit first = breaker.acquirePermit();
    private final Permit second = breaker.acquirePermit();

    public ATransitionIsToldOnce() {
        breaker.subscribe(StateChanged.class, event -> told.incrementAndGet());
    }

    @Actor
    public void first() {
        first.failure(new Failure());
    }

    @Actor
    public void second() {
        second.failure(new Failure());
    }

    @Arbiter
    public void afterwards(LI_Result r) {
        r.r1 = breaker.state();
        r.r2 = told.get();
    }
}
