package dev.mainstay.safe;

/**
 * Finds out early whether the thread's stack has room. Code that takes something and needs many calls before it can
 * give it back asks here first, so that a {@link StackOverflowError} comes before anything is taken.
 *
 * <p>Costs some hundred nanoseconds: for paths that wait or repeat, not for the path of every call.
 */
public final class StackReserve {

    /** Few frames and wide ones: some ten kilobytes if they are compiled, and more if not. */
    private static final int FRAMES = 16;

    private StackReserve() {}

    /**
     * Returns if some kilobytes of stack are left.
     *
     * @throws StackOverflowError if they are not
     */
    public static void check() {
        long ignored =
                descend(FRAMES, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
    }

    /**
     * The arguments keep each frame in use until the deepest one has returned, so that the compiler cannot leave frames
     * out.
     */
    private static long descend(
            int frames,
            long v0,
            long v1,
            long v2,
            long v3,
            long v4,
            long v5,
            long v6,
            long v7,
            long v8,
            long v9,
            long v10,
            long v11,
            long v12,
            long v13,
            long v14,
            long v15,
            long v16,
            long v17,
            long v18,
            long v19,
            long v20,
            long v21,
            long v22,
            long v23) {
        long above = frames == 0
                ? v0
                : descend(
                        frames - 1,
                        v1 + 0,
                        v2 + 1,
                        v3 + 2,
                        v4 + 3,
                        v5 + 4,
                        v6 + 5,
                        v7 + 6,
                        v8 + 7,
                        v9 + 8,
                        v10 + 9,
                        v11 + 10,
                        v12 + 11,
                        v13 + 12,
                        v14 + 13,
                        v15 + 14,
                        v16 + 15,
                        v17 + 16,
                        v18 + 17,
                        v19 + 18,
                        v20 + 19,
                        v21 + 20,
                        v22 + 21,
                        v23 + 22,
                        v0 + 23);
        return above ^ v0 ^ v1 ^ v2 ^ v3 ^ v4 ^ v5 ^ v6 ^ v7 ^ v8 ^ v9 ^ v10 ^ v11 ^ v12 ^ v13 ^ v14 ^ v15 ^ v16 ^ v17
                ^ v18 ^ v19 ^ v20 ^ v21 ^ v22 ^ v23;
    }
}
