package dev.mainstay.time;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZZ_Result;

@JCStressTest
@Description("Two threads arm a task each, due at the same time in the same timer, and one of them takes its own back.")
@Outcome(
        id = "true, true, true",
        expect = ACCEPTABLE,
        desc = "The one is out, and the other in its place until it is taken back, too.")
@Outcome(expect = FORBIDDEN, desc = "The timer has lost a task, or mistaken one for the other.")
@State
public class TasksAreCancelledSideBySide {

    private static final SystemTimer TIMER = new SystemTimer(10_000_000_000L, 1, Runnable::run);
    private static final long START = System.nanoTime();

    private final Quiet first = new Quiet();
    private final Quiet second = new Quiet();

    @Actor
    public void first(ZZZ_Result r) {
        TIMER.arm(first, START, Nanos.FOREVER);
        r.r1 = first.cancel();
    }

    @Actor
    public void second() {
        TIMER.arm(second, START, Nanos.FOREVER);
    }

    @Arbiter
    public void afterwards(ZZZ_Result r) {
        r.r2 = isLinked(second);
        r.r3 = second.cancel() && second.next == second && first.next == first;
    }

    /**
     * Its neighbours come and go while others run the same test in the same timer, so that a look may catch them in the
     * middle; but a link that is broken stays broken.
     */
    private static boolean isLinked(TimedTask task) {
        for (int look = 0; look < 10_000; look++) {
            if (task.next.previous == task && task.previous.next == task && task.next != task) {
                return true;
            }
            VarHandle.fullFence();
        }
        return false;
    }

    private static final class Quiet extends TimedTask {

        @Override
        protected void fire() {}
    }
}
