package dev.mainstay;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.time.HandTime;
import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLLL_Result;

@JCStressTest
@Description("The time of a call on its caller's thread is up while the call ends.")
@Outcome(id = "done, false, false, 0", expect = ACCEPTABLE, desc = "In time: the result, and no interrupt.")
@Outcome(
        id = "timed out, false, false, 1",
        expect = ACCEPTABLE,
        desc = "Too late: the exception, the result discarded, and the interrupt cleared.")
@Outcome(
        expect = FORBIDDEN,
        desc = "An interrupt is left behind for what the thread does next, or comes later; or a result is both given"
                + " and discarded.")
@State
public class AnInterruptNeverOutlivesItsTimeLimit {

    private final HandTime time = new HandTime();
    private int discarded;
    private final TimeLimiter limiter = TimeLimiter.of(
            "limit",
            c -> c.timeSource(time).timeoutDuration(Duration.ofNanos(1)).onDiscard(result -> discarded++));

    @Actor
    public void caller(LLLL_Result r) {
        // One that was delivered after the call before this one, on the same thread.
        boolean before = Thread.interrupted();
        Object outcome;
        try {
            outcome = limiter.call(() -> "done");
        } catch (CallTimeoutException e) {
            outcome = "timed out";
        }
        r.r1 = outcome;
        r.r2 = before;
        r.r3 = Thread.interrupted();
        r.r4 = discarded;
    }

    @Actor
    public void timer() {
        time.fireSoon();
    }
}
