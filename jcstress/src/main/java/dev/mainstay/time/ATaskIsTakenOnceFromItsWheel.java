package dev.mainstay.time;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZZ_Result;

/** What the wheel's sections promise without its timer. */
@JCStressTest
@Description("A task that lies in a wheel is cancelled, and another is added, while the wheel is polled.")
@Outcome(id = "true, false, true", expect = ACCEPTABLE, desc = "Cancelled in time; the other task is there.")
@Outcome(id = "false, true, true", expect = ACCEPTABLE, desc = "Taken to be fired; the other task is there.")
@Outcome(expect = FORBIDDEN, desc = "Cancelled and taken, or neither; or the other task is lost.")
@State
public class ATaskIsTakenOnceFromItsWheel {

    private final TimerWheel wheel = new TimerWheel(0, new TimerWheel.Wake(-1));
    private final Quiet task = new Quiet();
    private final Quiet other = new Quiet();

    public ATaskIsTakenOnceFromItsWheel() {
        wheel.add(task, 1);
    }

    @Actor
    public void cancelsAndAdds(ZZZ_Result r) {
        r.r1 = task.cancel();
        wheel.add(other, 1);
    }

    @Actor
    public void polls(ZZZ_Result r) {
        r.r2 = take() == task;
    }

    /** The first task, unless it is the other, which is left to the arbiter. */
    private @org.jspecify.annotations.Nullable TimedTask take() {
        TimedTask taken = wheel.poll(1);
        if (taken == other) {
            other.taken = true;
            taken = wheel.poll(1);
        }
        return taken;
    }

    @Arbiter
    public void afterwards(ZZZ_Result r) {
        TimedTask left = wheel.poll(1);
        if (left == task) {
            r.r2 = true;
            left = wheel.poll(1);
        }
        r.r3 = left == other || other.taken;
    }

    private static final class Quiet extends TimedTask {

        private boolean taken;

        @Override
        protected void fire() {}
    }
}
