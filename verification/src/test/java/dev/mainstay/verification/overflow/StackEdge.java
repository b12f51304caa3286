package dev.mainstay.verification.overflow;

/**
 * Runs an operation at the very end of a thread's stack, with a little more room each time, from too little to call
 * anything up to enough.
 */
public abstract class StackEdge {

    private static final long STACK_BYTES = 256 * 1024;

    private int overflows;

    /** Called with plenty of room, before a dive to the end of the stack. */
    protected void prepare() {}

    /**
     * What to do where the stack ends. Called again, with more room, if it throws a {@link StackOverflowError}. What it
     * notes after the operation itself must need no call.
     */
    protected abstract void operate();

    /** Called with plenty of room, after a dive. */
    protected void settle() {}

    /** Dives to the end of the stack of a new thread until the operation has overflowed so many times. */
    public final void overflow(int times) throws InterruptedException {
        Throwable[] failure = new Throwable[1];
        Thread thread = new Thread(
                null,
                () -> {
                    try {
                        for (int dives = 0; overflows < times; dives++) {
                            prepare();
                            dive(
                                    dives % 32,
                                    1,
                                    2,
                                    3,
                                    4,
                                    5,
                                    6,
                                    7,
                                    8,
                                    9,
                                    10,
                                    11,
                                    12,
                                    13,
                                    14,
                                    15,
                                    16,
                                    17,
                                    18,
                                    19,
                                    20,
                                    21,
                                    22,
                                    23,
                                    24);
                            settle();
                        }
                    } catch (Throwable t) {
                        failure[0] = t;
                    }
                },
                "edge",
                STACK_BYTES);
        thread.start();
        thread.join();
        if (failure[0] != null) {
            throw new AssertionError("with " + overflows + " overflows", failure[0]);
        }
    }

    /** Wide frames, which the arguments keep wide: the deeper a stack is, the longer the JVM takes to overflow it. */
    @SuppressWarnings("InfiniteRecursion") // to the end of the stack
    private boolean dive(
            int narrow,
            long a,
            long b,
            long c,
            long d,
            long e,
            long f,
            long g,
            long h,
            long i,
            long j,
            long k,
            long l,
            long m,
            long n,
            long o,
            long p,
            long q,
            long r,
            long s,
            long t,
            long u,
            long v,
            long w,
            long x) {
        boolean done;
        try {
            done = dive(narrow, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, a + 1);
        } catch (StackOverflowError end) {
            done = diveNarrow(narrow);
        }
        long used = a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ i ^ j ^ k ^ l ^ m ^ n ^ o ^ p ^ q ^ r ^ s ^ t ^ u ^ v ^ w ^ x;
        return done || tryHere() || used == Long.MIN_VALUE;
    }

    private boolean diveNarrow(int frames) {
        boolean done;
        try {
            done = frames > 0 && diveNarrow(frames - 1);
        } catch (StackOverflowError end) {
            done = false;
        }
        return done || tryHere();
    }

    private boolean tryHere() {
        try {
            operate();
            return true;
        } catch (StackOverflowError overflow) {
            overflows++;
            return false;
        }
    }
}
