package dev.mainstay;

/**
 * Says whether successes change nothing in a {@link Gate} at present. The gate writes it, every call that ends reads
 * it. A call that ends while this changes may see either. Safe for use by many threads.
 */
public class Calm {

    /** For subclasses that write it where nothing may be called. */
    protected volatile boolean prevails;

    /** Not calm to begin with. */
    public Calm() {}

    /** Whether it is calm. */
    public final boolean prevails() {
        return prevails;
    }

    /** From now on it is calm, or is not. */
    public final void set(boolean prevails) {
        this.prevails = prevails;
    }
}
