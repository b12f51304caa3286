package dev.mainstay.meter;

import dev.mainstay.verification.Exploration;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/**
 * From the moment in which somebody has started a counter it counts each increment, even if others start it, too, and
 * before that it counts none.
 */
public class AStartedCounterCountsEverythingTest {

    private final CallCounter counter = new CallCounter();

    @Operation
    public void start() {
        counter.start();
    }

    @Operation
    public void increment() {
        counter.increment();
    }

    @Operation
    public long count() {
        return counter.getAsLong();
    }

    @Test
    void inEverySchedule() {
        Exploration.matches(
                getClass(), Specification.class, Exploration.options().actorsPerThread(3));
    }

    public static class Specification {

        private boolean started;
        private long count;

        public void start() {
            started = true;
        }

        public void increment() {
            count += started ? 1 : 0;
        }

        public long count() {
            return count;
        }
    }
}
