package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * What calls could not do at a gate because their stack was full: the permits that they owe it, and the answered
 * waiters that they could not wake. The next call that enters, leaves or asks does it for them. Safe for use by many
 * threads.
 */
final class OwedPermits {

    /*
     * Noting a permit
     * ===============
     * On a full stack nothing can be called, not even a method of this class. So each place at which a call ends has
     * the same block written out. It only reads and writes the fields below:
     *
     *   try {
     *       synchronized (owed) {                                   // the usual case: the permit is owed
     *           if (owed.count == 0 || owed.permit == permit) {
     *               owed.permit = permit;
     *               owed.count++;
     *           }
     *       }
     *   } catch (Throwable noRoomToLock) {                          // the permit is a stray
     *       owed.stray = permit;
     *       owed.strays = owed.strays + 1;
     *   }
     *
     * Strays
     * ======
     * Compiled code locks without looking at the stack. The interpreter does look, and throws. Code that was compiled
     * may have to go on interpreted, in larger frames, when it meets a case that it was not compiled for, such as the
     * first overflow. Then there is no room for the lock, and the permit is noted without it. A thread that enters
     * gives back first what is owed, so that a thread leaves one stray at most.
     *
     * Who uses the fields
     * ===================
     *   permit, count   read and written under the monitor; count is also read without it, as a hint
     *   stray, strays   written without the monitor: the permit before the count
     *   straysBack      written under the monitor, and read without it, as a hint
     *   unwoken         read and written under the monitor; also read without it, as a hint
     *
     * The monitor is this object's own. It also guards the field Permit.used, which has to change together with these.
     */

    /** A permit that could not be given back. */
    long permit;

    /**
     * How many times that permit is owed. Permits are owed only on a full stack, and are all alike in most gates. If
     * they differ, only the first is kept.
     */
    int count;

    /** One that was noted without the lock, for which the stack had no room. */
    long stray;

    /**
     * How many of these there were. Of two threads that run out of stack at the very same moment, one may go
     * uncounted.
     */
    volatile int strays;

    /** How many of these were given back. */
    private int straysBack;

    /** The first of the waiters that were answered and could not be woken; each knows the next. */
    @Nullable
    Waiter unwoken;

    /** Whether there is nothing to be done for anybody. */
    boolean isEmpty() {
        return count == 0 && strays == straysBack && unwoken == null;
    }

    /**
     * Gives back to the gate what is owed, each as the permit of a call that was ignored, and wakes who was not woken.
     *
     * @return what has kept it from giving back, if anything; the rest is then still owed
     */
    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    @Nullable
    Throwable giveBack(Gate gate) {
        if (unwoken != null) {
            wakeUnwoken();
        }
        while (count != 0 || strays != straysBack) {
            long next;
            synchronized (this) {
                if (count != 0) {
                    next = permit;
                    count--;
                } else if (strays != straysBack) {
                    next = stray;
                    straysBack++;
                } else {
                    return null;
                }
            }
            try {
                gate.exit(next, TimeSource.UNREAD, TimeSource.UNREAD, Verdict.IGNORED, CallContext.plain(), null, null);
            } catch (Throwable noRoom) {
                try {
                    synchronized (this) {
                        if (count == 0 || permit == next) {
                            permit = next;
                            count++;
                        }
                    }
                } catch (Throwable noRoomToLock) {
                    stray = next;
                    strays = strays + 1;
                }
                return noRoom;
            }
        }
        return null;
    }

    /** Wakes those that were answered on a full stack. One that cannot be woken here, either, is left to the next. */
    @LeafSection
    void wakeUnwoken() {
        Waiter waiter = null;
        try {
            StackReserve.check();
            waiter = takeUnwoken();
            while (waiter != null) {
                waiter.wake();
                waiter = takeUnwoken();
            }
        } catch (Throwable noRoom) {
            if (waiter != null) {
                synchronized (this) {
                    waiter.nextUnwoken = unwoken;
                    unwoken = waiter;
                }
            }
        }
    }

    @LeafSection
    private @Nullable Waiter takeUnwoken() {
        synchronized (this) {
            Waiter waiter = unwoken;
            if (waiter != null) {
                unwoken = waiter.nextUnwoken;
                waiter.nextUnwoken = null;
            }
            return waiter;
        }
    }
}
