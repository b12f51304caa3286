package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/** How a synchronous call waits for a stage. */
final class StageWait {

    private StageWait() {}

    /**
     * Waits until the stage has ended, the thread is interrupted, or the nearest deadline of the context has passed. A
     * stage that is not wanted any longer is cancelled. The interrupt flag stays as it is.
     *
     * @return whether the stage has ended
     */
    static boolean await(CompletableFuture<?> stage, CallContext context, TimeSource time) {
        if (stage.isDone()) {
            return true;
        }
        boolean ended = false;
        try {
            Thread caller = Thread.currentThread();
            Stages.follow(stage, (result, failure) -> LockSupport.unpark(caller));
            ended = park(stage, context, time);
        } finally {
            if (!ended) {
                Stages.giveUp(stage);
            }
        }
        return ended;
    }

    private static boolean park(CompletableFuture<?> stage, CallContext context, TimeSource time) {
        while (!stage.isDone()) {
            if (Thread.currentThread().isInterrupted()) {
                return false;
            }
            long left = context.remainingNanos(time, TimeSource.UNREAD);
            if (left <= 0) {
                return false;
            }
            time.parkNanos(stage, left >= Nanos.FOREVER ? Long.MAX_VALUE : left);
        }
        return true;
    }
}
