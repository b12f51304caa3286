package dev.mainstay.breaker;

import dev.mainstay.PolicyEvent;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.time.StandingTime;
import dev.mainstay.verification.Exploration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * A healthy breaker is neither asked about calls nor told of their success. Once it is in another state, has a failure
 * to remember, or somebody listens, no call begins or ends any more as if it were not so.
 */
class AStandingPermitEndsWithWhatItStoodForTest {

    @Test
    void withItsState() {
        Exploration.holds(() -> {
            CircuitBreaker breaker = healthy();
            AtomicBoolean opened = new AtomicBoolean();
            Exploration.together(
                    () -> {
                        breaker.transitionToOpenState();
                        opened.set(true);
                    },
                    () -> {
                        boolean late = opened.get();
                        Exploration.require(!succeeds(breaker) || !late, "a call was let in although it is open");
                    });
            Exploration.require(!succeeds(breaker), "a call was let in although it is open");
            breaker.transitionToClosedState();
            Exploration.require(succeeds(breaker), "no call was let in although it is closed");
            Exploration.require(breaker.tally().calls() == 1, "a call was not counted in the new state");
        });
    }

    @Test
    void withTheLastFailure() {
        Exploration.holds(() -> {
            CircuitBreaker breaker = healthy();
            AtomicBoolean failed = new AtomicBoolean();
            AtomicInteger later = new AtomicInteger();
            Exploration.together(
                    () -> {
                        fail(breaker);
                        failed.set(true);
                    },
                    () -> {
                        boolean late = failed.get();
                        succeeds(breaker);
                        later.addAndGet(late ? 1 : 0);
                    });
            succeeds(breaker);
            Exploration.require(
                    later.get() == 0 || breaker.tally().failures() == 0, "a success after the failure was not counted");
            succeeds(breaker);
            Exploration.require(breaker.tally().failures() == 0, "the failure stays for ever");
        });
    }

    @Test
    void withTheFirstListener() {
        Exploration.holds(() -> {
            CircuitBreaker breaker = healthy();
            AtomicBoolean listening = new AtomicBoolean();
            AtomicInteger heard = new AtomicInteger();
            AtomicInteger later = new AtomicInteger();
            Exploration.together(
                    () -> {
                        breaker.subscribe(PolicyEvent.CallEnded.class, event -> heard.incrementAndGet());
                        listening.set(true);
                    },
                    () -> {
                        boolean late = listening.get();
                        succeeds(breaker);
                        later.addAndGet(late ? 1 : 0);
                    });
            Exploration.require(heard.get() >= later.get(), "a call after the subscription was not told of");
            int before = heard.get();
            succeeds(breaker);
            Exploration.require(heard.get() == before + 1, "a call was not told of");
        });
    }

    @Test
    void ofTwoChangesTheLaterOne() {
        Exploration.holds(() -> {
            CircuitBreaker breaker = healthy();
            Exploration.together(
                    breaker::transitionToOpenState,
                    breaker::transitionToClosedState,
                    () -> breaker.subscribe(PolicyEvent.CallEnded.class, event -> {}));
            Exploration.require(
                    succeeds(breaker) == (breaker.state() == State.CLOSED),
                    "it lets calls in by another state than it is in");
        });
    }

    /** Two calls are looked back on, and both went well. */
    private static CircuitBreaker healthy() {
        StandingTime time = new StandingTime();
        CircuitBreaker breaker = CircuitBreaker.of(
                "breaker",
                c -> c.slidingWindowSize(2)
                        .minimumNumberOfCalls(2)
                        .failureRateThreshold(100)
                        .timeSource(time));
        for (int i = 0; i < 3; i++) {
            Exploration.require(succeeds(breaker), "it should be closed");
        }
        return breaker;
    }

    private static boolean succeeds(CircuitBreaker breaker) {
        try {
            breaker.run(() -> {});
            return true;
        } catch (CallRejectedException rejection) {
            return false;
        }
    }

    private static void fail(CircuitBreaker breaker) {
        try {
            breaker.run(() -> {
                throw new IllegalStateException("down");
            });
        } catch (IllegalStateException expected) {
            return;
        }
        throw new AssertionError("it should have failed");
    }
}
