package dev.mainstay.jcstress;

/** How a call fails in these tests: without a stack trace, so that making it takes no time. */
public final class Failure extends Exception {

    private static final long serialVersionUID = 1L;

    /** As a call would throw it. */
    public Failure() {
        super("failed", null, false, false);
    }
}
