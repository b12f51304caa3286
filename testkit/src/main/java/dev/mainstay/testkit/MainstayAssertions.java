package dev.mainstay.testkit;

import dev.mainstay.Policy;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.Rejection;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;

/**
 * The way in to assertions over policies and outcomes; those of AssertJ are here, too, so that one static import serves
 * both.
 */
public final class MainstayAssertions extends Assertions {

    private MainstayAssertions() {}

    /** Begins assertions over a policy, which read its self-description. */
    public static PolicyAssert assertThat(@Nullable Policy actual) {
        return new PolicyAssert(actual);
    }

    /** Begins assertions over how a call ended that was allowed to be rejected. */
    public static <T extends @Nullable Object> OutcomeAssert<T> assertThat(@Nullable Outcome<T> actual) {
        return new OutcomeAssert<>(actual);
    }

    /** Begins assertions over a rejection that was thrown. */
    public static RejectionAssert assertThat(@Nullable CallRejectedException actual) {
        return new RejectionAssert(actual == null ? null : actual.rejection());
    }

    /** Begins assertions over a rejection that was not thrown. */
    public static RejectionAssert assertThat(@Nullable Rejection actual) {
        return new RejectionAssert(actual);
    }
}
