package dev.mainstay.retry;

import dev.mainstay.safe.Failures;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The failures of a call before its last one: the first few that are different, to be suppressed exceptions of the one
 * that comes out.
 *
 * <p>Many calls may throw the same exception, at the same time and over and over. It must not collect the failures of
 * all of them, nor contain itself by any detour.
 */
final class EarlierFailures {

    private static final int AT_MOST = 3;

    /** Of an exception that leads to more others than this, nobody finds out whether it leads to a given one. */
    private static final int FOLLOWED_AT_MOST = 64;

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
        if (other != null && last.getSuppressed().length < AT_MOST && !mayLeadTo(last, other)) {
            Failures.suppress(last, other);
        }
    }

    /**
     * Whether the failure is among what an exception tells of, directly or by way of others: its causes, and what these
     * suppress, and so on.
     */
    private static boolean mayLeadTo(Throwable failure, Throwable from) {
        if (from.getSuppressed().length == 0 && Failures.causeOf(from) == null) {
            return from == failure;
        }
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Throwable> next = new ArrayDeque<>();
        next.add(from);
        while (!next.isEmpty()) {
            Throwable each = next.remove();
            if (each == failure || seen.size() == FOLLOWED_AT_MOST) {
                return true;
            }
            if (seen.add(each)) {
                Throwable cause = Failures.causeOf(each);
                if (cause != null) {
                    next.add(cause);
                }
                Collections.addAll(next, each.getSuppressed());
            }
        }
        return false;
    }
}
