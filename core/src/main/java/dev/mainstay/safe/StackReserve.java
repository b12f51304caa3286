package dev.mainstay.safe;

/**
 * Finds out early whether the thread's stack has room. Code that takes something and needs many calls before it can give it back asks here first, so that a
 * {@link StackOverflowError} comes before anything is taken.
 *
 * <p>Costs some hundred nanoseconds: for paths that wait or repeat, not for the path of every call.
 */
public final class StackReserve {

    /** Some ten kilobytes of compiled frames, and more of interpreted ones. */
    private static final int FRAMES = 160;

    private StackReserve() {}

    /**
     * Returns if some kilobytes of stack are left.
     *
     * @throws StackOverflowError if they are not
     */
    public static void check() {
        long ignored = descend(FRAMES, 1, 2, 3, 4);
    }

    /** The arguments keep each frame in use until the deepest one has returned, so that the compiler cannot leave frames out. */
    private static long descend(int frames, long a, long b, long c, long d) {
        return frames == 0 ? a ^ b ^ c ^ d : descend(frames - 1, b + frames, c ^ a, d - b, a * 31) + (a ^ d);
    }
}
