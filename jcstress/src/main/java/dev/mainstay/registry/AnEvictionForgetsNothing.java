package dev.mainstay.registry;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.bulkhead.Bulkhead;
import java.util.concurrent.CompletableFuture;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IZ_Result;

/**
 * The evictor writes the place and reads the policy; the call writes the policy and reads the place: at least one of
 * them sees the other.
 */
@JCStressTest
@Description("An instance is evicted, to make room for another key, while a call that does not end goes through it.")
@Outcome(
        id = "1, true",
        expect = ACCEPTABLE,
        desc = "The call is in the instance that the next call with this key will find.")
@Outcome(
        id = "1, false",
        expect = ACCEPTABLE,
        desc = "The call came after the eviction and found no room: it is in the shared instance.")
@Outcome(id = "0, true", expect = FORBIDDEN, desc = "The call is in an instance that was forgotten.")
@Outcome(expect = FORBIDDEN, desc = "The call is in two instances, or in none.")
@State
public class AnEvictionForgetsNothing {

    private final KeyedRegistry<Bulkhead> registry = KeyedRegistry.<Bulkhead>builder("registry", Bulkhead::ofDefaults)
            .maxInstances(1)
            .build();

    public AnEvictionForgetsNothing() {
        registry.get("old");
    }

    @Actor
    public void calls() {
        registry.with(ctx -> ctx.key("old")).callAsync(() -> new CompletableFuture<String>());
    }

    @Actor
    public void makesRoom() {
        registry.get("new");
    }

    @Arbiter
    public void afterwards(IZ_Result r) {
        int held = registry.find("old").map(Bulkhead::inUse).orElse(0);
        int shared = registry.shared().inUse();
        r.r1 = held + shared;
        r.r2 = shared == 0;
    }
}
