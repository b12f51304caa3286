package dev.mainstay;

import dev.mainstay.call.CancellationScope;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import org.jspecify.annotations.Nullable;

/** The scope of a part of a call that its policy may cancel by itself; it has no deadline of its own. */
final class ChildScope extends InterruptibleScope {

    private volatile boolean ended;

    /** How the part is interrupted, if it runs on a thread of its caller's. */
    private volatile @Nullable Interruption interruption;

    ChildScope(@Nullable CancellationScope parent, TimeSource time) {
        super(parent, time, Nanos.FOREVER);
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

    /** What is registered from now on runs at once. */
    void end() {
        ended = true;
    }

    @Nullable
    Interruption interruption() {
        return interruption;
    }

    /** The part runs on a thread, or, with null, does so no longer. */
    void runsUnder(@Nullable Interruption interruption) {
        this.interruption = interruption;
    }

    @Override
    @Nullable
    Interruption interruptionOf(Thread thread) {
        Interruption interruption = this.interruption;
        return interruption != null && interruption.isOf(thread) ? interruption : null;
    }

    @Override
    void foreignInterruptSeenBy(Thread thread) {
        Interruption interruption = interruptionOf(thread);
        if (interruption != null) {
            interruption.foreignSeen();
        }
    }

    @Override
    protected void fire() {
        throw new AssertionError("never armed");
    }
}
