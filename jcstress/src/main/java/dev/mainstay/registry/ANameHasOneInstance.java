package dev.mainstay.registry;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.TimeLimiter;
import dev.mainstay.TimeLimiterConfig;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLZ_Result;

/** Two who ask for the same thing at the same time get the same, and it is all there. */
public class ANameHasOneInstance {

    private static final String SECOND = "'a' gives a call 1s";

    /** No test itself. */
    private ANameHasOneInstance() {}

    @JCStressTest
    @Description("Two ask a registry for a name that it does not know yet.")
    @Outcome(id = SECOND + ", " + SECOND + ", true", expect = ACCEPTABLE, desc = "The same instance, as it was made.")
    @Outcome(expect = FORBIDDEN, desc = "Two instances for one name, or one that is not all there yet.")
    @State
    public static class ByName {

        private final Registry<TimeLimiter, TimeLimiterConfig> registry =
                Registry.builder(TimeLimiter::of, TimeLimiterConfig.defaults()).build();
        private final TimeLimiter[] found = new TimeLimiter[2];

        @Actor
        public void first(LLZ_Result r) {
            found[0] = registry.get("a");
            r.r1 = found[0].explain();
        }

        @Actor
        public void second(LLZ_Result r) {
            found[1] = registry.get("a");
            r.r2 = found[1].explain();
        }

        @Arbiter
        public void afterwards(LLZ_Result r) {
            r.r3 = found[0] == found[1] && registry.get("a") == found[0];
        }
    }

    @JCStressTest
    @Description("Two ask a keyed registry for a key that it does not know yet.")
    @Outcome(id = SECOND + ", " + SECOND + ", true", expect = ACCEPTABLE, desc = "The same instance, as it was made.")
    @Outcome(expect = FORBIDDEN, desc = "Two instances for one key, or one that is not all there yet.")
    @State
    public static class ByKey {

        private final KeyedRegistry<TimeLimiter> registry =
                KeyedRegistry.of("registry", name -> TimeLimiter.ofDefaults("a"));
        private final TimeLimiter[] found = new TimeLimiter[2];

        @Actor
        public void first(LLZ_Result r) {
            found[0] = registry.get("key");
            r.r1 = found[0].explain();
        }

        @Actor
        public void second(LLZ_Result r) {
            found[1] = registry.get("key");
            r.r2 = found[1].explain();
        }

        @Arbiter
        public void afterwards(LLZ_Result r) {
            r.r3 = found[0] == found[1] && registry.get("key") == found[0];
        }
    }
}
