package dev.mainstay.retry;

import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.util.concurrent.Executor;

/** A virtual time in which a test does something of its own at one of the methods. */
class TimeAround implements TimeSource {

    private final VirtualTime time;

    TimeAround(VirtualTime time) {
        this.time = time;
    }

    @Override
    public long nanoTime() {
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
