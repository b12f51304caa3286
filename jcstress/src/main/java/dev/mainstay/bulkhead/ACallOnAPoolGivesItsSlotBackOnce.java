package dev.mainstay.bulkhead;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.time.HandTime;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLLL_Result;

/** Its slot is taken by the caller, and given back on the thread, whether the call was still wanted there or not. */
@JCStressTest
@Description("A thread begins a call while the caller cancels it; there is one slot.")
@Outcome(id = "false, false, 0, 1", expect = ACCEPTABLE, desc = "The slot is free again, and there is one.")
@Outcome(expect = FORBIDDEN, desc = "The slot is lost, or there twice; or an interrupt is left behind on the thread.")
@State
public class ACallOnAPoolGivesItsSlotBackOnce {

    private static final HandTime TIME = new HandTime();

    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final ThreadPoolBulkhead bulkhead = ThreadPoolBulkhead.of(
            "pool", c -> c.timeSource(TIME).executor(tasks::add).maxThreads(1).queueCapacity(0));
    private final CompletableFuture<String> call = bulkhead.submit(() -> "done");
    private final Runnable task = tasks.remove();

    @Actor
    public void thread(LLLL_Result r) {
        r.r1 = Thread.interrupted();
        task.run();
        r.r2 = Thread.interrupted();
    }

    @Actor
    public void caller() {
        call.cancel(true);
    }

    @Arbiter
    public void afterwards(LLLL_Result r) {
        r.r3 = bulkhead.inUse();
        bulkhead.submit(() -> "next");
        bulkhead.submit(() -> "rejected");
        r.r4 = tasks.size();
    }
}
