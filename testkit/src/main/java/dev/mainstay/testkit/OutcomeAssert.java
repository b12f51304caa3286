package dev.mainstay.testkit;

import dev.mainstay.Outcome;
import java.util.Objects;
import org.assertj.core.api.AbstractAssert;
import org.jspecify.annotations.Nullable;

/**
 * Assertions over how a call ended that was allowed to be refused.
 *
 * @param <T> what the call gives, possibly null
 */
public final class OutcomeAssert<T extends @Nullable Object> extends AbstractAssert<OutcomeAssert<T>, Outcome<T>> {

    OutcomeAssert(@Nullable Outcome<T> actual) {
        super(actual, OutcomeAssert.class);
    }

    /** The call was refused; what follows is about the refusal. */
    public RefusalAssert isRefused() {
        isNotNull();
        if (!actual.isRefused()) {
            failWithMessage("expected a refusal, but it was %s", actual);
        }
        return new RefusalAssert(actual.refusal());
    }

    /** The call was made and gave this. */
    public OutcomeAssert<T> hasResult(@Nullable Object expected) {
        isNotNull();
        if (actual.isRefused() || !Objects.equals(actual.get(), expected)) {
            failWithMessage("expected the result %s, but it was %s", expected, actual);
        }
        return this;
    }
}
