package dev.mainstay;

/**
 * Says whether successes change nothing in a {@link Gate} at present. The gate writes it, every call that ends reads
 * it. A call that ends while this changes may see either.
 *
 * <p>A gate that counts its successes only up to some number extends this class: calm prevails once {@link #count} has
 * reached {@link #calmFrom}, so that the success which makes it calm has no more to do than to count itself. Where many
 * calls are counted before that, it can say so in {@link #mayPrevail}. Any other gate calls {@link #set}. Safe for use
 * by many threads.
 */
public class Calm extends CalmPadding {

    /** How many calls have been counted. It never becomes smaller. */
    protected volatile long count;

    /** Not calm to begin with. */
    public Calm() {}

    /** Whether it is calm. */
    public final boolean prevails() {
        // In this order: the count only grows, so that it has still reached what is read after it.
        return mayPrevail && count >= calmFrom;
    }

    /** From now on it is calm, or is not. */
    public final void set(boolean prevails) {
        calmFrom = prevails ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
}
