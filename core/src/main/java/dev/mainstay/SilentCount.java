package dev.mainstay;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A number of calls, to which successes by a {@link StandingPermit} are added without the {@link Gate} hearing of them, as long as it has no other interest in them: up to a number that it says. Safe for
 * use by many threads.
 *
 * <p>A gate that ends the silence, adds one and then reads has all successes before it that were added in silence; none is added unseen after it, until the gate allows it anew.
 */
public final class SilentCount {

    /*
     * A success reads the count, then how long silence lasts, and then changes the count only if it is still what it was. So if the silence has ended before a
     * call was added, no success that has seen it last can be added after that call.
     */
    private static final VarHandle COUNT;

    static {
        try {
            COUNT = MethodHandles.lookup().findVarHandle(SilentCount.class, "count", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile long count;
    private volatile long silentUpTo;

    /** Of nothing yet, and not silent. */
    public SilentCount() {}

    /** How many calls have been added, in silence or not. */
    public long count() {
        return count;
    }

    /** Adds a call, and returns the count with it. */
    public long add() {
        return (long) COUNT.getAndAdd(this, 1L) + 1;
    }

    /** Adds a call if the count is still this; false if another has been added. */
    public boolean addTo(long count) {
        return COUNT.compareAndSet(this, count, count + 1);
    }

    /** From now on, successes are added in silence as long as the count is not above this with them; 0 to hear of each. */
    public void silentUpTo(long count) {
        silentUpTo = count;
    }

    /** Up to which count successes are added in silence. */
    public long silentUpTo() {
        return silentUpTo;
    }

    /** Adds a success in silence; false if the gate wants to hear of it, or another call was added at the same time. */
    public boolean addInSilence() {
        long before = count;
        return before < silentUpTo && addTo(before);
    }
}
