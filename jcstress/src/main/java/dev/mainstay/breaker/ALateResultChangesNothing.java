package dev.mainstay.breaker;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.Permit;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.jcstress.Failure;
import dev.mainstay.time.HandTime;
import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.LJ_Result;

/** A result counts for the stay in the state that admitted its call, or not at all. */
public class ALateResultChangesNothing {

    private static final HandTime TIME = new HandTime();

    /** No test itself. */
    private ALateResultChangesNothing() {}

    @JCStressTest
    @Description("A call, whose failure opens the breaker, fails while somebody resets it.")
    @Outcome(
            id = "CLOSED, 0",
            expect = ACCEPTABLE,
            desc = "The failure was before the reset, or of no interest any more.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "The failure of a call from before the reset has opened the breaker, or counts, after it.")
    @org.openjdk.jcstress.annotations.State
    public static class Reset {

        private final CircuitBreaker breaker = CircuitBreaker.of("breaker", OPENS_AT_ONCE);
        private final Permit permit = breaker.acquirePermit();

        @Actor
        public void fails() {
            permit.failure(new Failure());
        }

        @Actor
        public void resets() {
            breaker.reset();
        }

        @Arbiter
        public void afterwards(LJ_Result r) {
            r.r1 = breaker.state();
            r.r2 = breaker.tally().calls();
        }
    }

    @JCStressTest
    @Description("The only probe succeeds while somebody forces the breaker open.")
    @Outcome(id = "FORCED_OPEN, 0", expect = ACCEPTABLE, desc = "What was said by hand stands.")
    @Outcome(expect = FORBIDDEN, desc = "The probe has closed what was forced open.")
    @org.openjdk.jcstress.annotations.State
    public static class ForcedOpen {

        private final CircuitBreaker breaker = CircuitBreaker.of("breaker", HALF_OPEN);
        private final Permit permit = breaker.acquirePermit();

        @Actor
        public void succeeds() {
            permit.success("done");
        }

        @Actor
        public void forces() {
            breaker.transitionToForcedOpenState();
        }

        @Arbiter
        public void afterwards(LJ_Result r) {
            r.r1 = breaker.state();
            r.r2 = breaker.tally().calls();
        }
    }

    private static final CircuitBreakerConfig OPENS_AT_ONCE = CircuitBreakerConfig.builder()
            .timeSource(TIME)
            .consecutiveFailures(1)
            .build();

    private static final CircuitBreakerConfig HALF_OPEN = CircuitBreakerConfig.builder()
            .timeSource(TIME)
            .initialState(State.HALF_OPEN)
            .waitDurationInOpenState(Duration.ofSeconds(1))
            .permittedNumberOfCallsInHalfOpenState(1)
            .build();
}
