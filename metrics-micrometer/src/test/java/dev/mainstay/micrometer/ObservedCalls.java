package dev.mainstay.micrometer;

import dev.mainstay.Policy;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.time.VirtualTime;
import io.micrometer.observation.tck.TestObservationRegistry;
import java.util.function.Function;

/**
 * An observed pipeline, its registry, which checks that observations are used as they should, and a witness of what
 * happens.
 */
record ObservedCalls(Observed observed, TestObservationRegistry registry, Witness witness) {

    static ObservedCalls of(Policy policy) {
        TestObservationRegistry registry = TestObservationRegistry.create();
        Witness witness = new Witness();
        registry.observationConfig().observationHandler(witness);
        return new ObservedCalls(Observed.of(policy, registry), registry, witness);
    }

    /** A scenario whose calls go through the observed policy. */
    static Scenario<ObservedCalls> scenario(String name, Function<VirtualTime, Policy> policy) {
        return Scenario.named(name).with(time -> of(policy.apply(time)), ObservedCalls::observed);
    }
}
