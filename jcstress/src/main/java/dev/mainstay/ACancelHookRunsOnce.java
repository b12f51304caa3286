package dev.mainstay;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.event.Subscription;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * Whoever cancels says first that the call is over and then runs what was registered; whoever registers does the same
 * the other way round.
 */
public class ACancelHookRunsOnce {

    /** No test itself. */
    private ACancelHookRunsOnce() {}

    @JCStressTest
    @Description("A call is cancelled while something registers what is to be done then.")
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "It is done, by the one or the other.")
    @Outcome(id = "0", expect = FORBIDDEN, desc = "Each left it to the other: a socket stays open.")
    @Outcome(expect = FORBIDDEN, desc = "It is done twice.")
    @State
    public static class Registered {

        private final FutureScope scope = new FutureScope(null);
        private final AtomicInteger runs = new AtomicInteger();

        @Actor
        public void registers() {
            scope.onEnd(runs::incrementAndGet);
        }

        @Actor
        public void cancels() {
            scope.end();
        }

        @Arbiter
        public void afterwards(I_Result r) {
            r.r1 = runs.get();
        }
    }

    @JCStressTest
    @Description("An outer and an inner call are cancelled at the same time, for which the same was registered.")
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "It is done once.")
    @Outcome(expect = FORBIDDEN, desc = "It is done twice, or never.")
    @State
    public static class Nested {

        private final FutureScope outer = new FutureScope(null);
        private final FutureScope inner = new FutureScope(outer);
        private final AtomicInteger runs = new AtomicInteger();
        private final Subscription hook = inner.onEnd(runs::incrementAndGet);

        @Actor
        public void cancelsOuter() {
            outer.end();
        }

        @Actor
        public void cancelsInner() {
            inner.end();
        }

        @Arbiter
        public void afterwards(I_Result r) {
            hook.close();
            r.r1 = runs.get();
        }
    }
}
