package dev.mainstay.future;

/**
 * How many completions of ours run within one another on a thread. A future's dependents run where it is completed, and
 * may complete the next: beyond some depth the rest goes to another thread, so that a chain of any length needs a
 * constant stack. Only nesting counts: there is no queue that a dependent which blocks could keep from being emptied.
 */
final class NestingDepth {

    static final int DEEPEST = 16;

    /** An array, since a thread local that held an object of ours would keep an application's class loader. */
    private static final ThreadLocal<int[]> DEPTH = new ThreadLocal<>();

    private NestingDepth() {}

    /**
     * The depth of the current thread, at index 0. Counted up and down by plain writes: those cannot fail for want of
     * stack.
     */
    static int[] depth() {
        int[] depth = DEPTH.get();
        if (depth == null) {
            depth = new int[1];
            DEPTH.set(depth);
        }
        return depth;
    }
}
