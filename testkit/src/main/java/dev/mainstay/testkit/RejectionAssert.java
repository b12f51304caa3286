package dev.mainstay.testkit;

import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import java.time.Duration;
import java.util.Objects;
import org.assertj.core.api.AbstractAssert;
import org.jspecify.annotations.Nullable;

/** Assertions over a policy's "no", thrown or not. */
public final class RejectionAssert extends AbstractAssert<RejectionAssert, Rejection> {

    RejectionAssert(@Nullable Rejection actual) {
        super(actual, RejectionAssert.class);
    }

    /** This policy rejected the call. */
    public RejectionAssert byPolicy(String expected) {
        isNotNull();
        return check(actual.policyName().equals(expected), "to come from '" + expected + "'");
    }

    /** It rejected the call for this reason. */
    public RejectionAssert withReason(RejectionReason expected) {
        isNotNull();
        return check(actual.reason() == expected, "to have reason " + expected);
    }

    /** It says to come back after this; null means that it does not say. */
    public RejectionAssert withRetryAfter(@Nullable Duration expected) {
        isNotNull();
        return check(Objects.equals(actual.retryAfter(), expected), "to say to retry after " + expected);
    }

    /** Its message contains all this. */
    public RejectionAssert saying(String... expected) {
        isNotNull();
        String message = Objects.requireNonNullElse(actual.toException().getMessage(), "");
        for (String each : expected) {
            check(message.contains(each), "to say \"" + each + "\"");
        }
        return this;
    }

    private RejectionAssert check(boolean holds, String expectation) {
        if (!holds) {
            failWithMessage(
                    "expected the rejection %s, but it was %s with retry after %s: %s",
                    expectation,
                    actual.reason(),
                    actual.retryAfter(),
                    actual.toException().getMessage());
        }
        return this;
    }
}
