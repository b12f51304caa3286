package dev.mainstay.registry;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.TimeLimiter;
import dev.mainstay.TimeLimiterConfig;
import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/** An instance that is made while all are changed is either among all, or made of what was changed. */
public class AChangeReachesWhatIsJustMade {

    private static final TimeLimiterConfig BEFORE = TimeLimiterConfig.defaults();
    private static final TimeLimiterConfig AFTER =
            TimeLimiterConfig.builder().timeoutDuration(Duration.ofSeconds(7)).build();

    /** No test itself. */
    private AChangeReachesWhatIsJustMade() {}

    @JCStressTest
    @Description("A shared config is changed while an instance is made that has it.")
    @Outcome(id = "7", expect = ACCEPTABLE, desc = "It has the new one.")
    @Outcome(expect = FORBIDDEN, desc = "It has the old one, for ever.")
    @State
    public static class ByName {

        private final Registry<TimeLimiter, TimeLimiterConfig> registry =
                Registry.builder(TimeLimiter::of, BEFORE).build();

        @Actor
        public void makes() {
            registry.get("a");
        }

        @Actor
        public void changes() {
            registry.reconfigure(Registry.DEFAULT_CONFIG, AFTER);
        }

        @Arbiter
        public void afterwards(J_Result r) {
            r.r1 = registry.get("a").config().timeoutDuration().toSeconds();
        }
    }

    @JCStressTest
    @Description("All instances of a keyed registry are changed while another is made.")
    @Outcome(id = "7", expect = ACCEPTABLE, desc = "It has the new config.")
    @Outcome(expect = FORBIDDEN, desc = "It has the old one, for ever.")
    @State
    public static class ByKey {

        private final KeyedRegistry<TimeLimiter> registry =
                KeyedRegistry.of("registry", name -> TimeLimiter.of(name, BEFORE));

        @Actor
        public void makes() {
            registry.get("key");
        }

        @Actor
        public void changes() {
            registry.apply(limiter -> limiter.reconfigure(AFTER));
        }

        @Arbiter
        public void afterwards(J_Result r) {
            r.r1 = registry.get("key").config().timeoutDuration().toSeconds();
        }
    }

    @JCStressTest
    @Description("Two change the shared config of an instance.")
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "The instance has what the registry says.")
    @Outcome(expect = FORBIDDEN, desc = "The instance has another config than the registry, for ever.")
    @State
    public static class Twice {

        private final Registry<TimeLimiter, TimeLimiterConfig> registry =
                Registry.builder(TimeLimiter::of, BEFORE).build();
        private final TimeLimiter limiter = registry.get("a");

        @Actor
        public void first() {
            registry.reconfigure(Registry.DEFAULT_CONFIG, AFTER);
        }

        @Actor
        public void second() {
            registry.reconfigure(Registry.DEFAULT_CONFIG, BEFORE);
        }

        @Arbiter
        public void afterwards(J_Result r) {
            TimeLimiterConfig said =
                    registry.findConfig(Registry.DEFAULT_CONFIG).orElseThrow();
            r.r1 = limiter.config()
                    .timeoutDuration()
                    .minus(said.timeoutDuration())
                    .toSeconds();
        }
    }
}
