package dev.mainstay.outcome;

/** Why a policy rejected a call. */
public enum RejectionReason {
    /** The circuit breaker is open. */
    OPEN("the circuit is open"),
    /** The circuit breaker is half-open and all its probes are out. */
    HALF_OPEN("the circuit is half-open and all its probes are out"),
    /** The circuit breaker was opened by hand. */
    FORCED_OPEN("the circuit was forced open"),
    /** As many calls as allowed are in progress, and waiting is not. */
    FULL("all slots are taken"),
    /** As many calls as allowed are waiting. */
    QUEUE_FULL("the queue is full"),
    /** The call waited as long as it may, in vain. */
    WAIT_EXPIRED("no slot came free in the time allowed for waiting"),
    /** The rate limit is used up. */
    RATE("the rate limit is used up"),
    /** The wait could not end before the call's deadline. */
    DEADLINE("the call's deadline does not allow the wait"),
    /** The calling thread was interrupted while it waited; its interrupt flag is set. */
    INTERRUPTED("the caller was interrupted while waiting"),
    /** The caller cancelled the call while it waited. */
    CANCELLED("the call was cancelled while waiting"),
    /** The executor that was to run the call did not take it. */
    EXECUTOR("the executor did not take the task"),
    /** Load is shed because the other side rejects too much of it. */
    THROTTLED("load is shed"),
    /** The call stood in line and was taken out of it, in favour of others. */
    SHED("the call was shed from the queue"),
    /** Whoever counts the permits, outside of this process, gave no answer. */
    BACKEND("the permits could not be asked for"),
    /** A reason of a policy of your own; its exception says which. */
    OTHER("the policy rejected the call");

    private final String text;

    RejectionReason(String text) {
        this.text = text;
    }

    /** The reason in words, as messages give it. */
    public String text() {
        return text;
    }
}
