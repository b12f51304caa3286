package dev.mainstay.verification.hostile;

import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A clock that does what clocks must not: it stands still, jumps ahead and back, and fails. Its timer goes by the
 * virtual time behind it.
 */
final class StrangeClock implements TimeSource {

    private final VirtualTime time;
    private long offset;
    private long stoodStillAt;
    private int stillFor;
    private long latest;
    private @Nullable Error cannotArm;

    StrangeClock(VirtualTime time) {
        this.time = time;
        this.latest = time.nanoTime();
    }

    /** From now on shows a time that is so much later; or earlier, if that is negative. */
    void jump(long nanos) {
        offset += nanos;
    }

    /** Shows the time that it is now, so many times. */
    void standStillFor(int readings) {
        stoodStillAt = nanoTime();
        stillFor = readings;
    }

    /** Fails to arm whatever is to be armed. */
    void failsToArm(Error error) {
        cannotArm = error;
    }

    /** Goes on as a clock should; returns how long it takes until it shows a later time than ever before. */
    long recover() {
        stillFor = 0;
        return Math.max(0, latest - (time.nanoTime() + offset));
    }

    @Override
    public long nanoTime() {
        if (stillFor > 0) {
            stillFor--;
            return stoodStillAt;
        }
        long now = time.nanoTime() + offset;
        if (now - latest > 0) {
            latest = now;
        }
        return now;
    }

    @Override
    public void sleep(long nanos) throws InterruptedException {
        time.sleep(nanos);
    }

    @Override
    public void parkNanos(Object blocker, long nanos) {
        time.parkNanos(blocker, nanos);
    }

    @Override
    public void arm(TimedTask task, long delayNanos) {
        if (cannotArm != null) {
            throw cannotArm;
        }
        time.arm(task, delayNanos);
    }

    @Override
    public Executor executor() {
        return time.executor();
    }

    @Override
    public String toString() {
        return "StrangeClock[" + time + ", ahead by " + offset + " ns]";
    }
}
