package dev.mainstay.breaker;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/** Whichever window it is. */
public class AWindowLosesNoOutcome {

    private static final long NOW = 2_000_000_000L;

    /** No test itself. */
    private AWindowLosesNoOutcome() {}

    @JCStressTest
    @Description(
            "A failure and then a success end on one thread, a failure on the other: the last five calls in one number.")
    @Outcome(id = "3, 2", expect = ACCEPTABLE, desc = "All are in the window.")
    @Outcome(expect = FORBIDDEN, desc = "One was overwritten, or counted twice.")
    @State
    public static class Packed {

        private final Window window = new PackedWindow(5);

        @Actor
        public void first() {
            window.recordBad(true, false, NOW);
            window.recordGood(NOW, 1);
        }

        @Actor
        public void second() {
            window.recordBad(true, false, NOW);
        }

        @Arbiter
        public void afterwards(JJ_Result r) {
            Tally tally = window.tally(NOW);
            r.r1 = tally.calls();
            r.r2 = tally.failures();
        }
    }

    @JCStressTest
    @Description(
            "A failure and then a success end on one thread, a failure on the other: the last 100 calls in a ring.")
    @Outcome(id = "3, 2", expect = ACCEPTABLE, desc = "All are in the window.")
    @Outcome(expect = FORBIDDEN, desc = "One was overwritten, or counted twice.")
    @State
    public static class Ring {

        private final Window window = new RingWindow(100);

        @Actor
        public void first() {
            window.recordBad(true, false, NOW);
            window.recordGood(NOW, 1);
        }

        @Actor
        public void second() {
            window.recordBad(true, false, NOW);
        }

        @Arbiter
        public void afterwards(JJ_Result r) {
            Tally tally = window.tally(NOW);
            r.r1 = tally.calls();
            r.r2 = tally.failures();
        }
    }

    @JCStressTest
    @Description(
            "A failure and then a success end on one thread, a failure on the other: the calls of the last two seconds, in buckets that hold something older.")
    @Outcome(id = "3, 2", expect = ACCEPTABLE, desc = "All are in the window.")
    @Outcome(expect = FORBIDDEN, desc = "One was overwritten, or counted twice.")
    @State
    public static class Time {

        private final Window window = turnedOver();

        @Actor
        public void first() {
            window.recordBad(true, false, NOW);
            window.recordGood(NOW, 1);
        }

        @Actor
        public void second() {
            window.recordBad(true, false, NOW);
        }

        @Arbiter
        public void afterwards(JJ_Result r) {
            Tally tally = window.tally(NOW);
            r.r1 = tally.calls();
            r.r2 = tally.failures();
        }
    }

    private static TimeWindow turnedOver() {
        TimeWindow window = new TimeWindow(new SlidingWindow.Time(Duration.ofSeconds(2), 2), 0);
        window.recordBad(true, true, 0);
        return window;
    }
}
