package dev.mainstay;

import dev.mainstay.call.CancellationScope;
import dev.mainstay.time.TimeSource;
import org.jspecify.annotations.Nullable;

/** The time limit of a call whose caller holds a future. */
final class FutureTimeLimit extends CancellationScope {

    /** Whether what was registered with the call runs when the time is up. */
    private final boolean cancels;

    private volatile boolean expired;
    private volatile boolean ended;

    /** Whose future fails when the time is up; set before the timer is armed. */
    private @Nullable TimeLimitedCall<?> call;

    FutureTimeLimit(@Nullable CancellationScope parent, TimeSource time, long deadline, boolean cancels) {
        super(parent, time, deadline);
        this.cancels = cancels;
    }

    /** Starts the clock. */
    void arm(TimeLimitedCall<?> call, long delayNanos) {
        this.call = call;
        time().arm(this, delayNanos);
    }

    /**
     * The call's stage has ended, or the caller has given it up. True for whoever was first, and before the time was
     * up: the timer task's own state decides.
     */
    boolean finish() {
        return cancel();
    }

    /** The time is up. */
    void expire() {
        expired = true;
        ended = cancels;
    }

    /** The caller gave the call up. */
    void end() {
        ended = true;
    }

    @Override
    protected boolean timedOut() {
        return expired;
    }

    @Override
    protected boolean ended() {
        return ended;
    }

    @Override
    protected void fire() {
        expire();
        TimeLimitedCall<?> call = this.call;
        if (call != null) {
            call.expire();
        }
    }
}
