package dev.mainstay.bulkhead;

import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;

/** What a bulkhead tells a call that it rejects: how full it was then. */
final class FullRejection extends Rejection {

    private static final long serialVersionUID = 1L;

    final int limit;
    final int inUse;
    final int queued;

    /**
     * A rejection of one call.
     *
     * @param numbers what {@link Slots#numbers()} said as the call was rejected; 0 to have them read now
     * @param stackTrace whether its exception takes a stack trace
     */
    FullRejection(String bulkhead, RejectionReason reason, Slots slots, long numbers, boolean stackTrace) {
        super(bulkhead, reason, -1, stackTrace);
        if (numbers == 0) {
            this.limit = slots.limit();
            this.inUse = slots.inUse();
            this.queued = slots.queued();
        } else {
            this.limit = Slots.limitIn(numbers);
            this.inUse = Slots.inUseIn(numbers);
            this.queued = Slots.queuedIn(numbers);
        }
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
