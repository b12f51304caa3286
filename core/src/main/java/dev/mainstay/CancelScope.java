package dev.mainstay;

import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import org.jspecify.annotations.Nullable;

/** The scope of a call whose future the caller may cancel: it has no deadline of its own. */
final class CancelScope extends Scope {

    private volatile boolean ended;

    CancelScope(@Nullable Scope parent) {
        super(parent, TimeSource.system(), Nanos.FOREVER);
    }

    @Override
    boolean hasDeadline() {
        return false;
    }

    @Override
    boolean timedOut() {
        return false;
    }

    @Override
    boolean ended() {
        return ended;
    }

    /** Ends it, and runs what was registered. */
    void end() {
        ended = true;
        runHooks();
    }

    @Override
    protected void fire() {
        throw new AssertionError("never armed");
    }
}
