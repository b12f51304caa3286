package dev.mainstay.breaker;

import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.StandingTime;
import dev.mainstay.time.TimeSource;
import dev.mainstay.verification.Exploration;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * A half-open breaker has at most so many probes out or ended as it may, each of which counts once: as many successes
 * close it, one failure opens it, and a probe that says nothing gives its place back. A probe that never ends does not
 * hold it up for ever.
 */
@Param(name = "thread", gen = ThreadIdGen.class)
public class AtMostNProbesAreAdmittedTest {

    private static final int PROBES = 2;
    private static final long NONE = -1;

    private final StandingTime time = new StandingTime();
    private final CircuitBreaker breaker = CircuitBreaker.of(
            "breaker",
            c -> c.permittedNumberOfCallsInHalfOpenState(PROBES)
                    .singleFailedProbeReopens(true)
                    .waitDurationInOpenState(Duration.ofNanos(100))
                    .maxWaitDurationInHalfOpenState(Duration.ofNanos(1_000))
                    .timeSource(time));
    private final long[] permits = new long[8];

    public AtMostNProbesAreAdmittedTest() {
        Arrays.fill(permits, NONE);
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

    @Operation
    public void sayNothing(@Param(name = "thread") int thread) {
        end(thread, Verdict.IGNORED);
    }

    private void end(int thread, Verdict verdict) {
        if (permits[thread] != NONE) {
            breaker.exit(permits[thread], time.nanoTime(), TimeSource.UNREAD, verdict, CallContext.plain(), null, null);
            permits[thread] = NONE;
        }
    }

    @Operation
    public State state() {
        return breaker.state();
    }

    @Validate
    public void noProbeHoldsItUpForEver() {
        boolean held =
                breaker.state() == State.HALF_OPEN && Arrays.stream(permits).anyMatch(permit -> permit != NONE);
        time.advance(1_000);
        Exploration.require(!held || breaker.state() != State.HALF_OPEN, "half-open for ever");
    }

    @Test
    void inEverySchedule() {
        Exploration.matches(getClass(), Specification.class);
    }

    @Test
    void ofThreeThreads() {
        Exploration.matches(
                getClass(), Specification.class, Exploration.options().threads(3));
    }

    public static class Specification {

        private State state = State.HALF_OPEN;
        private final Set<Integer> out = new HashSet<>();
        private final Set<Integer> later = new HashSet<>();
        private int ended;

        public boolean enter(int thread) {
            if (out.contains(thread) || later.contains(thread)) {
                return false;
            }
            return switch (state) {
                case HALF_OPEN -> out.size() + ended < PROBES && out.add(thread);
                case CLOSED -> later.add(thread);
                default -> false;
            };
        }

        public void succeed(int thread) {
            if (isProbe(thread) && ++ended == PROBES) {
                state = State.CLOSED;
            }
        }

        public void fail(int thread) {
            if (isProbe(thread)) {
                state = State.OPEN;
            }
        }

        public void sayNothing(int thread) {
            isProbe(thread);
        }

        private boolean isProbe(int thread) {
            later.remove(thread);
            return out.remove(thread) && state == State.HALF_OPEN;
        }

        public State state() {
            return state;
        }
    }
}
