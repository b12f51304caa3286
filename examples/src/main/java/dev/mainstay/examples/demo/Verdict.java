package dev.mainstay.examples.demo;

/** What a comparison shows, and the exit status that says so. */
enum Verdict {
    /** The guarded arm recovered in time. */
    PASSED(0),
    /** It did not. */
    FAILED(1),
    /** An arm was in trouble before the outage, so that nothing can be compared. 2 is a wrong argument. */
    INVALID(3);

    private final int exitCode;

    Verdict(int exitCode) {
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}
