package dev.mainstay;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.call.CallContext;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZI_Result;

@JCStressTest
@Description("A call that runs on another thread is cancelled while it runs there.")
@Outcome(
        id = "false, false, 0",
        expect = ACCEPTABLE,
        desc = "The result was first; or the cancel, before the call began.")
@Outcome(
        id = "false, false, 1",
        expect = ACCEPTABLE,
        desc = "The cancel was first: the result is discarded, and the interrupt cleared.")
@Outcome(
        expect = FORBIDDEN,
        desc = "An interrupt is left behind for the next call on the thread, or comes later; or the result is both"
                + " given and discarded.")
@State
public class AnInterruptNeverOutlivesItsWork {

    private int discarded;
    private final ExecutorCall<String> work =
            new ExecutorCall<>(CallContext.plain(), context -> "done", result -> discarded++);

    @Actor
    public void worker(ZZI_Result r) {
        r.r1 = Thread.interrupted();
        work.run();
        r.r2 = Thread.interrupted();
    }

    @Actor
    public void caller() {
        work.cancel(true);
    }

    @Arbiter
    public void afterwards(ZZI_Result r) {
        boolean both = discarded > 0 && !work.isCancelled();
        r.r3 = both || !work.isDone() ? -1 : discarded;
    }
}
