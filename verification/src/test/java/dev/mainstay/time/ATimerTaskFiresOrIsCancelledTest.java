package dev.mainstay.time;

import dev.mainstay.verification.Exploration;
import org.junit.jupiter.api.Test;

/**
 * A task that is armed fires once or is cancelled, never both and never neither, even if the timer's thread is just
 * about to end, or has not begun; and when nothing is left to fire, that thread ends.
 */
class ATimerTaskFiresOrIsCancelledTest {

    /*
     * The clock does not move during a search, so all tasks are due at once. One wheel, as which one a thread finds
     * depends on its number, and outside of the scene, since making one is long: it is as new when its thread has
     * ended.
     */
    private final SystemTimer timer = new SystemTimer(0, 1, Runnable::run);

    @Test
    void whileAnotherIsArmed() {
        Exploration.holds(() -> {
            Task cancelled = new Task();
            Task other = new Task();
            Exploration.together(
                    () -> {
                        timer.arm(cancelled, System.nanoTime(), 0);
                        cancelled.taken = cancelled.cancel();
                    },
                    () -> timer.arm(other, System.nanoTime(), 0));
            awaitEnd();

            Exploration.require(cancelled.fired == (cancelled.taken ? 0 : 1), "fired and cancelled, or neither");
            Exploration.require(other.fired == 1, "not fired, or twice");
        });
    }

    @Test
    void asTheThreadEnds() {
        Exploration.holds(() -> {
            Task first = new Task();
            Task second = new Task();
            timer.arm(first, System.nanoTime(), 0);
            timer.arm(second, System.nanoTime(), 0);
            awaitEnd();

            Exploration.require(first.fired == 1 && second.fired == 1, "not fired, or twice");
        });
    }

    private void awaitEnd() {
        while (timer.isRunning()) {
            Thread.yield();
        }
    }

    private static final class Task extends TimedTask {

        private volatile int fired;
        private volatile boolean taken;

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // that it fires twice would be found all the same
        protected void fire() {
            fired++;
        }
    }
}
