package dev.mainstay.retry;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.backoff.Backoff;
import dev.mainstay.jcstress.Failure;
import dev.mainstay.time.HandTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.DZZ_Result;

/** The caller has had enough in the moment in which the next attempt is paid for, put off, or begun. */
public class ACancelledRetryLeavesNothingBehind {

    /** No test itself. */
    private ACancelledRetryLeavesNothingBehind() {}

    @JCStressTest
    @Description("An attempt fails, and the backoff before the next begins, while the caller cancels.")
    @Outcome(
            id = "10.0, false, true",
            expect = ACCEPTABLE,
            desc = "The token is back, and the timer knows nothing of the call.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "The token of an attempt that is never made is lost, or the timer keeps the call, or the caller"
                    + " waits for ever.")
    @State
    public static class WhileItFails {

        private final Repeated repeated = new Repeated();

        @Actor
        public void fails() {
            repeated.stage.completeExceptionally(new Failure());
        }

        @Actor
        public void cancels() {
            repeated.call.cancel(true);
        }

        @Arbiter
        public void afterwards(DZZ_Result r) {
            repeated.tell(r);
        }
    }

    @JCStressTest
    @Description("The backoff is over, and the next attempt begins, while the caller cancels.")
    @Outcome(id = "10.0, false, true", expect = ACCEPTABLE, desc = "The attempt was not begun, and its token is back.")
    @Outcome(id = "9.0, false, true", expect = ACCEPTABLE, desc = "The attempt was begun, and what it cost is spent.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "The timer keeps the call, or the attempt goes on although nobody wants it, or the caller waits for"
                    + " ever.")
    @State
    public static class WhileItWaits {

        private final Repeated repeated = new Repeated();

        public WhileItWaits() {
            repeated.stage.completeExceptionally(new Failure());
        }

        @Actor
        public void timer() {
            repeated.time.fire();
        }

        @Actor
        public void cancels() {
            repeated.call.cancel(true);
        }

        @Arbiter
        public void afterwards(DZZ_Result r) {
            repeated.tell(r);
        }
    }

    private static final class Repeated {

        final HandTime time = new HandTime();
        private final RetryBudget budget = RetryBudget.of(10, 0.5);
        final CompletableFuture<String> stage = new CompletableFuture<>();
        private final CompletableFuture<String> again = new CompletableFuture<>();
        private int attempts;
        final CompletableFuture<String> call = Retry.of(
                        "retry",
                        c -> c.timeSource(time)
                                .maxAttempts(2)
                                .budget(budget)
                                .backoff(Backoff.fixed(Duration.ofSeconds(1))))
                .callAsync(() -> attempts++ == 0 ? stage : again);

        void tell(DZZ_Result r) {
            r.r1 = budget.tokens();
            r.r2 = time.isArmed();
            r.r3 = call.isCancelled() && (attempts < 2 || again.isCancelled());
        }
    }
}
