package dev.mainstay;

import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import org.jspecify.annotations.Nullable;

/** The scope of a call whose future the caller may cancel: it has no deadline of its own. */
final class CancelScope extends Scope {

    private volatile boolean ended;

    /** The thread that the call runs on, if it was interrupted there. */
    private volatile @Nullable Thread interrupted;

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

    /** The call's thread is about to be interrupted, so that limits within do not take that for their own doing. */
    void interrupts(Thread thread) {
        interrupted = thread;
    }

    @Override
    boolean hasInterrupted(Thread thread) {
        return thread == interrupted;
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
