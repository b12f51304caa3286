package dev.mainstay.examples.demo;

/** What a circuit breaker lets through: everything, a few probes, nothing. */
enum BreakerState {
    CLOSED(0),
    HALF_OPEN(1),
    OPEN(2);

    private final int level;

    BreakerState(int level) {
        this.level = level;
    }

    /** Where the report draws it. */
    int level() {
        return level;
    }
}
