package dev.mainstay.ratelimit;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.time.HandTime;
import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZI_Result;

/** In a moment in which no permit comes back. */
public class ALimiterGrantsNoMoreThanItsPermits {

    private static final HandTime TIME = new HandTime();
    private static final RateLimit SMOOTH = RateLimit.smooth(1, Duration.ofSeconds(1));
    private static final RateLimit WINDOW = RateLimit.atMost(1, Duration.ofSeconds(1));
    private static final RateLimit MORE = RateLimit.atMost(2, Duration.ofSeconds(1));

    /** No test itself. */
    private ALimiterGrantsNoMoreThanItsPermits() {}

    @JCStressTest
    @Description("Two calls come to a limiter with one permit left: a smooth rate.")
    @Outcome(id = "true, false, 0", expect = ACCEPTABLE, desc = "The first has the permit.")
    @Outcome(id = "false, true, 0", expect = ACCEPTABLE, desc = "The second has the permit.")
    @Outcome(expect = FORBIDDEN, desc = "More permits than there are, or none although there is one.")
    @State
    public static class Smooth {

        private final RateLimiter limiter = limiter(SMOOTH);

        @Actor
        public void first(ZZI_Result r) {
            r.r1 = limiter.tryAcquire();
        }

        @Actor
        public void second(ZZI_Result r) {
            r.r2 = limiter.tryAcquire();
        }

        @Arbiter
        public void afterwards(ZZI_Result r) {
            r.r3 = limiter.remaining();
        }
    }

    @JCStressTest
    @Description("Two calls come to a limiter with one permit left: an exact window.")
    @Outcome(id = "true, false, 0", expect = ACCEPTABLE, desc = "The first has the permit.")
    @Outcome(id = "false, true, 0", expect = ACCEPTABLE, desc = "The second has the permit.")
    @Outcome(expect = FORBIDDEN, desc = "More permits than there are, or none although there is one.")
    @State
    public static class Window {

        private final RateLimiter limiter = limiter(WINDOW);

        @Actor
        public void first(ZZI_Result r) {
            r.r1 = limiter.tryAcquire();
        }

        @Actor
        public void second(ZZI_Result r) {
            r.r2 = limiter.tryAcquire();
        }

        @Arbiter
        public void afterwards(ZZI_Result r) {
            r.r3 = limiter.remaining();
        }
    }

    @JCStressTest
    @Description("Two calls come to a limiter with two limits, of which the first has two permits, and the second one;"
            + " afterwards the second limit is lifted.")
    @Outcome(
            id = "true, false, 1",
            expect = ACCEPTABLE,
            desc = "The first has a permit of both limits, and the other of neither.")
    @Outcome(
            id = "false, true, 1",
            expect = ACCEPTABLE,
            desc = "The second has a permit of both limits, and the other of neither.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "More permits than there are, or none although there is one; or what was taken under one limit has"
                    + " not gone back when the other rejected.")
    @State
    public static class Both {

        private final RateLimiter limiter = limiter(MORE, SMOOTH);

        @Actor
        public void first(ZZI_Result r) {
            r.r1 = limiter.tryAcquire();
        }

        @Actor
        public void second(ZZI_Result r) {
            r.r2 = limiter.tryAcquire();
        }

        @Arbiter
        public void afterwards(ZZI_Result r) {
            limiter.reconfigure(limiter.config().toBuilder().limits(MORE).build());
            r.r3 = limiter.remaining();
        }
    }

    private static RateLimiter limiter(RateLimit... limits) {
        return RateLimiter.of("limiter", c -> c.timeSource(TIME).limits(limits));
    }
}
