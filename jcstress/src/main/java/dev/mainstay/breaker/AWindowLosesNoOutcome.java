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
    @Description("A failure and then a success end on one thread, a failure on the other, in a window that is full of"
            + " successes; then three more succeed.")
    @Outcome(
            id = "2, 1",
            expect = ACCEPTABLE,
            desc = "Both failures are in the window, and the older one leaves it when it has to.")
    @Outcome(expect = FORBIDDEN, desc = "A call was lost, or counted twice.")
    @State
    public static class Full {

        private final CountWindow window = new CountWindow(5);

        public Full() {
            for (int i = 0; i < 5; i++) {
                window.recordGood(NOW, 1);
            }
        }

        @Actor
        public void first() {
            window.recordBad(true, false, NOW);
            succeed();
        }

        @Actor
        public void second() {
            window.recordBad(true, false, NOW);
        }

        private void succeed() {
            window.recordGood(NOW, 1);
        }

        /**
         * Whatever the order was, two of the five calls that move the older failure out have come already, and at most
         * two of those that do the newer.
         */
        @Arbiter
        public void afterwards(JJ_Result r) {
            r.r1 = window.tally(NOW).failures();
            succeed();
            succeed();
            succeed();
            r.r2 = window.tally(NOW).failures();
        }
    }

    @JCStressTest
    @Description("A failure and then a success end on one thread, a failure on the other: the last 100 calls.")
    @Outcome(id = "3, 2", expect = ACCEPTABLE, desc = "All are in the window.")
    @Outcome(expect = FORBIDDEN, desc = "One was overwritten, or counted twice.")
    @State
    public static class Count {

        private final Window window = new CountWindow(100);

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
            "A failure and then a success end on one thread, a failure on the other: the calls of the last two seconds,"
                    + " in buckets that hold something older.")
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
