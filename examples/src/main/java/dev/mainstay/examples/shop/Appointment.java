package dev.mainstay.examples.shop;

import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;

/**
 * Work that is done when its time has come, on the time source's executor: the timer's own thread has no time for it.
 */
final class Appointment extends TimedTask {
    private final TimeSource time;
    private final Runnable work;

    private Appointment(TimeSource time, Runnable work) {
        this.time = time;
        this.work = work;
    }

    static void in(long nanos, TimeSource time, Runnable work) {
        time.arm(new Appointment(time, work), nanos);
    }

    @Override
    protected void fire() {
        time.executor().execute(work);
    }
}
