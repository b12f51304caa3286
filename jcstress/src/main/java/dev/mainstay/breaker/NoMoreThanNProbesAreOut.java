package dev.mainstay.breaker;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.Permit;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.time.HandTime;
import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.ZZL_Result;

/** Half-open, with one probe allowed. */
public class NoMoreThanNProbesAreOut {

    /** No test itself. */
    private NoMoreThanNProbesAreOut() {}

    @JCStressTest
    @Description("Two calls come when the wait is over: one of them makes it half-open, and one of them is the probe.")
    @Outcome(id = "true, false, HALF_OPEN", expect = ACCEPTABLE, desc = "The first is the probe.")
    @Outcome(id = "false, true, HALF_OPEN", expect = ACCEPTABLE, desc = "The second is the probe.")
    @Outcome(expect = FORBIDDEN, desc = "Two probes, or none.")
    @org.openjdk.jcstress.annotations.State
    public static class AfterTheWait {

        private final CircuitBreaker breaker = afterTheWait();

        @Actor
        public void first(ZZL_Result r) {
            r.r1 = !breaker.tryAcquirePermit().isRejected();
        }

        @Actor
        public void second(ZZL_Result r) {
            r.r2 = !breaker.tryAcquirePermit().isRejected();
        }

        @Arbiter
        public void afterwards(ZZL_Result r) {
            r.r3 = breaker.state();
        }
    }

    @JCStressTest
    @Description("The probe says nothing and gives its place back while another call comes.")
    @Outcome(id = "true, false, HALF_OPEN", expect = ACCEPTABLE, desc = "The other is the probe.")
    @Outcome(
            id = "false, true, HALF_OPEN",
            expect = ACCEPTABLE,
            desc = "The other came too early; the next is the probe.")
    @Outcome(expect = FORBIDDEN, desc = "The place is there twice, or lost for ever.")
    @org.openjdk.jcstress.annotations.State
    public static class GivenBack {

        private final CircuitBreaker breaker = afterTheWait();
        private final Permit probe = breaker.acquirePermit();

        @Actor
        public void probe() {
            probe.release();
        }

        @Actor
        public void comes(ZZL_Result r) {
            r.r1 = !breaker.tryAcquirePermit().isRejected();
        }

        @Arbiter
        public void afterwards(ZZL_Result r) {
            r.r2 = !breaker.tryAcquirePermit().isRejected();
            r.r3 = breaker.state();
        }
    }

    private static CircuitBreaker afterTheWait() {
        HandTime time = new HandTime();
        CircuitBreaker breaker = CircuitBreaker.of(
                "breaker",
                c -> c.timeSource(time)
                        .initialState(State.OPEN)
                        .waitDurationInOpenState(Duration.ofSeconds(1))
                        .permittedNumberOfCallsInHalfOpenState(1));
        time.advance(1_000_000_000L);
        return breaker;
    }
}
