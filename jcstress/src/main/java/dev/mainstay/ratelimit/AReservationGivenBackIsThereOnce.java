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
import org.openjdk.jcstress.infra.results.ZJJ_Result;

/**
 * Whoever gives a reservation back must not take along what another has reserved since. There is a permit per second,
 * and the first is taken.
 */
public class AReservationGivenBackIsThereOnce {

    private static final HandTime TIME = new HandTime();
    private static final RateLimit SMOOTH = RateLimit.smooth(1, Duration.ofSeconds(1));
    private static final RateLimit WINDOW = RateLimit.atMost(1, Duration.ofSeconds(1));

    /** No test itself. */
    private AReservationGivenBackIsThereOnce() {}

    @JCStressTest
    @Description("The reservation of the next permit is given back while another is made: a smooth rate.")
    @Outcome(id = "true, 1, 2", expect = ACCEPTABLE, desc = "Given back: the other has its place.")
    @Outcome(
            id = "true, 2, 3",
            expect = ACCEPTABLE,
            desc = "Given back when the other had looked already: it waits for the time that it found.")
    @Outcome(
            id = "false, 2, 3",
            expect = ACCEPTABLE,
            desc = "The other was first, and stands behind: the permit is spent.")
    @Outcome(expect = FORBIDDEN, desc = "Two are told the same time, or time is lost that nobody was told.")
    @State
    public static class Smooth {

        private final RateLimiter limiter = limiter(SMOOTH);
        private final Reservation reservation = limiter.reserve(1);

        @Actor
        public void givesBack(ZJJ_Result r) {
            r.r1 = reservation.cancel();
        }

        @Actor
        public void comes(ZJJ_Result r) {
            r.r2 = limiter.reserve(1).remainingWait().toSeconds();
        }

        @Arbiter
        public void afterwards(ZJJ_Result r) {
            r.r3 = limiter.reserve(1).remainingWait().toSeconds();
        }
    }

    @JCStressTest
    @Description("The reservation of the next permit is given back while another is made: an exact window.")
    @Outcome(id = "true, 1, 2", expect = ACCEPTABLE, desc = "Given back: the other has its place.")
    @Outcome(
            id = "true, 2, 3",
            expect = ACCEPTABLE,
            desc = "Given back when the other had looked already: it waits for the time that it found.")
    @Outcome(
            id = "false, 2, 3",
            expect = ACCEPTABLE,
            desc = "The other was first, and stands behind: the permit is spent.")
    @Outcome(expect = FORBIDDEN, desc = "Two are told the same time, or time is lost that nobody was told.")
    @State
    public static class Window {

        private final RateLimiter limiter = limiter(WINDOW);
        private final Reservation reservation = limiter.reserve(1);

        @Actor
        public void givesBack(ZJJ_Result r) {
            r.r1 = reservation.cancel();
        }

        @Actor
        public void comes(ZJJ_Result r) {
            r.r2 = limiter.reserve(1).remainingWait().toSeconds();
        }

        @Arbiter
        public void afterwards(ZJJ_Result r) {
            r.r3 = limiter.reserve(1).remainingWait().toSeconds();
        }
    }

    private static RateLimiter limiter(RateLimit limit) {
        RateLimiter limiter = RateLimiter.of("limiter", c -> c.timeSource(TIME).limits(limit));
        limiter.acquire();
        return limiter;
    }
}
