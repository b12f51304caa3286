package dev.mainstay.breaker;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A rate means something once there are enough calls: whoever makes them up must look at it. */
public class TheLastToCompleteTheMinimumLooks {

    /** No test itself. */
    private TheLastToCompleteTheMinimumLooks() {}

    @JCStressTest
    @Description(
            "Two successes end, with which there are enough calls for a rate, and there is a failure already: the last"
                    + " 100 calls.")
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Both look.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The first was the last.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The second was the last.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "Each has left it to the other: the breaker stays closed at a rate at which it should open.")
    @State
    public static class CountSuccesses {

        private final Window window = new CountWindow(100);

        public CountSuccesses() {
            window.recordBad(true, false, 0);
        }

        @Actor
        public void first(ZZ_Result r) {
            r.r1 = window.recordGood(0, 3) == Window.DUE;
        }

        @Actor
        public void second(ZZ_Result r) {
            r.r2 = window.recordGood(0, 3) == Window.DUE;
        }
    }

    @JCStressTest
    @Description("A success and a failure end, with which there are enough calls for a rate: the last 100 calls.")
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Both look, and see each other.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The success was the last.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The failure was the last.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "Each has left it to the other: the breaker stays closed at a rate at which it should open.")
    @State
    public static class CountSuccessAndFailure {

        private final Window window = new CountWindow(100);

        @Actor
        public void succeeds(ZZ_Result r) {
            r.r1 = window.recordGood(0, 2) == Window.DUE && window.tally(0).failures() == 1;
        }

        @Actor
        public void fails(ZZ_Result r) {
            r.r2 = window.recordBad(true, false, 0).calls() >= 2;
        }
    }

    @JCStressTest
    @Description(
            "Two successes end, with which there are enough calls for a rate, and there is a failure already: the calls"
                    + " of the last second.")
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Both look.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The first was the last.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The second was the last.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "Each has left it to the other: the breaker stays closed at a rate at which it should open.")
    @State
    public static class TimeSuccesses {

        private final Window window = new TimeWindow(new SlidingWindow.Time(Duration.ofSeconds(1), 1), 0);

        public TimeSuccesses() {
            window.recordBad(true, false, 0);
        }

        @Actor
        public void first(ZZ_Result r) {
            r.r1 = window.recordGood(0, 3) == Window.DUE;
        }

        @Actor
        public void second(ZZ_Result r) {
            r.r2 = window.recordGood(0, 3) == Window.DUE;
        }
    }

    @JCStressTest
    @Description(
            "A success and a failure end, with which there are enough calls for a rate: the calls of the last second.")
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Both look, and see each other.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The success was the last.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The failure was the last.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "Each has left it to the other: the breaker stays closed at a rate at which it should open.")
    @State
    public static class TimeSuccessAndFailure {

        private final Window window = new TimeWindow(new SlidingWindow.Time(Duration.ofSeconds(1), 1), 0);

        @Actor
        public void succeeds(ZZ_Result r) {
            r.r1 = window.recordGood(0, 2) == Window.DUE;
        }

        @Actor
        public void fails(ZZ_Result r) {
            r.r2 = window.recordBad(true, false, 0).calls() >= 2;
        }
    }
}
