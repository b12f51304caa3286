package dev.mainstay.outcome;

import dev.mainstay.safe.LeafSection;
import org.jspecify.annotations.Nullable;

/**
 * The gates that hold a permit until a call has ended whose caller a time limit has released. For policies that release
 * callers: hand one of these to the {@link CallTimeoutException}, and {@linkplain #end end} it when the body has ended.
 * Safe for use by many threads.
 */
public final class LateExits {

    /** A gate's part in such an end. */
    public abstract static class Exit {

        /** The next in the list of the same call, which guards it. */
        private @Nullable Exit next;

        /** For subclasses. */
        protected Exit() {}

        /** The call has ended. Must not throw. */
        protected abstract void run();
    }

    private @Nullable Exit first;
    private @Nullable Exit last;
    private boolean ended;

    /** Of a call that has not ended. */
    public LateExits() {}

    /**
     * For gates: adds what to do when the call has ended. Does nothing and returns false if it has, or never begins.
     */
    @LeafSection
    public synchronized boolean add(Exit exit) {
        if (ended) {
            return false;
        }
        if (last == null) {
            first = exit;
        } else {
            last.next = exit;
        }
        last = exit;
        return true;
    }

    /** What a call that failed so has left behind; null if nothing. */
    public static @Nullable LateExits leftBy(@Nullable Throwable failure) {
        return failure instanceof CallTimeoutException timeout ? timeout.unfinished() : null;
    }

    /**
     * The call has ended, now or before: all go on, or wait for what goes on further in.
     *
     * @param further what the call has left behind, if anything
     */
    public void end(@Nullable LateExits further) {
        Exit exit = close();
        while (exit != null) {
            Exit next = exit.next;
            exit.next = null;
            if (further == null || !further.add(exit)) {
                exit.run();
            }
            exit = next;
        }
    }

    @LeafSection
    private synchronized @Nullable Exit close() {
        Exit exits = first;
        first = null;
        last = null;
        ended = true;
        return exits;
    }
}
