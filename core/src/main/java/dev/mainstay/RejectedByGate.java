package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Rejection;

/**
 * Has a gate reject a call: no exception of its own. C2 does not inline methods of an exception's class. With all that
 * a rejection takes inlined, a guarded call would be too large to be inlined into its caller, and throwing would have
 * to unwind frames, which costs more than all the rest.
 */
abstract class RejectedByGate extends CallRejectedException {

    private static final long serialVersionUID = 1L;

    RejectedByGate(Rejection rejection) {
        super(rejection);
    }

    static CallRejectedException of(Gate gate, long code, CallContext context, long now) {
        return gate.rejected(code, context, now).toException();
    }
}
