package dev.mainstay.benchmarks.questions;

/** How many of the calls fail. */
public enum Failures {
    NONE(0),
    ONE_PERCENT(100),
    HALF(2);

    private final int every;

    Failures(int every) {
        this.every = every;
    }

    /** Each n-th call, or 0 for none. */
    int every() {
        return every;
    }
}
