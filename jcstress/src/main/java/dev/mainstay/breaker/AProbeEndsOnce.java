package dev.mainstay.breaker;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.HandTime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LI_Result;

/** Half-open: the ends of the probes decide, and one of them brings the decision about. */
public class AProbeEndsOnce {

    private static final long SECOND = 1_000_000_000L;

    /** No test itself. */
    private AProbeEndsOnce() {}

    @JCStressTest
    @Description("The only probe succeeds in time while somebody finds that its time is up.")
    @Outcome(id = "CLOSED, 1", expect = ACCEPTABLE, desc = "It has succeeded.")
    @Outcome(id = "OPEN, 1", expect = ACCEPTABLE, desc = "Its time was up, and what it says comes too late.")
    @Outcome(expect = FORBIDDEN, desc = "It counts twice or not at all.")
    @State
    public static class SuccessOrExpiry {

        private final HalfOpen breaker = new HalfOpen(1, 1);

        @Actor
        public void succeeds() {
            breaker.ends(1, Verdict.SUCCESS, 0);
        }

        @Actor
        public void looks() {
            breaker.machine.settle(SECOND, null);
        }

        @Arbiter
        public void afterwards(LI_Result r) {
            breaker.tell(r);
        }
    }

    @JCStressTest
    @Description("Two probes of two succeed.")
    @Outcome(id = "CLOSED, 1", expect = ACCEPTABLE, desc = "The second to end closes the breaker.")
    @Outcome(expect = FORBIDDEN, desc = "One was overwritten by the other, or each was taken for the last.")
    @State
    public static class TwoSuccesses {

        private final HalfOpen breaker = new HalfOpen(2, 2);

        @Actor
        public void first() {
            breaker.ends(1, Verdict.SUCCESS, 0);
        }

        @Actor
        public void second() {
            breaker.ends(2, Verdict.SUCCESS, 0);
        }

        @Arbiter
        public void afterwards(LI_Result r) {
            breaker.tell(r);
        }
    }

    @JCStressTest
    @Description("One of two probes succeeds and the other.")
    @Outcome(id = "OPEN, 1", expect = ACCEPTABLE, desc = "Half of them failed, whichever was first.")
    @Outcome(expect = FORBIDDEN, desc = "One was overwritten by the other, or each was taken for the last.")
    @State
    public static class SuccessAndFailure {

        private final HalfOpen breaker = new HalfOpen(2, 2);

        @Actor
        public void succeeds() {
            breaker.ends(1, Verdict.SUCCESS, 0);
        }

        @Actor
        public void fails() {
            breaker.ends(2, Verdict.ERROR, 0);
        }

        @Arbiter
        public void afterwards(LI_Result r) {
            breaker.tell(r);
        }
    }

    private static final class HalfOpen {

        private static final HandTime TIME = new HandTime();
        private static final Settings ONE = settings(1);
        private static final Settings TWO = settings(2);

        private final AtomicInteger told = new AtomicInteger();
        private final Generation generation;
        final StateMachine machine;

        HalfOpen(int probes, int out) {
            machine = new StateMachine(
                    "breaker", probes == 1 ? ONE : TWO, BooleanSupplier::getAsBoolean, event -> told.incrementAndGet());
            machine.set(CircuitBreaker.State.OPEN);
            generation = machine.settle(SECOND, null).generation;
            for (int i = 0; i < out; i++) {
                machine.admitProbe(machine.snapshot(), 0);
            }
            told.set(0);
        }

        private static Settings settings(int probes) {
            return new Settings(CircuitBreakerConfig.builder()
                    .timeSource(TIME)
                    .waitDurationInOpenState(Duration.ofSeconds(1))
                    .permittedNumberOfCallsInHalfOpenState(probes)
                    .maxWaitDurationInHalfOpenState(Duration.ofSeconds(1))
                    .build());
        }

        void ends(long number, Verdict verdict, long now) {
            machine.probeEnded(
                    generation, number, verdict, false, -1, now, new StateMachine.Trigger(CallContext.plain(), null));
        }

        void tell(LI_Result r) {
            r.r1 = machine.snapshot().generation.state;
            r.r2 = told.get();
        }
    }
}
