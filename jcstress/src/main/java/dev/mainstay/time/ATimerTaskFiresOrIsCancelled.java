package dev.mainstay.time;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

@JCStressTest
@Description("A task is cancelled while its time comes.")
@Outcome(id = "true, false", expect = ACCEPTABLE, desc = "Cancelled in time: it does not fire.")
@Outcome(id = "false, true", expect = ACCEPTABLE, desc = "It fires, and whoever wanted to cancel it is told.")
@Outcome(expect = FORBIDDEN, desc = "Both won, or nobody.")
@State
public class ATimerTaskFiresOrIsCancelled {

    private final Note task = new Note();

    public ATimerTaskFiresOrIsCancelled() {
        task.arming();
        task.armed();
    }

    @Actor
    public void caller(ZZ_Result r) {
        r.r1 = task.cancel();
    }

    @Actor
    public void timer() {
        task.fireUnlessCancelled();
    }

    @Arbiter
    public void afterwards(ZZ_Result r) {
        r.r2 = task.fired;
    }

    private static final class Note extends TimedTask {

        private boolean fired;

        @Override
        protected void fire() {
            fired = true;
        }
    }
}
