package dev.mainstay.benchmarks.questions;

/** When the stage that a call answers with is complete. */
public enum Stage {
    /** When it is returned. */
    COMPLETED,
    /** After the call has returned. */
    INCOMPLETE
}
