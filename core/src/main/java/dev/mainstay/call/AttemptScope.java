package dev.mainstay.call;

import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;

/** The scope of one attempt of a retry: what is registered in it is for that attempt alone. */
final class AttemptScope extends CancellationScope {

    AttemptScope(CancellationScope call) {
        super(call, TimeSource.system(), Nanos.FOREVER);
    }

    @Override
    protected boolean hasDeadline() {
        return false;
    }

    @Override
    protected boolean timedOut() {
        return false;
    }

    @Override
    protected void fire() {
        throw new AssertionError("never armed");
    }
}
