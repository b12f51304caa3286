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

    private @Nullable Throwable first;
    private @Nullable Throwable second;
    private @Nullable Throwable third;

    void add(Throwable failure) {
        if (first == null) {
            first = failure;
        } else if (failure == first || failure == second) {
            return;
        } else if (second == null) {
            second = failure;
        } else if (third == null) {
            third = failure;
        }
    }

    void suppressIn(Throwable last) {
        suppress(last, first);
        suppress(last, second);
        suppress(last, third);
    }

    static void suppress(Throwable last, @Nullable Throwable other) {
        if (other == null) {
            return;
        }
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
