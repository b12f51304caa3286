package dev.mainstay.registry;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.TimeLimiter;
import dev.mainstay.TimeLimiterConfig;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** What follows the instances of a registry, such as their meters, comes and goes with each. */
public class AWatcherSeesEachInstanceOnce {

    /** No test itself. */
    private AWatcherSeesEachInstanceOnce() {}

    @JCStressTest
    @Description("Somebody begins to watch while an instance is made.")
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "Attached, once.")
    @Outcome(expect = FORBIDDEN, desc = "Missed, or attached twice, or taken off again.")
    @State
    public static class Made {

        private final Watched watched = new Watched();

        @Actor
        public void makes() {
            watched.registry.get("a");
        }

        @Actor
        public void watches() {
            watched.watch();
        }

        @Arbiter
        public void afterwards(II_Result r) {
            watched.tell(r);
        }
    }

    @JCStressTest
    @Description("Somebody begins to watch while an instance is removed.")
    @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "It was gone.")
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Attached, and taken off again.")
    @Outcome(expect = FORBIDDEN, desc = "Still attached to what is gone, or twice.")
    @State
    public static class Removed {

        private final Watched watched = new Watched();

        public Removed() {
            watched.registry.get("a");
        }

        @Actor
        public void removes() {
            watched.registry.remove("a");
        }

        @Actor
        public void watches() {
            watched.watch();
        }

        @Arbiter
        public void afterwards(II_Result r) {
            watched.tell(r);
        }
    }

    private static final class Watched {

        final Registry<TimeLimiter, TimeLimiterConfig> registry =
                Registry.builder(TimeLimiter::of, TimeLimiterConfig.defaults()).build();
        private final AtomicInteger attached = new AtomicInteger();
        private final AtomicInteger detached = new AtomicInteger();

        void watch() {
            registry.watch(limiter -> {
                attached.incrementAndGet();
                return detached::incrementAndGet;
            });
        }

        void tell(II_Result r) {
            r.r1 = attached.get();
            r.r2 = detached.get();
        }
    }
}
