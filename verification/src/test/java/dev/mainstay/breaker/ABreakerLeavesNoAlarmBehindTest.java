package dev.mainstay.breaker;

import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.call.CallContext;
import dev.mainstay.time.StandingTime;
import dev.mainstay.verification.Exploration;
import java.time.Duration;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * A breaker that is to become half-open by itself does, whoever else changes its state or its options meanwhile: as
 * long as it waits for something the timer holds one task for it, and none any more once it does not.
 */
public class ABreakerLeavesNoAlarmBehindTest {

    private static final long WAIT = 100;

    private final StandingTime time = new StandingTime();
    private final CircuitBreakerConfig config = config(1_000);
    private final CircuitBreakerConfig other = config(500);
    private final CircuitBreaker breaker = CircuitBreaker.of("breaker", config);

    private CircuitBreakerConfig config(long probeNanos) {
        return CircuitBreakerConfig.builder()
                .automaticTransitionFromOpenToHalfOpen(true)
                .permittedNumberOfCallsInHalfOpenState(1)
                .waitDurationInOpenState(Duration.ofNanos(WAIT))
                .maxWaitDurationInHalfOpenState(Duration.ofNanos(probeNanos))
                .timeSource(time)
                .build();
    }

    @Operation
    public void open() {
        breaker.transitionToOpenState();
    }

    @Operation
    public void close() {
        breaker.transitionToClosedState();
    }

    @Operation
    public void reconfigure() {
        breaker.reconfigure(other);
    }

    @Operation
    public void letTimePass() {
        time.advance(WAIT);
    }

    /** A probe, if it is half-open, that never ends. */
    @Operation
    public void enter() {
        breaker.tryEnter(CallContext.plain(), time.nanoTime());
    }

    @Validate
    public void oneTaskOrNone() {
        time.advance(0);
        State state = breaker.state();
        boolean waits = state == State.OPEN || (state == State.HALF_OPEN && breaker.retryAfter() == null);
        Exploration.require(time.pending() == (waits ? 1 : 0), waits ? "nobody wakes it" : "a task is left behind");
    }

    @Test
    void inEverySchedule() {
        Exploration.settles(getClass());
    }
}
