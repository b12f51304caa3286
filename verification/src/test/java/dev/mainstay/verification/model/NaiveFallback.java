package dev.mainstay.verification.model;

import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.RejectionReason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * A fallback as its documentation has it: cases, of which the first that matches answers, and then the last good result
 * if it is not too old. A result may be replaced, and is no good one then.
 */
final class NaiveFallback {

    /** What becomes of failures of a type: an answer, or another failure. */
    record Case(Class<? extends Exception> type, String answer, boolean fails) {}

    /** The failure of a case that fails, too. */
    static final class FailedToo extends RuntimeException {

        private static final long serialVersionUID = 1L;
    }

    static final String REPLACEMENT = "in the place of null";

    private final List<Case> cases;

    /** Negative if no result is remembered. */
    private final long maxAge;

    /** Whether null is replaced by {@link #REPLACEMENT}. */
    private final boolean replacesNull;

    private boolean hasLast;
    private @Nullable String last;
    private long lastAt;

    /** Which cases were asked. */
    final List<Case> asked = new ArrayList<>();

    NaiveFallback(List<Case> cases, long maxAge, boolean replacesNull) {
        this.cases = cases;
        this.maxAge = maxAge;
        this.replacesNull = replacesNull;
    }

    /** What comes out of a call that ends so. */
    String line(Ending ending, long now) {
        Throwable failure = ending.failure();
        if (failure == null && replacesNull && ending.result() == null) {
            return "result " + REPLACEMENT;
        }
        if (failure == null) {
            hasLast = true;
            last = ending.result();
            lastAt = now;
            return ending.line();
        }
        if (!(failure instanceof Exception) || isUnwanted(failure)) {
            return ending.line();
        }
        for (Case each : cases) {
            if (each.type.isInstance(failure)) {
                asked.add(each);
                return each.fails ? Lines.of(new FailedToo(), List.of(failure)) : "result " + each.answer;
            }
        }
        return hasLast && now - lastAt <= maxAge ? "result " + last : ending.line();
    }

    /** Whether the caller does not want an answer any more. */
    private static boolean isUnwanted(Throwable failure) {
        return failure instanceof InterruptedException
                || failure instanceof CancellationException
                || (failure instanceof CallRejectedException rejection
                        && (rejection.reason() == RejectionReason.INTERRUPTED
                                || rejection.reason() == RejectionReason.CANCELLED));
    }

    @Override
    public String toString() {
        return cases + ", last good for " + maxAge + (replacesNull ? ", null replaced" : "");
    }
}
