package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.PolicyKind;
import java.util.List;

/** Several policies together. */
public enum Policies {
    /** Retry, breaker, rate limiter, bulkhead. */
    FOUR(PolicyKind.FOUR),
    /** The same with a time limiter for each attempt. */
    FIVE(PolicyKind.FIVE);

    @SuppressWarnings("ImmutableEnumChecker") // a list that cannot be changed
    private final List<PolicyKind> kinds;

    Policies(List<PolicyKind> kinds) {
        this.kinds = kinds;
    }

    List<PolicyKind> kinds() {
        return kinds;
    }
}
