package dev.mainstay.benchmarks.contenders;

/** How a caller is told that its call was refused. */
public enum RefusalForm {
    /** By an exception, as the library makes it by default. */
    THROWN,
    /** By an exception whose stack trace was turned off. */
    THROWN_WITHOUT_TRACE,
    /** By a value. */
    VALUE
}
