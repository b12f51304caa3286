package dev.mainstay.bulkhead;

import dev.mainstay.CallRejectedException;
import dev.mainstay.RejectionReason;

/**
 * A bulkhead had no slot for the call, or none in time: its reason says which. Tells how full the bulkhead was.
 */
public final class BulkheadFullException extends CallRejectedException {

    private static final long serialVersionUID = 1L;

    private final int limit;
    private final int inUse;
    private final int queued;

    BulkheadFullException(String bulkhead, RejectionReason reason, Slots slots) {
        super(bulkhead, reason, -1, null, false);
        this.limit = slots.limit();
        this.inUse = slots.inUse();
        this.queued = slots.queued();
    }

    /** How many calls the bulkhead allowed at a time. */
    public int limit() {
        return limit;
    }

    /** How many were in progress; more than the limit for a while after that was lowered. */
    public int inUse() {
        return inUse;
    }

    /** How many waited in line. */
    public int queued() {
        return queued;
    }

    @Override
    protected String numbers() {
        return inUse + " of " + limit + " in use, " + queued + " queued";
    }
}
