package dev.mainstay.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class WorkerPoolTest {

    private static final long MILLI = 1_000_000;
    private static final long PATIENCE_SECONDS = 20;

    private final SystemTimer timer = new SystemTimer(50 * MILLI, 4);

    @Test
    void theThreadsTakeNothingFromWhoeverStartsThem() throws Exception {
        InheritableThreadLocal<String> inheritable = new InheritableThreadLocal<>();
        inheritable.set("of the caller");
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        CompletableFuture<String> inherited = new CompletableFuture<>();

        pool(2, 2, 50 * MILLI).execute(() -> {
            inherited.complete(String.valueOf(inheritable.get()));
            thread.complete(Thread.currentThread());
        });

        Thread worker = thread.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(worker.isDaemon()).isTrue();
        assertThat(worker.getName()).isEqualTo("mainstay-worker-1");
        assertThat(worker.getContextClassLoader()).isNull();
        assertThat(inherited).isCompletedWithValue("null");
    }

    @Test
    void thereIsAThreadForEachPieceOfWorkUpToTheUsualNumber() throws Exception {
        WorkerPool pool = pool(3, 3, 50 * MILLI);
        Semaphore started = new Semaphore(0);
        CountDownLatch end = new CountDownLatch(1);
        for (int i = 0; i < 10; i++) {
            pool.execute(() -> {
                started.release();
                awaitUninterruptibly(end);
            });
        }

        assertThat(started.tryAcquire(3, PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(pool.size()).isEqualTo(3);
        end.countDown();
        assertThat(started.tryAcquire(7, PATIENCE_SECONDS, TimeUnit.SECONDS))
                .as("the queued work")
                .isTrue();
        assertThat(pool.size()).isLessThanOrEqualTo(3);
    }

    @Test
    void theThreadsAreGoneWhenIdle() throws Exception {
        WorkerPool pool = pool(3, 3, 5 * MILLI);
        CountDownLatch done = new CountDownLatch(5);
        for (int i = 0; i < 5; i++) {
            pool.execute(done::countDown);
        }
        assertThat(done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();

        eventually(() -> pool.size() == 0);
    }

    /** The threads end all the time, and just when the next work comes. */
    @Test
    void noWorkIsLostWhenThreadsEnd() throws Exception {
        WorkerPool pool = pool(1, 1, 1_000);
        for (int i = 0; i < 2_000; i++) {
            Semaphore done = new Semaphore(0);
            pool.execute(done::release);
            pool.execute(done::release);
            assertThat(done.tryAcquire(2, PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void workThatWaitsForOtherWorkDoesNotBlockThePool() throws Exception {
        WorkerPool pool = pool(2, 8, 50 * MILLI);
        CountDownLatch allStarted = new CountDownLatch(4);
        List<CompletableFuture<Void>> ends = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            ends.add(CompletableFuture.runAsync(
                    () -> {
                        allStarted.countDown();
                        awaitUninterruptibly(allStarted);
                    },
                    pool));
        }

        CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void aPoolThatKeepsUpNeedsNoTimer() throws Exception {
        WorkerPool pool = pool(2, 2, 50 * MILLI);
        CountDownLatch done = new CountDownLatch(2);

        pool.execute(done::countDown);
        pool.execute(done::countDown);

        assertThat(timer.isRunning()).isFalse();
        assertThat(done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aThreadThatIsIdleTakesTheNextWorkAndNoOtherIsMade() throws Exception {
        WorkerPool pool = pool(2, 2, 10_000 * MILLI);
        CompletableFuture<Thread> first = new CompletableFuture<>();
        CompletableFuture<Thread> second = new CompletableFuture<>();
        pool.execute(() -> first.complete(Thread.currentThread()));
        Thread worker = first.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        eventually(() -> worker.getState() == Thread.State.TIMED_WAITING);

        pool.execute(() -> second.complete(Thread.currentThread()));

        assertThat(pool.size()).isOne();
        assertThat(second.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isSameAs(worker);
    }

    @Test
    void lookingAfterQueuedWorkThrowsNothing() throws Exception {
        try (LogOf log = new LogOf(Uncaught.class)) {
            workThatWaitsForOtherWorkDoesNotBlockThePool();

            eventually(() -> !timer.isRunning());
            assertThat(log.messages()).isEmpty();
        }
    }

    @Test
    void aQueueThatMovesDoesNotGetAsManyThreadsAsOneThatStandsStill() throws Exception {
        int limit = 10;
        WorkerPool pool = pool(1, limit, 50 * MILLI);
        AtomicBoolean end = new AtomicBoolean();
        CountDownLatch ended = new CountDownLatch(2);
        for (int i = 0; i < 2; i++) {
            pool.execute(new Runnable() {
                @Override
                public void run() {
                    if (end.get()) {
                        ended.countDown();
                    } else {
                        pool.execute(this);
                    }
                }
            });
        }
        CountDownLatch later = new CountDownLatch(1);
        // Twice as long as one that stands still would take.
        timer.arm(Task.of(later::countDown), System.nanoTime(), 2L * limit * 50 * MILLI);

        assertThat(later.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(pool.size())
                .as("threads, some of which a slow machine may have caused")
                .isLessThan(limit);
        end.set(true);
        assertThat(ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void thereIsALimitToTheThreadsAddedForBlockedWork() throws Exception {
        WorkerPool pool = pool(1, 2, 50 * MILLI);
        AtomicInteger running = new AtomicInteger();
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(5);
        for (int i = 0; i < 5; i++) {
            pool.execute(() -> {
                running.incrementAndGet();
                awaitUninterruptibly(end);
                done.countDown();
            });
        }
        eventually(() -> running.get() == 2);
        CountDownLatch later = new CountDownLatch(1);
        timer.arm(Task.of(later::countDown), System.nanoTime(), 100 * MILLI);

        assertThat(later.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(pool.size()).isEqualTo(2);
        end.countDown();
        assertThat(done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void whatWorkThrowsIsLoggedAndKillsNothing() throws Exception {
        try (LogOf log = new LogOf(Uncaught.class)) {
            WorkerPool pool = pool(1, 1, 10_000 * MILLI);
            CompletableFuture<Thread> before = new CompletableFuture<>();
            CompletableFuture<Thread> after = new CompletableFuture<>();
            pool.execute(() -> {
                before.complete(Thread.currentThread());
                throw new IllegalStateException("on purpose");
            });
            pool.execute(() -> after.complete(Thread.currentThread()));

            assertThat(after.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isSameAs(before.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
            assertThat(log.failures()).containsExactly("on purpose");
        }
    }

    @Test
    void anInterruptDoesNotReachTheNextWork() throws Exception {
        WorkerPool pool = pool(1, 1, 50 * MILLI);
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        pool.execute(() -> Thread.currentThread().interrupt());
        pool.execute(() -> interrupted.complete(Thread.currentThread().isInterrupted()));

        assertThat(interrupted.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isFalse();
    }

    @Test
    void noWorkIsRefusedAtOnce() {
        assertThatThrownBy(() -> pool(1, 1, MILLI).execute(null)).isInstanceOf(NullPointerException.class);
    }

    private WorkerPool pool(int usual, int limit, long idleNanos) {
        return new WorkerPool(timer, usual, limit, idleNanos, 30 * MILLI);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        boolean done = false;
        while (!done) {
            try {
                latch.await();
                done = true;
            } catch (InterruptedException e) {
                // nobody means this thread
            }
        }
    }

    private static void eventually(BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS));
            Thread.yield();
        }
    }
}
