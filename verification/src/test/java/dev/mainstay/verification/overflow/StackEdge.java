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
                            // With frames of another size, the stack ends elsewhere.
                            dive(dives % 16);
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

    private boolean dive(int narrow) {
        boolean done;
        try {
            done = narrow > 0 ? dive(narrow - 1) : diveWide(1, 2, 3);
        } catch (StackOverflowError end) {
            done = false;
        }
        return done || tryHere();
    }

    private boolean diveWide(long a, long b, long c) {
        boolean done;
        try {
            done = diveWide(b, c, a + b);
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
