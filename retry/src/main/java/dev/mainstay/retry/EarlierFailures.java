package dev.mainstay.retry;

import org.jspecify.annotations.Nullable;

/**
 * The failures of a call before its last one: the first few that are different, to be suppressed exceptions of the one that comes out.
 *
 * <p>An exception may be shared: one instance that many calls throw, at the same time and over and over. It must not collect the failures of all of them, nor contain itself by
 * a detour.
 */
final class EarlierFailures {

    private static final int AT_MOST = 3;
    private static final int CAUSES_AT_MOST = 16;

    private final @Nullable Throwable[] failures = new @Nullable Throwable[AT_MOST];
    private int count;

    void add(Throwable failure) {
        for (int i = 0; i < count; i++) {
            if (failures[i] == failure) {
                return;
            }
        }
        if (count < AT_MOST) {
            failures[count++] = failure;
        }
    }

    void suppressIn(Throwable last) {
        for (Throwable failure : failures) {
            if (failure != null) {
                suppress(last, failure);
            }
        }
    }

    static void suppress(Throwable last, Throwable other) {
        try {
            if (last.getSuppressed().length < AT_MOST && !tellsOf(last, other) && !tellsOf(other, last)) {
                last.addSuppressed(other);
            }
        } catch (RuntimeException broken) {
            // An exception that cannot even be asked for its cause is thrown as it is.
        }
    }

    /** Whether one is the other, or has it for a cause or among its suppressed ones. */
    private static boolean tellsOf(Throwable failure, Throwable other) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < CAUSES_AT_MOST; depth++) {
            if (cause == other) {
                return true;
            }
            cause = cause.getCause();
        }
        for (Throwable suppressed : failure.getSuppressed()) {
            if (suppressed == other) {
                return true;
            }
        }
        return false;
    }
}
