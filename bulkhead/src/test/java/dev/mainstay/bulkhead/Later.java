package dev.mainstay.bulkhead;

import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import java.time.Duration;

/** Something that happens when its time has come. */
final class Later extends TimedTask {

    private final Runnable action;

    private Later(Runnable action) {
        this.action = action;
    }

    static void in(Duration delay, TimeSource time, Runnable action) {
        time.arm(new Later(action), delay.toNanos());
    }

    @Override
    protected void fire() {
        action.run();
    }
}
