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

/** Between the one who leaves and the one who gets in line, no slot may stay free while somebody waits. */
public class NobodyIsForgottenInLine {

    /** No test itself. */
    private NobodyIsForgottenInLine() {}

    @JCStressTest
    @Description("A call leaves the only slot while another, which may wait, comes.")
    @Outcome(
            id = "done, 0, 0, false",
            expect = ACCEPTABLE,
            desc = "The other got the slot, at once or from the line, and has left it.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "The other waits although the slot is free, or a slot is miscounted, or the timer keeps what does"
                    + " not wait any more.")
    @State
    public static class LeaveOrJoin {

        private final HandTime time = new HandTime();
        private final Bulkhead bulkhead = waiting(time);
        private final Permit permit = bulkhead.acquirePermit();
        private CompletableFuture<String> call = new CompletableFuture<>();

        @Actor
        public void leaves() {
            permit.release();
        }

        @Actor
        public void comes() {
            call = bulkhead.callAsync(() -> CompletableFuture.completedFuture("done"));
        }

        @Arbiter
        public void afterwards(LLLL_Result r) {
            r.r1 = call.getNow("waits");
            r.r2 = bulkhead.inUse();
            r.r3 = bulkhead.queued();
            r.r4 = time.isArmed();
        }
    }

    @JCStressTest
    @Description("The limit is raised while a call, which may wait, comes to a full bulkhead.")
    @Outcome(
            id = "done, 1, 0, false",
            expect = ACCEPTABLE,
            desc = "The call got the new slot, at once or from the line, and has left it.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "The call waits although a slot is free, or a slot is miscounted, or the timer keeps what does not"
                    + " wait any more.")
    @State
    public static class ResizeOrJoin {

        private final HandTime time = new HandTime();
        private final Bulkhead bulkhead = waiting(time);
        private CompletableFuture<String> call = new CompletableFuture<>();

        public ResizeOrJoin() {
            bulkhead.acquirePermit();
        }

        @Actor
        public void raises() {
            bulkhead.reconfigure(
                    bulkhead.config().toBuilder().maxConcurrentCalls(2).build());
        }

        @Actor
        public void comes() {
            call = bulkhead.callAsync(() -> CompletableFuture.completedFuture("done"));
        }

        @Arbiter
        public void afterwards(LLLL_Result r) {
            r.r1 = call.getNow("waits");
            r.r2 = bulkhead.inUse();
            r.r3 = bulkhead.queued();
            r.r4 = time.isArmed();
        }
    }

    private static Bulkhead waiting(HandTime time) {
        return Bulkhead.of(
                "bulkhead", c -> c.timeSource(time).maxConcurrentCalls(1).maxWaitDuration(Duration.ofSeconds(1)));
    }
}
