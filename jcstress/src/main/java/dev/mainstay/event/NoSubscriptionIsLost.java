package dev.mainstay.event;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

@JCStressTest
@Description("One listener comes while another goes.")
@Outcome(
        id = "0, 1, 1",
        expect = ACCEPTABLE,
        desc = "The one who went hears nothing, the one who came and the one who stayed hear the next event once.")
@Outcome(expect = FORBIDDEN, desc = "The list that one thread wrote was overwritten by the other.")
@State
public class NoSubscriptionIsLost {

    private final Events events = new Events();
    private int gone;
    private int came;
    private int stayed;
    private final Subscription goes = events.subscribe(MainstayEvent.class, event -> gone++);

    public NoSubscriptionIsLost() {
        events.subscribe(MainstayEvent.class, event -> stayed++);
    }

    @Actor
    public void comes() {
        events.subscribe(MainstayEvent.class, event -> came++);
    }

    @Actor
    public void goes() {
        goes.close();
    }

    @Arbiter
    public void afterwards(III_Result r) {
        events.publish(new Happened("policy", 0));
        r.r1 = gone;
        r.r2 = came;
        r.r3 = stayed;
    }

    private record Happened(String policy, long nanoTime) implements MainstayEvent {}
}
