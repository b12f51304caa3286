package dev.mainstay;

import dev.mainstay.call.CancellationScope;
import dev.mainstay.time.TimeSource;
import org.jspecify.annotations.Nullable;

/** A part of a call that is ended by an interrupt, where it runs on a thread. */
abstract class InterruptibleScope extends CancellationScope {

    InterruptibleScope(@Nullable CancellationScope parent, TimeSource time, long deadline) {
        super(parent, time, deadline);
    }

    /** How ending this scope interrupts the thread; null if it does not. */
    abstract @Nullable Interruption interruptionOf(Thread thread);

    /** A wait of ours on this thread has consumed an interrupt that is not ours, and puts it back when it is over. */
    void foreignInterruptSeenBy(Thread thread) {}

    /** How ending a scope of any kind interrupts the thread; null if it does not. */
    static @Nullable Interruption interruptionOf(CancellationScope scope, Thread thread) {
        return scope instanceof InterruptibleScope interruptible ? interruptible.interruptionOf(thread) : null;
    }

    /** Tells a scope of any kind of an interrupt that is not ours. */
    static void foreignInterruptSeenBy(CancellationScope scope, Thread thread) {
        if (scope instanceof InterruptibleScope interruptible) {
            interruptible.foreignInterruptSeenBy(thread);
        }
    }
}
