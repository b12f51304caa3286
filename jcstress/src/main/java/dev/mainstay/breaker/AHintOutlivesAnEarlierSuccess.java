package dev.mainstay.breaker;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.Permit;
import dev.mainstay.outcome.RetryAfterHint;
import dev.mainstay.time.HandTime;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/**
 * A success that finds no failure in the window forgets what failures have asked for, but not what one asks for that is
 * just coming.
 */
@JCStressTest
@Description("A call succeeds while another fails that asks to be left alone for a minute, and opens the breaker.")
@Outcome(id = "60", expect = ACCEPTABLE, desc = "It is open for a minute.")
@Outcome(
        id = "1",
        expect = FORBIDDEN,
        desc = "It is open for the usual second: the success has made it forget the minute.")
@Outcome(expect = FORBIDDEN, desc = "It has not opened.")
@State
public class AHintOutlivesAnEarlierSuccess {

    private static final CircuitBreakerConfig CONFIG = CircuitBreakerConfig.builder()
            .timeSource(new HandTime())
            .slidingWindowSize(10)
            .consecutiveFailures(1)
            .waitDurationInOpenState(Duration.ofSeconds(1))
            .build();

    private final CircuitBreaker breaker = CircuitBreaker.of("breaker", CONFIG);
    private final Permit first = breaker.acquirePermit();
    private final Permit second = breaker.acquirePermit();

    @Actor
    public void succeeds() {
        first.success("done");
    }

    @Actor
    public void fails() {
        second.failure(new Busy());
    }

    @Arbiter
    public void afterwards(J_Result r) {
        Duration wait = breaker.retryAfter();
        r.r1 = wait == null ? -1 : wait.toSeconds();
    }

    private static final class Busy extends Exception implements RetryAfterHint {

        private static final long serialVersionUID = 1L;

        Busy() {
            super("busy", null, false, false);
        }

        @Override
        public @Nullable Duration retryAfter() {
            return Duration.ofMinutes(1);
        }
    }
}
