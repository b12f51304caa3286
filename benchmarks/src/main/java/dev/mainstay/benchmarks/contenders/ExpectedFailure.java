package dev.mainstay.benchmarks.contenders;

/** The failure of bodies that fail, made once: what is measured is what libraries make of it. */
public final class ExpectedFailure extends RuntimeException {

    @SuppressWarnings("StaticAssignmentOfThrowable") // it has no stack trace that could be a wrong one
    public static final ExpectedFailure INSTANCE = new ExpectedFailure();

    private static final long serialVersionUID = 1;

    private ExpectedFailure() {
        super("as expected", null, false, false);
    }
}
