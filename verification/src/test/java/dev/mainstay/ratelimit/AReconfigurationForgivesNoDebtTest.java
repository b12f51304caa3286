package dev.mainstay.ratelimit;

import dev.mainstay.time.StandingTime;
import dev.mainstay.verification.Exploration;
import java.time.Duration;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/**
 * Permits that were taken stay taken when other limits come into force, even by whoever takes some in that very moment;
 * and none are taken that nobody got.
 */
@Param(name = "kind", gen = IntGen.class, conf = "0:2")
public class AReconfigurationForgivesNoDebtTest {

    private static final int LIMIT = 3;
    private static final StandingTime TIME = new StandingTime();
    private static final RateLimiterConfig[] CONFIGS = {
        config(RateLimit.atMost(LIMIT, Duration.ofNanos(10))),
        config(RateLimit.atMost(LIMIT, Duration.ofNanos(30))),
        config(RateLimit.smooth(LIMIT, Duration.ofNanos(30)))
    };

    private final RateLimiter limiter = RateLimiter.of("limiter", CONFIGS[0]);

    private static RateLimiterConfig config(RateLimit limit) {
        return RateLimiterConfig.builder().limits(limit).timeSource(TIME).build();
    }

    @Operation
    public boolean tryAcquire() {
        return limiter.tryAcquire();
    }

    @Operation
    public void reconfigure(@Param(name = "kind") int kind) {
        limiter.reconfigure(CONFIGS[kind]);
    }

    @Test
    void inEverySchedule() {
        Exploration.matches(getClass(), Specification.class);
    }

    public static class Specification {

        private int left = LIMIT;

        public boolean tryAcquire() {
            if (left == 0) {
                return false;
            }
            left--;
            return true;
        }

        public void reconfigure(int kind) {}
    }
}
