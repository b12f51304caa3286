package dev.mainstay.retry;

import dev.mainstay.safe.Require;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of a call ended in a result that was not acceptable. (Attempts that end in an exception end in that
 * exception, not in this one.) Earlier failures of the call are suppressed exceptions of this one. Carries values only.
 */
public final class RetriesExhaustedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String policyName;
    private final int attempts;

    /** Not serialised: nobody knows whether it can be. */
    private final transient @Nullable Object result;

    /**
     * For retries.
     *
     * @param attempts how many were made, at least one
     * @param result the last one's, possibly null
     */
    public RetriesExhaustedException(String policyName, int attempts, @Nullable Object result) {
        this.policyName = Require.present("policyName", policyName);
        this.attempts = attempts;
        this.result = result;
    }

    /** The name of the retry. */
    public String policyName() {
        return policyName;
    }

    /** How many attempts were made. */
    public int attempts() {
        return attempts;
    }

    /** The result of the last one, possibly null; null after serialisation. */
    public @Nullable Object result() {
        return result;
    }

    /** Says who gave up after how many attempts; not what the result was, which may be long or secret. */
    @Override
    public String getMessage() {
        return "'" + policyName + "' got no acceptable result in " + attempts
                + (attempts == 1 ? " attempt" : " attempts");
    }
}
