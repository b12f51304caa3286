package dev.mainstay.bulkhead;

import dev.mainstay.CallRejectedException;
import dev.mainstay.Rejection;
import dev.mainstay.RejectionReason;

/** What a bulkhead tells a call that it rejects: how full it was then. */
final class FullRejection extends Rejection {

    private static final long serialVersionUID = 1L;

    final int limit;
    final int inUse;
    final int queued;

    FullRejection(String bulkhead, RejectionReason reason, Slots slots) {
        super(bulkhead, reason, -1);
        this.limit = slots.limit();
        this.inUse = slots.inUse();
        this.queued = slots.queued();
    }

    @Override
    protected String numbers() {
        return inUse + " of " + limit + " in use, " + queued + " queued";
    }

    @Override
    public CallRejectedException toException() {
        return new BulkheadFullException(this);
    }
}
