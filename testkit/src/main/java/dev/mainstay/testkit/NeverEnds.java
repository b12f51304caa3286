package dev.mainstay.testkit;

/** A call whose end nothing could bring about any more. */
final class NeverEnds extends AssertionError {

    private static final long serialVersionUID = 1L;

    NeverEnds(IllegalStateException cause) {
        super("the call never ends: " + cause.getMessage(), cause);
    }
}
