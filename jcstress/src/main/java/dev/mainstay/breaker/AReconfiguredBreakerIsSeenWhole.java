package dev.mainstay.breaker;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

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
@Description("A breaker gets other options, made just before, while a call reads all that it needs to know.")
@Outcome(id = "1, 2, false, last 5 calls", expect = ACCEPTABLE, desc = "The old options.")
@Outcome(id = "3, 4, true, last 1s in 10 buckets", expect = ACCEPTABLE, desc = "The new options, with their window.")
@Outcome(expect = FORBIDDEN, desc = "A mixture of both, or a part that was not there yet.")
@State
public class AReconfiguredBreakerIsSeenWhole {

    private static final HandTime TIME = new HandTime();
    private static final Settings OLD = settings(1, 2, SlidingWindow.ofCalls(5));

    private final StateMachine machine = new StateMachine("breaker", OLD, BooleanSupplier::getAsBoolean, event -> {});

    private static Settings settings(int probes, int minimum, SlidingWindow window) {
        return new Settings(CircuitBreakerConfig.builder()
                .timeSource(TIME)
                .permittedNumberOfCallsInHalfOpenState(probes)
                .minimumNumberOfCalls(minimum)
                .slidingWindow(window)
                .build());
    }

    @Actor
    public void reconfigures() {
        boolean ignored = machine.reconfigure(OLD, settings(3, 4, SlidingWindow.ofTime(Duration.ofSeconds(1), 10)));
    }

    @Actor
    public void calls(LLLL_Result r) {
        BreakerSnapshot snapshot = machine.snapshot();
        r.r1 = snapshot.settings.probes;
        r.r2 = snapshot.settings.minimumCalls;
        r.r3 = snapshot.window instanceof TimeWindow;
        r.r4 = snapshot.settings.config.slidingWindow().toString();
    }
}
