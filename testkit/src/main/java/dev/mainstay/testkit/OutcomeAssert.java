package dev.mainstay.testkit;

import dev.mainstay.outcome.Outcome;
import java.util.Objects;
import org.assertj.core.api.AbstractAssert;
import org.jspecify.annotations.Nullable;

/**
 * Assertions over how a call ended that was allowed to be rejected.
 *
 * @param <T> what the call gives, possibly null
 */
public final class OutcomeAssert<T extends @Nullable Object> extends AbstractAssert<OutcomeAssert<T>, Outcome<T>> {

    OutcomeAssert(@Nullable Outcome<T> actual) {
        super(actual, OutcomeAssert.class);
    }

    /** The call was rejected; what follows is about the rejection. */
    public RejectionAssert isRejected() {
        isNotNull();
        if (!actual.isRejected()) {
            failWithMessage("expected a rejection, but it was %s", actual);
        }
        return new RejectionAssert(actual.rejection());
    }

    /** The call was made and gave this. */
    public OutcomeAssert<T> hasResult(@Nullable Object expected) {
        isNotNull();
        if (actual.isRejected() || !Objects.equals(actual.get(), expected)) {
            failWithMessage("expected the result %s, but it was %s", expected, actual);
        }
        return this;
    }
}
