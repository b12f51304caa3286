package dev.mainstay.jcstress.seeded;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * A bug on purpose that no order of the steps shows, only memory itself: each thread's write may become visible after
 * its read.
 */
@JCStressTest
@Description(
        "An evictor says that an instance is gone and then looks whether it is in use; a call says that it is in use"
                + " and then looks whether it is gone. Both write with release and read with acquire.")
@Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The evictor sees the call.")
@Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The call sees the eviction.")
@Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Each sees the other.")
@Outcome(expect = FORBIDDEN, desc = "Neither sees the other: the call is in an instance that is forgotten.")
@State
public class AnEvictionIsNotOrdered {

    private static final VarHandle GONE = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "gone", VarHandle.class, AnEvictionIsNotOrdered.class, boolean.class);
    private static final VarHandle USED = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "used", VarHandle.class, AnEvictionIsNotOrdered.class, boolean.class);

    @SuppressWarnings("UnusedVariable")
    private boolean gone;

    @SuppressWarnings("UnusedVariable")
    private boolean used;

    @Actor
    public void evictor(ZZ_Result r) {
        GONE.setRelease(this, true);
        r.r1 = (boolean) USED.getAcquire(this);
    }

    @Actor
    public void call(ZZ_Result r) {
        USED.setRelease(this, true);
        r.r2 = (boolean) GONE.getAcquire(this);
    }
}
