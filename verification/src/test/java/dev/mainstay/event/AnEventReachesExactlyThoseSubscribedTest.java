package dev.mainstay.event;

import dev.mainstay.verification.Exploration;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * An event reaches each listener that is subscribed at that moment, once, and no other; and events are wanted exactly
 * as long as there is one.
 */
@Param(name = "thread", gen = ThreadIdGen.class)
public class AnEventReachesExactlyThoseSubscribedTest {

    private final Events events = new Events();
    private final @Nullable Subscription[] subscriptions = new Subscription[8];

    @Operation
    public void subscribe(@Param(name = "thread") int thread) {
        if (subscriptions[thread] == null) {
            subscriptions[thread] = events.subscribe(Call.class, call -> call.heardBy += (int) Math.pow(10, thread));
        }
    }

    @Operation
    public void unsubscribe(@Param(name = "thread") int thread) {
        Subscription subscription = subscriptions[thread];
        if (subscription != null) {
            subscription.close();
            subscriptions[thread] = null;
        }
    }

    @Operation
    public int publish() {
        Call call = new Call();
        events.publish(call);
        return call.heardBy;
    }

    @Operation
    public boolean wanted() {
        return events.wanted(Call.class);
    }

    @Test
    void inEverySchedule() {
        Exploration.matches(
                getClass(), Specification.class, Exploration.options().actorsPerThread(3));
    }

    /** An event in which each listener leaves a digit, by its thread's number. */
    private static final class Call implements MainstayEvent {

        private int heardBy;

        @Override
        public String policy() {
            return "policy";
        }

        @Override
        public long nanoTime() {
            return 0;
        }
    }

    public static class Specification {

        private int subscribed;

        public void subscribe(int thread) {
            if (!isSubscribed(thread)) {
                subscribed += digit(thread);
            }
        }

        public void unsubscribe(int thread) {
            if (isSubscribed(thread)) {
                subscribed -= digit(thread);
            }
        }

        public int publish() {
            return subscribed;
        }

        public boolean wanted() {
            return subscribed > 0;
        }

        private boolean isSubscribed(int thread) {
            return subscribed / digit(thread) % 10 > 0;
        }

        private static int digit(int thread) {
            return (int) Math.pow(10, thread);
        }
    }
}
