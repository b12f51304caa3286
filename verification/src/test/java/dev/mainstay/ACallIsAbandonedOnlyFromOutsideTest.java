package dev.mainstay;

import dev.mainstay.future.CallFuture;
import dev.mainstay.time.TimeSource;
import dev.mainstay.verification.Exploration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * One word completes the future of a call: that of its policy, or that of whoever completes or cancels it from outside;
 * only the latter abandons the call, and that once.
 */
public class ACallIsAbandonedOnlyFromOutsideTest {

    private final AtomicInteger abandoned = new AtomicInteger();
    private final AtomicInteger byThePolicy = new AtomicInteger();
    private final AtomicInteger fromOutside = new AtomicInteger();
    private final Call call = new Call(abandoned);

    @Operation(runOnce = true)
    public void succeeds() {
        int before = call.tooLate.get();
        call.end();
        byThePolicy.addAndGet(call.tooLate.get() == before ? 1 : 0);
    }

    @Operation
    public void complete() {
        fromOutside.addAndGet(call.complete("other") ? 1 : 0);
    }

    @Operation
    public void completeExceptionally() {
        fromOutside.addAndGet(call.completeExceptionally(new IllegalStateException()) ? 1 : 0);
    }

    @Operation(runOnce = true)
    public void cancel() {
        fromOutside.addAndGet(call.cancel(true) ? 1 : 0);
    }

    @Validate
    public void once() {
        Exploration.require(byThePolicy.get() + fromOutside.get() == (call.isDone() ? 1 : 0), "two words counted");
        Exploration.require(abandoned.get() == fromOutside.get(), "abandoned by whoever did not end it");
    }

    @Test
    void inEverySchedule() {
        Exploration.settles(getClass());
    }

    private static final class Call extends CallFuture<String> {

        private final AtomicInteger abandoned;
        private final AtomicInteger tooLate = new AtomicInteger();

        Call(AtomicInteger abandoned) {
            super(TimeSource.system());
            this.abandoned = abandoned;
        }

        void end() {
            succeed("result");
        }

        @Override
        protected void discarded(String result) {
            tooLate.incrementAndGet();
        }

        @Override
        protected void abandoned() {
            abandoned.incrementAndGet();
        }
    }
}
