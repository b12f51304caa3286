package dev.mainstay;

import dev.mainstay.call.CancellationScope;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import org.jspecify.annotations.Nullable;

/** The scope of a call whose future the caller may cancel: it has no deadline of its own. */
final class FutureScope extends InterruptibleScope {

    private volatile boolean ended;

    /** How the call is interrupted on the thread on which it runs, if it runs on one. */
    private volatile @Nullable Interruption interruption;

    FutureScope(@Nullable CancellationScope parent) {
        super(parent, TimeSource.system(), Nanos.FOREVER);
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
    protected boolean ended() {
        return ended;
    }

    /** The call runs on a thread, where it may be interrupted; limits within must not take that for their own doing. */
    void runsUnder(Interruption interruption) {
        this.interruption = interruption;
    }

    @Override
    @Nullable
    Interruption interruptionOf(Thread thread) {
        Interruption interruption = this.interruption;
        return interruption != null && interruption.isOf(thread) ? interruption : null;
    }

    /** Ends it: what is registered from now on runs at once. */
    void close() {
        ended = true;
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
