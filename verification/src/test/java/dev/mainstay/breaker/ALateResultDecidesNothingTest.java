package dev.mainstay.breaker;

import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.StandingTime;
import dev.mainstay.time.TimeSource;
import dev.mainstay.verification.Exploration;
import java.time.Duration;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.junit.jupiter.api.Test;

/**
 * The result of a call counts for the stay in the state that admitted the call, or not at all: neither the failure of a
 * probe nor that of an ordinary call opens a breaker that was closed anew since, and a success closes none that has
 * opened again.
 */
@Param(name = "thread", gen = ThreadIdGen.class)
public class ALateResultDecidesNothingTest {

    private static final long NONE = -1;

    private final StandingTime time = new StandingTime();
    private final CircuitBreaker breaker = CircuitBreaker.of(
            "breaker",
            c -> c.permittedNumberOfCallsInHalfOpenState(1)
                    .slidingWindowSize(2)
                    .minimumNumberOfCalls(1)
                    .failureRateThreshold(1)
                    .waitDurationInOpenState(Duration.ofNanos(100))
                    .timeSource(time));
    private final long[] permits = new long[8];

    public ALateResultDecidesNothingTest() {
        for (int thread = 0; thread < permits.length; thread++) {
            permits[thread] = breaker.tryEnter(CallContext.plain(), time.nanoTime());
        }
        breaker.transitionToOpenState();
        time.advance(100);
    }

    @Operation
    public boolean enter(@Param(name = "thread") int thread) {
        if (permits[thread] == NONE) {
            permits[thread] = Math.max(NONE, breaker.tryEnter(CallContext.plain(), time.nanoTime()));
            return permits[thread] != NONE;
        }
        return false;
    }

    @Operation
    public void succeed(@Param(name = "thread") int thread) {
        end(thread, Verdict.SUCCESS);
    }

    @Operation
    public void fail(@Param(name = "thread") int thread) {
        end(thread, Verdict.ERROR);
    }

    private void end(int thread, Verdict verdict) {
        if (permits[thread] != NONE) {
            breaker.exit(permits[thread], time.nanoTime(), TimeSource.UNREAD, verdict, CallContext.plain(), null, null);
            permits[thread] = NONE;
        }
    }

    @Operation
    public void reset() {
        breaker.reset();
    }

    @Operation
    public void open() {
        breaker.transitionToOpenState();
    }

    @Operation
    public State state() {
        return breaker.state();
    }

    @Test
    void inEverySchedule() {
        Exploration.matches(
                getClass(), Specification.class, Exploration.options().actorsPerThread(3));
    }

    /** It was closed, and each thread has a call in it; it opened, and is half-open. */
    public static class Specification {

        private static final int NOT_IN = 0;

        private State state = State.HALF_OPEN;
        private int generation = 3;
        private boolean probeOut;

        /** The generation that admitted each thread's call. */
        private final int[] admitted = {1, 1, 1, 1, 1, 1, 1, 1};

        public boolean enter(int thread) {
            if (admitted[thread] != NOT_IN || state == State.OPEN || probeOut) {
                return false;
            }
            probeOut = state == State.HALF_OPEN;
            admitted[thread] = generation;
            return true;
        }

        public void succeed(int thread) {
            if (leavesItsGeneration(thread) && state == State.HALF_OPEN) {
                become(State.CLOSED);
            }
        }

        public void fail(int thread) {
            if (leavesItsGeneration(thread)) {
                become(State.OPEN);
            }
        }

        private boolean leavesItsGeneration(int thread) {
            boolean counts = admitted[thread] == generation;
            admitted[thread] = NOT_IN;
            return counts;
        }

        public void reset() {
            become(State.CLOSED);
        }

        public void open() {
            if (state != State.OPEN) {
                become(State.OPEN);
            }
        }

        public State state() {
            return state;
        }

        private void become(State next) {
            state = next;
            generation++;
            probeOut = false;
        }
    }
}
