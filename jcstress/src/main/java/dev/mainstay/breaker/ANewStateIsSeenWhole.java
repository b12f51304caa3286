package dev.mainstay.breaker;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.call.CallContext;
import dev.mainstay.time.HandTime;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLLL_Result;

@JCStressTest
@Description("A breaker opens while a call reads all that it needs to know.")
@Outcome(id = "CLOSED, 0, 0, false", expect = ACCEPTABLE, desc = "Closed: the call is let in.")
@Outcome(
        id = "OPEN, 1000000000, 3, true",
        expect = ACCEPTABLE,
        desc = "Open, with the wait and the numbers that opened it.")
@Outcome(
        expect = FORBIDDEN,
        desc = "Open without the numbers, or let in although it is open, or a part that was not there yet.")
@State
public class ANewStateIsSeenWhole {

    private static final HandTime TIME = new HandTime();
    private static final Settings SETTINGS = new Settings(CircuitBreakerConfig.builder()
            .timeSource(TIME)
            .waitDurationInOpenState(Duration.ofSeconds(1))
            .build());

    private final StateMachine machine =
            new StateMachine("breaker", SETTINGS, BooleanSupplier::getAsBoolean, event -> {});
    private final Generation closed = machine.snapshot().generation;

    @Actor
    public void opens() {
        machine.open(
                closed,
                StateChanged.Why.FAILURE_RATE,
                new Tally(4, 3, 0, 0),
                0,
                new StateMachine.Trigger(CallContext.plain(), null));
    }

    @Actor
    public void calls(LLLL_Result r) {
        BreakerSnapshot snapshot = machine.snapshot();
        r.r1 = snapshot.generation.state;
        r.r2 = snapshot.generation.waitNanos;
        r.r3 = snapshot.generation.openedBy.failures();
        r.r4 = snapshot.permit < 0;
    }
}
