package dev.mainstay.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * Timelines of waits. R is a call that waited so many seconds, X one that was rejected at once, U time that passed
 * unused.
 */
class RateLimitTimelineTest {

    private final VirtualTime time = VirtualTime.create();
    private final List<String> timeline = new ArrayList<>();
    private RateLimiter limiter = fivePerSecond(1);

    private RateLimiter fivePerSecond(int burst) {
        return limiter(RateLimit.smooth(5, Duration.ofSeconds(1), burst));
    }

    private RateLimiter limiter(RateLimit... limits) {
        return RateLimiter.of(
                "t",
                c -> c.limits(limits).timeoutDuration(Duration.ofSeconds(5)).timeSource(time));
    }

    private void acquire(int permits) {
        Duration before = time.elapsed();
        try {
            limiter.acquire(permits);
            note("R", time.elapsed().minus(before));
        } catch (CallRejectedException rejected) {
            note("X", time.elapsed().minus(before));
        }
    }

    private void acquire() {
        acquire(1);
    }

    private void pause(int millis) {
        time.advance(Duration.ofMillis(millis));
        note("U", Duration.ofMillis(millis));
    }

    private void note(String what, Duration duration) {
        timeline.add(String.format(Locale.ROOT, "%s%.2f", what, duration.toNanos() / 1e9));
    }

    @Test
    void permitsAreSpacedEvenlyIfThereIsNoBurst() {
        acquire();
        acquire();
        acquire();
        assertThat(timeline).containsExactly("R0.00", "R0.20", "R0.20");
    }

    @Test
    void timeThatWasNotUsedShortensTheNextWait() {
        acquire();
        pause(50);
        acquire();
        pause(200);
        acquire();
        pause(1000);
        acquire();
        acquire();
        assertThat(timeline).containsExactly("R0.00", "U0.05", "R0.15", "U0.20", "R0.00", "U1.00", "R0.00", "R0.20");
    }

    @Test
    void aFullBurstIsThereAtFirstAndAfterAPauseAndNeverMore() {
        limiter = fivePerSecond(3);
        for (int i = 0; i < 5; i++) {
            acquire();
        }
        pause(10_000);
        for (int i = 0; i < 4; i++) {
            acquire();
        }
        assertThat(timeline)
                .containsExactly(
                        "R0.00", "R0.00", "R0.00", "R0.20", "R0.20", "U10.00", "R0.00", "R0.00", "R0.00", "R0.20");
    }

    @Test
    void aCallThatCostsMoreWaitsForAllItsPermits() {
        limiter = fivePerSecond(5);
        acquire(5);
        acquire(3);
        acquire(1);
        pause(400);
        acquire(2);
        acquire(6);
        assertThat(timeline).containsExactly("R0.00", "R0.60", "R0.20", "U0.40", "R0.00", "X0.00");
    }

    @Test
    void aWaitThatWouldBeTooLongIsNotBegun() {
        limiter = limiter(RateLimit.smooth(1, Duration.ofSeconds(6)));
        acquire();
        acquire();
        pause(900);
        acquire();
        pause(100);
        acquire();
        assertThat(timeline).containsExactly("R0.00", "X0.00", "U0.90", "X0.00", "U0.10", "R5.00");
    }

    @Test
    void anExactWindowLetsThroughAllAtOnceAndThenNothingUntilTheyHaveLeftIt() {
        limiter = limiter(RateLimit.atMost(3, Duration.ofSeconds(1)));
        acquire();
        pause(100);
        acquire(2);
        acquire();
        acquire(2);
        acquire();
        assertThat(timeline).containsExactly("R0.00", "U0.10", "R0.00", "R0.90", "R0.10", "R0.90");
    }

    @Test
    void ofSeveralLimitsEachHolds() {
        limiter = limiter(RateLimit.smooth(10, Duration.ofSeconds(1), 2), RateLimit.atMost(4, Duration.ofSeconds(1)));
        for (int i = 0; i < 6; i++) {
            acquire();
        }
        assertThat(timeline).containsExactly("R0.00", "R0.00", "R0.10", "R0.10", "R0.80", "R0.00");
    }
}
