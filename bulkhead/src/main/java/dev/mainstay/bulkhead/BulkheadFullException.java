package dev.mainstay.bulkhead;

import dev.mainstay.outcome.CallRejectedException;

/**
 * A bulkhead had no slot for the call, or none in time: its reason says which. Tells how full the bulkhead was.
 */
public final class BulkheadFullException extends CallRejectedException {

    private static final long serialVersionUID = 1L;

    private final FullRejection details;

    BulkheadFullException(FullRejection rejection) {
        super(rejection);
        this.details = rejection;
    }

    /** How many calls the bulkhead allowed at a time. */
    public int limit() {
        return details.limit;
    }

    /** How many were in progress; more than the limit for a while after that was lowered. */
    public int inUse() {
        return details.inUse;
    }

    /** How many waited in line. */
    public int queued() {
        return details.queued;
    }
}
