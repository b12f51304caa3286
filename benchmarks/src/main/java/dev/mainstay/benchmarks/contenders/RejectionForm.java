package dev.mainstay.benchmarks.contenders;

/** How a caller is told that its call was rejected. */
public enum RejectionForm {
    /** By an exception, as the library makes it by default. */
    THROWN,
    /** By an exception whose stack trace was turned off. */
    THROWN_WITHOUT_TRACE,
    /** By a value. */
    VALUE
}
