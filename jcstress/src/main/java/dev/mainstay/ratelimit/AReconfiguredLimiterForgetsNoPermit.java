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
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** The ledger is closed and its successor takes over what is owed, while others want to write into it. */
public class AReconfiguredLimiterForgetsNoPermit {

    private static final HandTime TIME = new HandTime();
    private static final RateLimiterConfig SMOOTH = config(RateLimit.smooth(1, Duration.ofSeconds(1)));
    private static final RateLimiterConfig SLOWER = config(RateLimit.smooth(1, Duration.ofSeconds(2)));
    private static final RateLimiterConfig WINDOW = config(RateLimit.atMost(1, Duration.ofSeconds(1)));
    private static final RateLimiterConfig LONGER = config(RateLimit.atMost(1, Duration.ofSeconds(2)));

    /** No test itself. */
    private AReconfiguredLimiterForgetsNoPermit() {}

    @JCStressTest
    @Description("A call takes the only permit while a smooth rate is lowered.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "What it took is taken under the new limit, too.")
    @Outcome(expect = FORBIDDEN, desc = "What it took was forgotten on the way, or it got none.")
    @State
    public static class Smooth {

        private final RateLimiter limiter = RateLimiter.of("limiter", SMOOTH);

        @Actor
        public void takes(ZZ_Result r) {
            r.r1 = limiter.tryAcquire();
        }

        @Actor
        public void reconfigures() {
            limiter.reconfigure(SLOWER);
        }

        @Arbiter
        public void afterwards(ZZ_Result r) {
            r.r2 = limiter.tryAcquire();
        }
    }

    @JCStressTest
    @Description("A call takes the only permit while an exact window becomes longer.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "What it took is taken under the new limit, too.")
    @Outcome(expect = FORBIDDEN, desc = "What it took was forgotten on the way, or it got none.")
    @State
    public static class Window {

        private final RateLimiter limiter = RateLimiter.of("limiter", WINDOW);

        @Actor
        public void takes(ZZ_Result r) {
            r.r1 = limiter.tryAcquire();
        }

        @Actor
        public void reconfigures() {
            limiter.reconfigure(LONGER);
        }

        @Arbiter
        public void afterwards(ZZ_Result r) {
            r.r2 = limiter.tryAcquire();
        }
    }

    @JCStressTest
    @Description("A call takes the only permit while a smooth rate becomes an exact window.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "What it took is taken under the new limit, too.")
    @Outcome(expect = FORBIDDEN, desc = "What it took was forgotten on the way, or it got none.")
    @State
    public static class SmoothToWindow {

        private final RateLimiter limiter = RateLimiter.of("limiter", SMOOTH);

        @Actor
        public void takes(ZZ_Result r) {
            r.r1 = limiter.tryAcquire();
        }

        @Actor
        public void reconfigures() {
            limiter.reconfigure(WINDOW);
        }

        @Arbiter
        public void afterwards(ZZ_Result r) {
            r.r2 = limiter.tryAcquire();
        }
    }

    @JCStressTest
    @Description("A call takes the only permit while an exact window becomes a smooth rate.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "What it took is taken under the new limit, too.")
    @Outcome(expect = FORBIDDEN, desc = "What it took was forgotten on the way, or it got none.")
    @State
    public static class WindowToSmooth {

        private final RateLimiter limiter = RateLimiter.of("limiter", WINDOW);

        @Actor
        public void takes(ZZ_Result r) {
            r.r1 = limiter.tryAcquire();
        }

        @Actor
        public void reconfigures() {
            limiter.reconfigure(SMOOTH);
        }

        @Arbiter
        public void afterwards(ZZ_Result r) {
            r.r2 = limiter.tryAcquire();
        }
    }

    private static RateLimiterConfig config(RateLimit limit) {
        return RateLimiterConfig.builder().timeSource(TIME).limits(limit).build();
    }
}
