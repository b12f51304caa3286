package dev.mainstay.retry;

/** Why a call that had attempts left was not attempted again. */
public enum RetryDenial {
    /** The budget had no token left. */
    BUDGET,
    /** The wait could not have ended before the call's deadline, or within its {@code maxDuration}. */
    DEADLINE,
    /** The other side asked for a longer wait than {@code maxRetryAfter}. It is not asked sooner than it wants. */
    RETRY_AFTER
}
