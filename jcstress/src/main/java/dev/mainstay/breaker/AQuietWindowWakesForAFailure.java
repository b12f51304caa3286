package dev.mainstay.breaker;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJZ_Result;

/** Successes write nothing while the window is full of them. */
public class AQuietWindowWakesForAFailure {

    private static final int SIZE = 16;

    /** No test itself. */
    private AQuietWindowWakesForAFailure() {}

    @JCStressTest
    @Description("A success is about to find that the window is quiet while a failure ends.")
    @Outcome(
            id = "16, 1, true",
            expect = ACCEPTABLE,
            desc = "The failure is in the window, and the next success moves it on.")
    @Outcome(expect = FORBIDDEN, desc = "The failure was forgotten, or stays for ever.")
    @State
    public static class Becoming {

        private final CountWindow window = full(SIZE - 1);

        @Actor
        public void succeeds() {
            window.recordGood(0, 1);
        }

        @Actor
        public void fails() {
            window.recordBad(true, false, 0);
        }

        @Arbiter
        public void afterwards(JJZ_Result r) {
            tell(window, r);
        }
    }

    @JCStressTest
    @Description("A failure ends in a quiet window while another does.")
    @Outcome(
            id = "16, 2, true",
            expect = ACCEPTABLE,
            desc = "Both are in the window, and the next success moves them on.")
    @Outcome(expect = FORBIDDEN, desc = "One was forgotten, or stays for ever.")
    @State
    public static class Quiet {

        private final CountWindow window = full(SIZE);

        @Actor
        public void first() {
            window.recordBad(true, false, 0);
        }

        @Actor
        public void second() {
            window.recordBad(true, false, 0);
        }

        @Arbiter
        public void afterwards(JJZ_Result r) {
            tell(window, r);
        }
    }

    private static CountWindow full(int calls) {
        CountWindow window = new CountWindow(SIZE);
        for (int i = 0; i < calls; i++) {
            window.recordGood(0, 1);
        }
        return window;
    }

    private static void tell(CountWindow window, JJZ_Result r) {
        Tally tally = window.tally(0);
        r.r1 = tally.calls();
        r.r2 = tally.failures();
        r.r3 = window.recordGood(0, 1) != Window.UNCHANGED;
    }
}
