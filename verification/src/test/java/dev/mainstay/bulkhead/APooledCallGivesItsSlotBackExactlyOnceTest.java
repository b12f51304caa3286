package dev.mainstay.bulkhead;

import dev.mainstay.time.StandingTime;
import dev.mainstay.verification.Exploration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * A call on a pool's thread has one slot, whoever gives it up and whenever: as it is handed over, as it begins, as it
 * runs or in line. It runs once or not at all, its future ends, and the next in line gets the slot.
 */
class APooledCallGivesItsSlotBackExactlyOnceTest {

    @Test
    void thatIsCancelledAsItBegins() {
        Exploration.holds(() -> {
            Tasks tasks = new Tasks();
            ThreadPoolBulkhead pool = pool(tasks);
            AtomicInteger begun = new AtomicInteger();
            CompletableFuture<Integer> first = pool.submit(begun::incrementAndGet);
            CompletableFuture<Integer> second = pool.submit(begun::incrementAndGet);

            Exploration.together(tasks::run, () -> first.cancel(true), () -> second.cancel(true));
            Exploration.require(pool.queued() == 0, "it was given up and is still in line");
            tasks.run();

            Exploration.require(first.isDone() && second.isDone(), "it never ends");
            Exploration.require(begun.get() <= 2, "it ran twice");
            Exploration.require(pool.isIdle(), "a slot or a place in line is lost");
        });
    }

    @Test
    void thatIsInLineAsTheSlotComesFree() {
        Exploration.holds(() -> {
            Tasks tasks = new Tasks();
            ThreadPoolBulkhead pool = pool(tasks);
            AtomicInteger begun = new AtomicInteger();
            pool.submit(begun::incrementAndGet);

            Exploration.together(tasks::run, () -> pool.submit(begun::incrementAndGet));
            tasks.run();

            Exploration.require(begun.get() == 2, "it was let in twice, or not at all");
            Exploration.require(pool.isIdle(), "a slot or a place in line is lost");
        });
    }

    /** No thread but the scene's has to do with it: work on the way to the executor is handed over where it arises. */
    private static ThreadPoolBulkhead pool(Executor executor) {
        return ThreadPoolBulkhead.of(
                "pool", c -> c.maxThreads(1).queueCapacity(2).executor(executor).timeSource(new StandingTime()));
    }

    /** What was handed to the pool's threads, to be run by whoever is one. */
    private static final class Tasks implements Executor {

        private final Queue<Runnable> tasks = new ArrayDeque<>();

        @Override
        public synchronized void execute(Runnable task) {
            tasks.add(task);
        }

        private synchronized @Nullable Runnable next() {
            return tasks.poll();
        }

        void run() {
            for (Runnable task = next(); task != null; task = next()) {
                task.run();
            }
        }
    }
}
