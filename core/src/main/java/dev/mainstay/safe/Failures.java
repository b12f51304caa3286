package dev.mainstay.safe;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Looks at exceptions that are not ours. Their methods may be overridden and may throw; those of this class do not.
 */
public final class Failures {

    /** How many causes are followed at most: a chain of causes may be a ring. */
    public static final int CAUSES_AT_MOST = 32;

    private static final int SUPPRESSED_AT_MOST = 8;

    private Failures() {}

    /** The failure itself, out of the {@code CompletionException}s in which dependent stages wrap it. */
    public static Throwable unwrap(Throwable failure) {
        Throwable inner = failure;
        for (int depth = 0; depth < CAUSES_AT_MOST; depth++) {
            if (!(inner instanceof CompletionException || inner instanceof ExecutionException)) {
                return inner;
            }
            Throwable cause = causeOf(inner);
            if (cause == null || cause == inner) {
                return inner;
            }
            inner = cause;
        }
        return inner;
    }

    /** Its cause; null if it has none or cannot say. */
    public static @Nullable Throwable causeOf(Throwable failure) {
        try {
            return failure.getCause();
        } catch (Throwable broken) {
            return null;
        }
    }

    /** Its {@code toString()}, or the name of its class if that throws. */
    public static String textOf(Throwable failure) {
        try {
            String text = failure.toString();
            return text == null ? failure.getClass().getName() : text;
        } catch (Throwable broken) {
            return failure.getClass().getName();
        }
    }

    /**
     * Adds a suppressed exception, unless one of the two is the other or already tells of it, or there are several
     * already. Exceptions may be shared between calls: one must neither collect the failures of all of them nor contain
     * itself.
     */
    public static void suppress(Throwable failure, @Nullable Throwable other) {
        if (other == null) {
            return;
        }
        try {
            if (failure.getSuppressed().length < SUPPRESSED_AT_MOST
                    && !tellsOf(failure, other)
                    && !tellsOf(other, failure)) {
                failure.addSuppressed(other);
            }
        } catch (Throwable broken) {
            // An exception that cannot be asked for its cause is thrown as it is.
        }
    }

    /** Whether one is the other, or has it for a cause or among its suppressed ones. */
    private static boolean tellsOf(Throwable failure, Throwable other) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < CAUSES_AT_MOST; depth++) {
            if (cause == other) {
                return true;
            }
            for (Throwable suppressed : cause.getSuppressed()) {
                if (suppressed == other) {
                    return true;
                }
            }
            cause = cause.getCause();
        }
        return false;
    }

    /** What is neither an {@code Exception} nor an {@code Error} is thrown as it is. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    public static <X extends Throwable> X undeclared(Throwable failure) throws X {
        throw (X) failure;
    }
}
