package dev.mainstay;

import dev.mainstay.safe.LeafSection;
import org.jspecify.annotations.Nullable;

/**
 * The gates that hold a permit until a call has ended whose caller a time limit has released. Safe for use by many
 * threads.
 */
final class LateExits {

    private @Nullable LateExit first;
    private @Nullable LateExit last;
    private boolean ended;

    /** False if the call has ended, or will never begin. */
    @LeafSection
    synchronized boolean add(LateExit exit) {
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

    /**
     * The call has ended, now or before: all go on, or wait for what goes on further in.
     *
     * @param further what the call has left behind, if anything
     */
    void end(@Nullable LateExits further) {
        LateExit exit = close();
        while (exit != null) {
            LateExit next = exit.next;
            exit.next = null;
            if (further == null || !further.add(exit)) {
                exit.run();
            }
            exit = next;
        }
    }

    @LeafSection
    private synchronized @Nullable LateExit close() {
        LateExit exits = first;
        first = null;
        last = null;
        ended = true;
        return exits;
    }
}
