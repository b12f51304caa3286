package dev.mainstay.event;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

@JCStressTest
@Description("Somebody subscribes and says so; a policy that has heard of it publishes an event.")
@Outcome(id = "false, false", expect = ACCEPTABLE, desc = "Published before.")
@Outcome(id = "false, true", expect = ACCEPTABLE, desc = "Published while the subscriber came.")
@Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Published afterwards, and heard.")
@Outcome(expect = FORBIDDEN, desc = "Published afterwards, and missed.")
@State
public class ASubscriberHearsWhatIsPublishedAfterwards {

    private static final MainstayEvent EVENT = new Happened("policy", 0);

    private final Events events = new Events();
    private final Ear ear = new Ear();

    /** Says no more than that the subscription was made: a release would be enough. */
    private volatile boolean subscribed;

    @Actor
    public void subscriber() {
        events.subscribe(Happened.class, ear::hear);
        subscribed = true;
    }

    @Actor
    public void publisher(ZZ_Result r) {
        r.r1 = subscribed;
        if (events.wanted(Happened.class)) {
            events.publish(EVENT);
        }
        r.r2 = ear.heard > 0;
    }

    private static final class Ear {

        private int heard;

        void hear(Happened event) {
            heard++;
        }
    }

    private record Happened(String policy, long nanoTime) implements MainstayEvent {}
}
