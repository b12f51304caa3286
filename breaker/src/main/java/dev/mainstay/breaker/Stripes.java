package dev.mainstay.breaker;

/** Spreads threads over copies of what they would otherwise fight for. */
final class Stripes {

    /** How many longs are as far apart as two threads should keep, since processors fetch cache lines in pairs. */
    static final int PADDING = 16;

    /** A power of two, a few for each processor, so that threads mostly find one of their own. */
    static final int COUNT =
            Math.min(64, Integer.highestOneBit(4 * Runtime.getRuntime().availableProcessors() - 1));

    private Stripes() {}

    /**
     * Initialises the class while there is room for it: a class that fails to initialise at the end of a stack is lost
     * for good.
     */
    static void prepare() {}

    /**
     * The calling thread's stripe, from zero. Fibonacci hashing keeps threads apart that were started one after the
     * other.
     */
    static int mine() {
        return (int) ((Thread.currentThread().getId() * 0x9E37_79B9_7F4A_7C15L) >>> 32) & (COUNT - 1);
    }
}
