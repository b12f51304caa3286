package dev.mainstay.benchmarks.contenders;

import java.util.List;

/** The policies that are compared. */
public enum PolicyKind {
    RETRY,
    BREAKER,
    RATE_LIMITER,
    BULKHEAD,
    TIME_LIMITER;

    /** Retry, breaker, rate limiter and bulkhead, the outermost first. */
    public static final List<PolicyKind> FOUR = List.of(RETRY, BREAKER, RATE_LIMITER, BULKHEAD);

    /** The same with a time limiter for each attempt. */
    public static final List<PolicyKind> FIVE = List.of(RETRY, BREAKER, RATE_LIMITER, BULKHEAD, TIME_LIMITER);
}
