package dev.mainstay;

/**
 * Says whether successes change nothing in a {@link Gate} at present. The gate writes it, every call that ends reads
 * it. A call that ends while this changes may see either. Safe for use by many threads.
 */
public class QuietFlag {

    /** For subclasses that write it where nothing may be called. */
    protected volatile boolean quiet;

    /** Not quiet to begin with. */
    public QuietFlag() {}

    /** Whether it is quiet. */
    public final boolean isQuiet() {
        return quiet;
    }

    /** From now on it is quiet, or is not. */
    public final void set(boolean quiet) {
        this.quiet = quiet;
    }
}
