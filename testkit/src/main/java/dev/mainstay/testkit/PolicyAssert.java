package dev.mainstay.testkit;

import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import java.util.List;
import org.assertj.core.api.AbstractAssert;
import org.jspecify.annotations.Nullable;

/** Assertions over any policy, by what it says of itself. Each failure lists all its meters. */
public final class PolicyAssert extends AbstractAssert<PolicyAssert, Policy> {

    private static final double NEGLIGIBLE = 1e-9;

    PolicyAssert(@Nullable Policy actual) {
        super(actual, PolicyAssert.class);
    }

    /** It has this name. */
    public PolicyAssert hasName(String expected) {
        isNotNull();
        if (!actual.name().equals(expected)) {
            fail("to be called '" + expected + "'");
        }
        return this;
    }

    /**
     * It is in this state, by its gauge {@code *.state{state=…}}. Letter case does not matter; of a pipeline, one of
     * its policies is.
     *
     * @param expected the state, or an enum constant of its name
     */
    public PolicyAssert hasState(Object expected) {
        isNotNull();
        List<String> states = meters().states();
        if (states.stream().noneMatch(state -> state.equalsIgnoreCase(expected.toString()))) {
            fail("to be in state " + expected
                    + (states.isEmpty() ? ", but it shows none" : ", but it is in " + states));
        }
        return this;
    }

    /**
     * Its meter has this value. Of several counters that match, the sum.
     *
     * @param name as in {@code breaker.calls}
     * @param tags keys and values, alternating, that the meter must have among others
     */
    public PolicyAssert hasMeter(String name, double expected, String... tags) {
        isNotNull();
        Meters meters = meters();
        if (!meters.has(name, tags)) {
            fail("to have a meter " + Meters.wanted(name, tags));
        }
        double value = meters.value(name, tags);
        if (Double.compare(value, expected) != 0 && !(Math.abs(value - expected) <= NEGLIGIBLE)) {
            fail("to have " + Meters.wanted(name, tags) + " = " + Meters.number(expected) + ", but it is "
                    + Meters.number(value));
        }
        return this;
    }

    /** It has no such meter. */
    public PolicyAssert hasNoMeter(String name, String... tags) {
        isNotNull();
        if (meters().has(name, tags)) {
            fail("to have no meter " + Meters.wanted(name, tags));
        }
        return this;
    }

    /** What it says of itself contains all this. */
    public PolicyAssert explains(String... expected) {
        isNotNull();
        String explanation = actual.explain();
        for (String each : expected) {
            if (!explanation.contains(each)) {
                fail("to say of itself \"" + each + "\"");
            }
        }
        return this;
    }

    /** It could be forgotten without anybody noticing: no permits out, nothing remembered. */
    public PolicyAssert isIdle() {
        isNotNull();
        if (!PolicyAccess.isIdle(actual)) {
            fail("to be idle");
        }
        return this;
    }

    /** It could not be forgotten. */
    public PolicyAssert isNotIdle() {
        isNotNull();
        if (PolicyAccess.isIdle(actual)) {
            fail("not to be idle");
        }
        return this;
    }

    private Meters meters() {
        return Meters.of(actual);
    }

    private void fail(String expectation) {
        failWithMessage(
                "%s", "expected " + actual.explain() + "\n" + expectation + "; its meters are" + meters().listing());
    }
}
