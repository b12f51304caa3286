package dev.mainstay.breaker;

import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.breaker.StateMachine.Trigger;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.TimeSource;
import java.time.Duration;

/**
 * Goes once through what seldom happens to a breaker, so that its classes and call sites are there when it does. What
 * the JVM fails to initialise or link at the end of a stack fails for ever after.
 */
final class Rehearsal {

    private Rehearsal() {}

    static void run() {
        CircuitBreakerConfig config = CircuitBreakerConfig.builder()
                .waitDurationInOpenState(Duration.ofSeconds(1))
                .consecutiveFailures(1)
                .permittedNumberOfCallsInHalfOpenState(1)
                .build();
        StateMachine machine = new StateMachine(
                "rehearsal", new Settings(config), change -> change.getAsBoolean(), TransitionLog::rehearse);
        TimeSource time = machine.time();
        machine.open(
                machine.snapshot().generation,
                StateChanged.Why.FAILURE_RATE,
                failing(machine.snapshot()),
                time.nanoTime(),
                trigger());
        for (Verdict verdict : new Verdict[] {Verdict.IGNORED, Verdict.ERROR, Verdict.SUCCESS}) {
            long later = time.nanoTime() + machine.snapshot().generation.waitNanos;
            BreakerSnapshot halfOpen = machine.settle(later, null);
            long permit = machine.admitProbe(halfOpen, later);
            machine.probeEnded(
                    halfOpen.generation, BreakerSnapshot.probeOf(permit), verdict, false, 1, later, trigger());
        }
        Tally slow = Window.of(SlidingWindow.ofTime(Duration.ofSeconds(1)), 0).recordBad(true, true, 0);
        String ignored = new OpenRejection("rehearsal", RejectionReason.OPEN, 1, State.OPEN, 1, slow, false)
                .toException()
                .getMessage();
        for (State state : State.values()) {
            Object unused = CircuitBreaker.reasonOf(state);
        }
        long unusedWait = machine.snapshot().generation.retryAfterNanos(0);
        machine.reset();
    }

    private static Tally failing(BreakerSnapshot snapshot) {
        Window window = snapshot.window;
        return window == null ? Tally.NOTHING : window.recordBad(true, false, 0);
    }

    private static Trigger trigger() {
        return new Trigger(null, new IllegalStateException("rehearsal"));
    }
}
