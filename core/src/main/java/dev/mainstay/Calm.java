package dev.mainstay;

/**
 * Whether successes change nothing in a {@link Gate} at present: said by the gate, read by every call that ends. A call that ends while this changes may have seen it either way. Safe for use by many
 * threads.
 */
public final class Calm {

    private volatile boolean prevails;

    /** Not calm to begin with. */
    public Calm() {}

    /** Whether it is calm. */
    public boolean prevails() {
        return prevails;
    }

    /** From now on it is calm, or is not. */
    public void set(boolean prevails) {
        this.prevails = prevails;
    }
}
