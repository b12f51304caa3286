package dev.mainstay.call;

/** Whether a call may be sent twice without harm. */
public enum Idempotence {
    /** It may. */
    YES,
    /** It may not: it is neither retried nor hedged. */
    NO,
    /** Nobody said; it is retried, but not hedged. */
    UNKNOWN
}
