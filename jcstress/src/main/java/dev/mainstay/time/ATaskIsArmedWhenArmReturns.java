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

/** What callers rely on who arm a task first and look afterwards whether it is still wanted. */
@JCStressTest
@Description(
        "A task that is being armed is not wanted any more. One thread arms it and then looks whether it is wanted; the"
                + " other says that it is not and then cancels it.")
@Outcome(
        id = "false, true, false",
        expect = ACCEPTABLE,
        desc = "The one who does not want it finds it armed, and cancels it.")
@Outcome(
        id = "true, false, true",
        expect = ACCEPTABLE,
        desc = "The one who armed it finds that it is not wanted, and has to cancel it.")
@Outcome(id = "true, true, false", expect = ACCEPTABLE, desc = "Each sees the other.")
@Outcome(expect = FORBIDDEN, desc = "Neither sees the other: the timer keeps what nobody wants.")
@State
public class ATaskIsArmedWhenArmReturns {

    private static final SystemTimer TIMER = new SystemTimer(10_000_000_000L, 4, Runnable::run);

    private final Unwanted task = new Unwanted();
    private volatile boolean unwanted;

    @Actor
    public void arms(ZZZ_Result r) {
        TIMER.arm(task, System.nanoTime(), Nanos.FOREVER);
        r.r1 = unwanted;
    }

    @Actor
    public void cancels(ZZZ_Result r) {
        unwanted = true;
        r.r2 = task.cancel();
    }

    @Arbiter
    public void afterwards(ZZZ_Result r) {
        r.r3 = task.cancel();
    }

    private static final class Unwanted extends TimedTask {

        @Override
        protected void fire() {}
    }
}
