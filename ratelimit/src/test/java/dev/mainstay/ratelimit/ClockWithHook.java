package dev.mainstay.ratelimit;

import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import java.util.concurrent.Executor;

/** Does something at the moment in which the time is read, and counts how often it was. */
class ClockWithHook implements TimeSource {

    private final TimeSource time;
    private Runnable hook = () -> {};
    private int reads;

    ClockWithHook(TimeSource time) {
        this.time = time;
    }

    void onNextRead(Runnable action) {
        hook = action;
    }

    int reads() {
        return reads;
    }

    @Override
    public long nanoTime() {
        reads++;
        Runnable action = hook;
        hook = () -> {};
        action.run();
        return time.nanoTime();
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
        time.arm(task, delayNanos);
    }

    @Override
    public Executor executor() {
        return time.executor();
    }
}
