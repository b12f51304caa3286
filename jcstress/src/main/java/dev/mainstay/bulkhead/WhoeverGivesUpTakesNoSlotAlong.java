package dev.mainstay.bulkhead;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.Permit;
import dev.mainstay.time.HandTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLLL_Result;

/** A slot is given to the first in line just as that has had enough. */
public class WhoeverGivesUpTakesNoSlotAlong {

    /** No test itself. */
    private WhoeverGivesUpTakesNoSlotAlong() {}

    @JCStressTest
    @Description("A call leaves the only slot while the one in line is cancelled, whose stage would never end.")
    @Outcome(
            id = "not begun, 0, 0, false",
            expect = ACCEPTABLE,
            desc = "Cancelled in line, or let in too late to begin.")
    @Outcome(id = "cancelled, 0, 0, false", expect = ACCEPTABLE, desc = "Let in, and its stage was cancelled.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "The slot is lost, or the stage goes on although nobody wants it, or the timer keeps the call.")
    @State
    public static class Cancelled {

        private final Waiting waiting = new Waiting();

        @Actor
        public void leaves() {
            waiting.permit.release();
        }

        @Actor
        public void cancels() {
            waiting.call.cancel(true);
        }

        @Arbiter
        public void afterwards(LLLL_Result r) {
            waiting.tell(r);
        }
    }

    @JCStressTest
    @Description("A call leaves the only slot while the wait of the one in line is over, whose stage would never end.")
    @Outcome(id = "not begun, 0, 0, false", expect = ACCEPTABLE, desc = "It waited too long.")
    @Outcome(id = "goes on, 1, 0, false", expect = ACCEPTABLE, desc = "Let in, and its slot is counted.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "The slot is lost, or the call is let in without one, or the timer keeps the call.")
    @State
    public static class Late {

        private final Waiting waiting = new Waiting();

        @Actor
        public void leaves() {
            waiting.permit.release();
        }

        @Actor
        public void timer() {
            waiting.time.fire();
        }

        @Arbiter
        public void afterwards(LLLL_Result r) {
            waiting.tell(r);
        }
    }

    private static final class Waiting {

        final HandTime time = new HandTime();
        final Bulkhead bulkhead = Bulkhead.of(
                "bulkhead", c -> c.timeSource(time).maxConcurrentCalls(1).maxWaitDuration(Duration.ofSeconds(1)));
        final Permit permit = bulkhead.acquirePermit();
        private final CompletableFuture<String> stage = new CompletableFuture<>();
        private boolean begun;
        final CompletableFuture<String> call = bulkhead.callAsync(() -> {
            begun = true;
            return stage;
        });

        void tell(LLLL_Result r) {
            r.r1 = !begun ? call.isDone() ? "not begun" : "waits" : stage.isCancelled() ? "cancelled" : "goes on";
            r.r2 = bulkhead.inUse();
            r.r3 = bulkhead.queued();
            r.r4 = time.isArmed();
        }
    }
}
