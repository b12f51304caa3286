package dev.mainstay.testkit;

import dev.mainstay.Refusal;
import dev.mainstay.RejectionReason;
import java.time.Duration;
import java.util.Objects;
import org.assertj.core.api.AbstractAssert;
import org.jspecify.annotations.Nullable;

/** Assertions over a policy's "no", thrown or not. */
public final class RefusalAssert extends AbstractAssert<RefusalAssert, Refusal> {

    RefusalAssert(@Nullable Refusal actual) {
        super(actual, RefusalAssert.class);
    }

    /** This policy refused. */
    public RefusalAssert byPolicy(String expected) {
        isNotNull();
        return check(actual.policyName().equals(expected), "to come from '" + expected + "'");
    }

    /** It refused for this reason. */
    public RefusalAssert withReason(RejectionReason expected) {
        isNotNull();
        return check(actual.reason() == expected, "to have reason " + expected);
    }

    /** It says to come back after this; null means that it does not say. */
    public RefusalAssert withRetryAfter(@Nullable Duration expected) {
        isNotNull();
        return check(Objects.equals(actual.retryAfter(), expected), "to say to retry after " + expected);
    }

    /** Its message contains all this. */
    public RefusalAssert saying(String... expected) {
        isNotNull();
        String message = Objects.requireNonNullElse(actual.toException().getMessage(), "");
        for (String each : expected) {
            check(message.contains(each), "to say \"" + each + "\"");
        }
        return this;
    }

    private RefusalAssert check(boolean holds, String expectation) {
        if (!holds) {
            failWithMessage(
                    "expected the refusal %s, but it was %s with retry after %s: %s",
                    expectation,
                    actual.reason(),
                    actual.retryAfter(),
                    actual.toException().getMessage());
        }
        return this;
    }
}
