package dev.mainstay.outcome;

/**
 * What the end of a call means to the policies around it. One {@link Classifier} decides, and all of them read the same
 * word.
 */
public enum Verdict {

    /** The other side did its work. */
    SUCCESS,

    /** It failed. */
    ERROR,

    /** It is too busy: it timed out, rejected the load, or asked to be called later. */
    OVERLOAD,

    /**
     * One of our own policies further in rejected the call: nothing was sent, so nothing was learnt about the other
     * side.
     */
    REJECTED,

    /** It says nothing about the other side: the caller gave up, or this process is ill. */
    IGNORED;

    /** Whether the other side let the caller down: {@link #ERROR} or {@link #OVERLOAD}. */
    public boolean isFailure() {
        return this == ERROR || this == OVERLOAD;
    }
}
