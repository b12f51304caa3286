package dev.mainstay;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.future.Stages;
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

/** Complete, time out, cancel: one of them decides, and whatever hears of the end hears of the same one. */
public class AnAsyncCallHasOneEnd {

    /** No test itself. */
    private AnAsyncCallHasOneEnd() {}

    @JCStressTest
    @Description("The time of a call is up while its stage completes.")
    @Outcome(id = "done, 0, success, false", expect = ACCEPTABLE, desc = "In time.")
    @Outcome(
            id = "CallTimeoutException, 1, timeout, false",
            expect = ACCEPTABLE,
            desc = "Too late, and the result is discarded.")
    @Outcome(
            id = "CallTimeoutException, 0, timeout, false",
            expect = ACCEPTABLE,
            desc = "Too late, and the stage cancelled before it had a result.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "The future, the meters and the hook tell different stories, or the timer keeps the call.")
    @State
    public static class CompleteOrTimedOut {

        private final LimitedStage call = new LimitedStage();

        @Actor
        public void completes() {
            call.stage.complete("done");
        }

        @Actor
        public void timer() {
            call.time.fire();
        }

        @Arbiter
        public void afterwards(LLLL_Result r) {
            call.tell(r);
        }
    }

    @JCStressTest
    @Description("The caller cancels the future while the stage completes.")
    @Outcome(id = "done, 0, success, false", expect = ACCEPTABLE, desc = "Complete.")
    @Outcome(
            id = "CancellationException, 0, cancelled, false",
            expect = ACCEPTABLE,
            desc = "Cancelled, and the stage with it.")
    @Outcome(
            id = "CancellationException, 1, cancelled, false",
            expect = ACCEPTABLE,
            desc = "Cancelled, and the result discarded.")
    @Outcome(
            id = "CancellationException, 1, success, false",
            expect = ACCEPTABLE,
            desc = "It was in time, and the caller did not want it any more: the result is discarded.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "The result is given to nobody, or to two; or the end is counted twice or not at all; or the timer"
                    + " keeps the call.")
    @State
    public static class CompleteOrCancelled {

        private final LimitedStage call = new LimitedStage();

        @Actor
        public void completes() {
            call.stage.complete("done");
        }

        @Actor
        public void cancels() {
            call.future.cancel(true);
        }

        @Arbiter
        public void afterwards(LLLL_Result r) {
            call.tell(r);
        }
    }

    @JCStressTest
    @Description("The caller cancels the future while its time is up.")
    @Outcome(id = "CallTimeoutException, 0, timeout, false", expect = ACCEPTABLE, desc = "Timed out.")
    @Outcome(id = "CancellationException, 0, cancelled, false", expect = ACCEPTABLE, desc = "Cancelled.")
    @Outcome(
            id = "CancellationException, 0, timeout, false",
            expect = ACCEPTABLE,
            desc = "The time was up, and the caller did not wait to hear it.")
    @Outcome(expect = FORBIDDEN, desc = "The end is counted twice or not at all, or the timer keeps the call.")
    @State
    public static class TimedOutOrCancelled {

        private final LimitedStage call = new LimitedStage();

        @Actor
        public void timer() {
            call.time.fire();
        }

        @Actor
        public void cancels() {
            call.future.cancel(true);
        }

        @Arbiter
        public void afterwards(LLLL_Result r) {
            call.tell(r);
        }
    }

    private static final class LimitedStage {

        final HandTime time = new HandTime();
        final CompletableFuture<String> stage = new CompletableFuture<>();
        final Tallied meters = new Tallied();
        final CompletableFuture<String> future;
        private int discarded;

        LimitedStage() {
            TimeLimiter limiter = TimeLimiter.of(
                    "limit",
                    c -> c.timeSource(time)
                            .timeoutDuration(Duration.ofSeconds(1))
                            .onDiscard(result -> discarded++));
            limiter.describe(meters);
            future = limiter.callAsync(() -> stage);
        }

        void tell(LLLL_Result r) {
            Throwable failure = future.isDone() ? Stages.failureOf(future) : null;
            r.r1 = failure != null ? failure.getClass().getSimpleName() : future.getNow("not done");
            r.r2 = discarded;
            r.r3 = meters.toString();
            r.r4 = time.isArmed();
        }
    }
}
