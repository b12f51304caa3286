package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.PolicyKind;
import java.util.List;

/** Several policies together. */
public enum Policies {
    /** Retry, breaker, rate limiter, bulkhead. */
    FOUR,
    /** The same with a time limiter for each attempt. */
    FIVE;

    List<PolicyKind> kinds() {
        return switch (this) {
            case FOUR -> PolicyKind.FOUR;
            case FIVE -> PolicyKind.FIVE;
        };
    }
}
