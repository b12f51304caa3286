package dev.mainstay.benchmarks.questions;

/** Whether somebody reads what can be measured. */
public enum Metrics {
    UNBOUND,
    BOUND
}
