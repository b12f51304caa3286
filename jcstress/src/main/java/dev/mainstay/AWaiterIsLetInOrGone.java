package dev.mainstay;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.call.CallContext;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZJ_Result;

@JCStressTest
@Description("A call in line is let in while it gives up, and looks.")
@Outcome(id = "true, false, 42", expect = ACCEPTABLE, desc = "Let in, and it finds the permit it was given.")
@Outcome(id = "false, true, -1", expect = ACCEPTABLE, desc = "Gone, and the gate keeps the permit.")
@Outcome(expect = FORBIDDEN, desc = "Let in and gone: the permit is lost. Or neither. Or let in without its permit.")
@State
public class AWaiterIsLetInOrGone {

    private final Waiter waiter = new Waiter(CallContext.plain()) {};

    @Actor
    public void gate(ZZJ_Result r) {
        r.r1 = waiter.grant(42);
    }

    @Actor
    public void caller(ZZJ_Result r) {
        r.r2 = waiter.giveUp();
        r.r3 = waiter.isGranted() ? waiter.permit() : -1;
    }
}
