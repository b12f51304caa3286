package dev.mainstay.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerPoolTest {

    private static final long MILLI = 1_000_000;
    private static final long PATIENCE_SECONDS = 20;

    private final SystemTimer timer = new SystemTimer(50 * MILLI, 4, Runnable::run);

    @Test
    void theThreadsTakeNothingFromWhoeverStartsThem() throws Exception {
        InheritableThreadLocal<String> inheritable = new InheritableThreadLocal<>();
        inheritable.set("of the caller");
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        CompletableFuture<String> inherited = new CompletableFuture<>();

        pool(2, 50 * MILLI).execute(() -> {
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
    void workThatFindsNobodyIdleBeginsAtOnceOnAThreadOfItsOwn() throws Exception {
        WorkerPool pool = pool(100, 10_000 * MILLI);
        CountDownLatch allRun = new CountDownLatch(100);
        CountDownLatch done = new CountDownLatch(100);
        for (int i = 0; i < 100; i++) {
            pool.execute(() -> {
                allRun.countDown();
                awaitUninterruptibly(allRun);
                done.countDown();
            });
        }

        assertThat(done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(pool.size()).isEqualTo(100);
        assertThat(timer.isRunning()).as("nobody has to look after it").isFalse();
    }

    @Test
    void beyondItsLimitWorkIsQueued() throws Exception {
        WorkerPool pool = pool(3, 50 * MILLI);
        Semaphore started = new Semaphore(0);
        CountDownLatch end = new CountDownLatch(1);
        List<Integer> order = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 3; i++) {
            pool.execute(() -> {
                started.release();
                awaitUninterruptibly(end);
            });
        }
        assertThat(started.tryAcquire(3, PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        Semaphore queued = new Semaphore(0);
        for (int i = 0; i < 10; i++) {
            int number = i;
            pool.execute(() -> {
                order.add(number);
                queued.release();
            });
        }

        assertThat(order).isEmpty();
        assertThat(pool.size()).isEqualTo(3);
        end.countDown();
        assertThat(queued.tryAcquire(10, PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(order).contains(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(pool.size()).isLessThanOrEqualTo(3);
    }

    @Test
    void beyondItsLimitWorkGoesElsewhereIfItCan() throws Exception {
        Queue<Runnable> elsewhere = new ConcurrentLinkedQueue<>();
        WorkerPool pool = pool(1, 10_000 * MILLI, elsewhere::add);
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        pool.execute(() -> {
            begun.countDown();
            awaitUninterruptibly(end);
        });
        assertThat(begun.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        AtomicInteger runs = new AtomicInteger();

        pool.execute(runs::incrementAndGet);

        assertThat(elsewhere).hasSize(1);
        elsewhere.element().run();
        elsewhere.element().run();
        assertThat(runs).as("once is once").hasValue(1);
        end.countDown();
    }

    /** As when there is no memory for a virtual thread. */
    @Test
    void workThatCannotGoElsewhereIsQueuedAndLookedAfter() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        WorkerPool pool = pool(1, 10_000 * MILLI, work -> {
            if (attempts.incrementAndGet() < 5) {
                throw new OutOfMemoryError("on purpose");
            }
            new Thread(work).start();
        });
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        pool.execute(() -> {
            begun.countDown();
            awaitUninterruptibly(end);
        });
        assertThat(begun.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        CountDownLatch done = new CountDownLatch(3);

        for (int i = 0; i < 3; i++) {
            pool.execute(done::countDown);
        }

        assertThat(done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        end.countDown();
        eventually(() -> !timer.isRunning());
    }

    /** An executor that throws after it has taken the work, before it runs it or afterwards. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void executeThrowsOnlyIfTheWorkWillNeverRun(boolean runsFirst) throws Exception {
        List<Runnable> taken = new ArrayList<>();
        WorkerPool pool = pool(0, 50 * MILLI, work -> {
            taken.add(work);
            if (runsFirst) {
                work.run();
            }
            throw new StackOverflowError("on purpose");
        });
        AtomicInteger runs = new AtomicInteger();

        Throwable thrown = catchThrowable(() -> pool.execute(runs::incrementAndGet));
        taken.forEach(Runnable::run);

        assertThat(runs).hasValue(runsFirst ? 1 : 0);
        assertThat(thrown == null).isEqualTo(runsFirst);
    }

    @Test
    void theThreadsAreGoneWhenIdle() throws Exception {
        WorkerPool pool = pool(3, 5 * MILLI);
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
        WorkerPool pool = pool(1, 1_000);
        for (int i = 0; i < 2_000; i++) {
            Semaphore done = new Semaphore(0);
            pool.execute(done::release);
            pool.execute(done::release);
            assertThat(done.tryAcquire(2, PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aThreadThatIsIdleTakesTheNextWorkAndNoOtherIsMade() throws Exception {
        WorkerPool pool = pool(2, 10_000 * MILLI);
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
    void whatWorkThrowsIsLoggedAndKillsNothing() throws Exception {
        try (LogOf log = new LogOf(UncaughtExceptions.class)) {
            WorkerPool pool = pool(1, 10_000 * MILLI);
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
    void neitherAnInterruptNorAClassLoaderReachesTheNextWork() throws Exception {
        WorkerPool pool = pool(1, 50 * MILLI);
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        CompletableFuture<ClassLoader> loader = new CompletableFuture<>();
        pool.execute(() -> {
            Thread.currentThread().setContextClassLoader(getClass().getClassLoader());
            Thread.currentThread().interrupt();
        });
        pool.execute(() -> {
            interrupted.complete(Thread.currentThread().isInterrupted());
            loader.complete(Thread.currentThread().getContextClassLoader());
        });

        assertThat(interrupted.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isFalse();
        assertThat(loader.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isNull();
    }

    @Test
    void anInterruptOfAnIdleThreadDoesNotMakeItSpin() throws Exception {
        WorkerPool pool = pool(1, 10_000 * MILLI);
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        pool.execute(() -> thread.complete(Thread.currentThread()));
        Thread worker = thread.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        eventually(() -> worker.getState() == Thread.State.TIMED_WAITING);

        worker.interrupt();

        eventually(() -> !worker.isInterrupted() && worker.getState() == Thread.State.TIMED_WAITING);
        CompletableFuture<Thread> next = new CompletableFuture<>();
        pool.execute(() -> next.complete(Thread.currentThread()));
        assertThat(next.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isSameAs(worker);
    }

    /** Threads come, work, become idle and end while others bring work. */
    @Test
    void eachPieceOfWorkIsDoneOnce() throws Exception {
        WorkerPool pool = pool(4, 20_000);
        int count = 40_000;
        AtomicIntegerArray runs = new AtomicIntegerArray(count);
        CountDownLatch done = new CountDownLatch(count);
        List<Thread> bringers = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            int from = t * count / 4;
            Thread bringer = new Thread(() -> {
                for (int i = from; i < from + count / 4; i++) {
                    int number = i;
                    pool.execute(() -> {
                        runs.incrementAndGet(number);
                        done.countDown();
                    });
                }
            });
            bringers.add(bringer);
            bringer.start();
        }

        assertThat(done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        for (Thread bringer : bringers) {
            bringer.join();
        }
        assertThat(IntStream.range(0, count).map(runs::get)).containsOnly(1);
        eventually(() -> pool.size() == 0);
    }

    @Test
    void noWorkIsRejectedAtOnce() {
        assertThatThrownBy(() -> pool(1, MILLI).execute(null)).isInstanceOf(NullPointerException.class);
    }

    private WorkerPool pool(int limit, long idleNanos) {
        return pool(limit, idleNanos, null);
    }

    private WorkerPool pool(int limit, long idleNanos, @Nullable Executor beyond) {
        return new WorkerPool("mainstay-worker-", limit, idleNanos, timer, 5 * MILLI, beyond);
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
