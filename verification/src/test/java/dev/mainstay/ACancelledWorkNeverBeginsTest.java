package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.verification.Exploration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * A call that moves to another thread begins there or is withdrawn, and whoever cancels it once it has begun interrupts
 * it: the interrupt does not outlive the call on that thread, and a result that nobody waits for any longer is
 * discarded once.
 */
class ACancelledWorkNeverBeginsTest {

    @Test
    void inEverySchedule() {
        Exploration.holds(() -> {
            AtomicInteger begun = new AtomicInteger();
            AtomicInteger discarded = new AtomicInteger();
            AtomicInteger interruptedLater = new AtomicInteger();
            AtomicBoolean withdrawn = new AtomicBoolean();
            ExecutorCall<String> work = new ExecutorCall<>(
                    CallContext.plain(),
                    context -> {
                        begun.incrementAndGet();
                        return "result";
                    },
                    result -> discarded.incrementAndGet());

            Exploration.together(
                    () -> {
                        boolean tooLate = withdrawn.get();
                        work.run();
                        Exploration.require(!tooLate || begun.get() == 0, "it began after it was withdrawn");
                        interruptedLater.addAndGet(Thread.currentThread().isInterrupted() ? 1 : 0);
                    },
                    () -> {
                        work.cancel(true);
                        withdrawn.set(true);
                    });

            boolean delivered = !work.isCompletedExceptionally();
            Exploration.require(work.isDone(), "it never ends");
            Exploration.require(interruptedLater.get() == 0, "the interrupt outlived the call");
            Exploration.require(
                    begun.get() == discarded.get() + (delivered ? 1 : 0), "delivered and discarded, or neither");
        });
    }
}
