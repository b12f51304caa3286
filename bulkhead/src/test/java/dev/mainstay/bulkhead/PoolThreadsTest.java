package dev.mainstay.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.testkit.Meters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A thread pool bulkhead on real threads of its own. */
@Timeout(60)
class PoolThreadsTest {

    private static ThreadPoolBulkhead pool(String name, UnaryOperator<ThreadPoolBulkheadConfig.Builder> options) {
        return ThreadPoolBulkhead.of(name, options);
    }

    @Test
    void threadsAreDaemonsNamedAfterTheBulkheadThatInheritNothing() {
        InheritableThreadLocal<String> inheritable = new InheritableThreadLocal<>();
        inheritable.set("the caller's");
        Thread caller = Thread.currentThread();
        int callersPriority = caller.getPriority();
        caller.setPriority(Thread.MIN_PRIORITY);
        try (ThreadPoolBulkhead pool = pool("reports", c -> c.maxThreads(1))) {
            Thread thread = pool.get(Thread::currentThread);
            assertThat(thread.getName()).isEqualTo("reports-1");
            assertThat(thread.isDaemon()).isTrue();
            Threads.await("the caller's class loader to be gone", () -> thread.getContextClassLoader() == null);
            assertThat(thread.getPriority()).isEqualTo(Thread.NORM_PRIORITY);
            assertThat(pool.get(inheritable::get)).isNull();
        } finally {
            caller.setPriority(callersPriority);
            inheritable.remove();
        }
    }

    @Test
    void threadsAreMadeOnDemandAndGoneAfterAWhile() {
        try (ThreadPoolBulkhead pool =
                pool("on-demand", c -> c.maxThreads(3).keepAliveDuration(Duration.ofMillis(1)))) {
            assertThat(Threads.named("on-demand")).isEmpty();
            Thread thread = pool.get(Thread::currentThread);
            Threads.await("the end of an idle thread", () -> !thread.isAlive());
            assertThat(pool.get(() -> "again")).isEqualTo("again");
        }
    }

    @Test
    void otherOptionsThatComeBeforeTheFirstCallAreInForceForIt() {
        try (ThreadPoolBulkhead pool = pool("changed", c -> c.maxThreads(1).queueCapacity(0))) {
            pool.reconfigure(ThreadPoolBulkheadConfig.builder()
                    .maxThreads(2)
                    .queueCapacity(0)
                    .keepAliveDuration(Duration.ofMillis(1))
                    .build());
            CountDownLatch bothRun = new CountDownLatch(2);
            CompletableFuture<String> first = pool.submit(() -> meet(bothRun));
            CompletableFuture<String> second = pool.submit(() -> meet(bothRun));
            assertThat(Threads.get(first)).isEqualTo("met");
            assertThat(Threads.get(second)).isEqualTo("met");
            Threads.await(
                    "the end of idle threads", () -> Threads.named("changed").isEmpty());
        }
    }

    @Test
    void aSingleCallerIsNeverRejectedByItsOwnCallBefore() {
        try (ThreadPoolBulkhead pool = pool("alone", c -> c.maxThreads(1).queueCapacity(0))) {
            for (int i = 0; i < 5_000; i++) {
                int number = i;
                assertThat(pool.get(() -> number)).isEqualTo(number);
                assertThat(Threads.get(pool.submit(() -> number))).isEqualTo(number);
            }
            assertThat(Threads.named("alone")).hasSizeLessThanOrEqualTo(1);
        }
    }

    @Test
    void aCallThatIsHandedOverButNotBegunIsTakenBackWhenItIsCancelled() {
        try (ThreadPoolBulkhead pool = pool("taken-back", c -> c.maxThreads(1).queueCapacity(0))) {
            CountDownLatch go = new CountDownLatch(1);
            // The thread gives its slot back, and is then held up by what its caller does with the result.
            CountDownLatch begun = new CountDownLatch(1);
            CompletableFuture<Boolean> first = pool.submit(() -> {
                begun.await();
                return true;
            });
            CompletableFuture<Boolean> held = first.thenApply(result -> {
                try {
                    go.await();
                } catch (InterruptedException interrupt) {
                    return false;
                }
                return result;
            });
            begun.countDown();
            Threads.await("the slot to be back", pool::isIdle);
            CompletableFuture<String> second = pool.submit(() -> "second");
            assertThat(pool.inUse()).isEqualTo(1);
            second.cancel(true);
            assertThat(pool.inUse()).isZero();
            go.countDown();
            assertThat(Threads.get(held)).isTrue();
        }
    }

    @Test
    void aCancelInterruptsTheThreadAndLeavesItClean() {
        try (ThreadPoolBulkhead pool = pool("cancel", c -> c.maxThreads(1).queueCapacity(1))) {
            CountDownLatch running = new CountDownLatch(1);
            CompletableFuture<String> call = pool.submit(() -> {
                running.countDown();
                new CountDownLatch(1).await();
                return "never";
            });
            awaitLatch(running);
            call.cancel(true);
            assertThat(pool.get(() -> Thread.currentThread().isInterrupted())).isFalse();
            assertThat(call).isCancelled();
            Threads.await("slots to be back", pool::isIdle);
        }
    }

    @Test
    void anInterruptOfTheCallerReachesItsCall() {
        try (ThreadPoolBulkhead pool = pool("forward", c -> c.maxThreads(1));
                Threads threads = new Threads()) {
            CountDownLatch running = new CountDownLatch(1);
            CompletableFuture<Boolean> caller = threads.start(() -> {
                assertThatThrownBy(() -> pool.run(() -> {
                            running.countDown();
                            new CountDownLatch(1).await();
                        }))
                        .isInstanceOf(InterruptedException.class);
                return Thread.currentThread().isInterrupted();
            });
            awaitLatch(running);
            threads.last().interrupt();
            assertThat(Threads.get(caller)).as("the caller's flag").isTrue();
            assertThat(pool.isIdle()).isTrue();
        }
    }

    @Test
    void closingLetsRunningCallsEndAndItsThreadsGo() {
        ThreadPoolBulkhead pool = pool("closing", c -> c.maxThreads(1).queueCapacity(1));
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        CompletableFuture<Thread> call = pool.submit(() -> {
            running.countDown();
            go.await();
            return Thread.currentThread();
        });
        awaitLatch(running);
        CompletableFuture<String> queued = pool.submit(() -> "queued");
        pool.close();
        assertThat(queued)
                .failsWithin(Duration.ofSeconds(5))
                .withThrowableThat()
                .withCauseInstanceOf(CallRejectedException.class);
        assertThat(call).isNotDone();
        go.countDown();
        Thread thread = Threads.get(call);
        Threads.await("the end of the thread", () -> !thread.isAlive());
        assertThat(pool.isIdle()).isTrue();
    }

    @Test
    void fewerOrMoreThreadsTakeEffectWhileCallsRun() {
        try (ThreadPoolBulkhead pool = pool("resized", c -> c.maxThreads(1).queueCapacity(4))) {
            CountDownLatch bothRun = new CountDownLatch(2);
            CompletableFuture<String> first = pool.submit(() -> meet(bothRun));
            CompletableFuture<String> second = pool.submit(() -> meet(bothRun));
            assertThat(pool.queued()).isEqualTo(1);
            pool.reconfigure(pool.config().toBuilder().maxThreads(2).build());
            assertThat(Threads.get(first)).isEqualTo("met");
            assertThat(Threads.get(second)).isEqualTo("met");
            pool.reconfigure(pool.config().toBuilder()
                    .maxThreads(1)
                    .keepAliveDuration(Duration.ofMillis(1))
                    .build());
            Threads.await("idle threads to go", () -> Threads.named("resized").isEmpty());
        }
    }

    private static String meet(CountDownLatch all) throws InterruptedException {
        all.countDown();
        all.await();
        return "met";
    }

    @Test
    void everySlotIsBackAfterCallsThatEndInEveryWayWhileTheLimitMoves() {
        long seed = System.nanoTime();
        int most = 3;
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger mostInside = new AtomicInteger();
        AtomicInteger made = new AtomicInteger();
        AtomicBoolean stop = new AtomicBoolean();
        Queue<CompletableFuture<?>> futures = new ConcurrentLinkedQueue<>();
        try (ThreadPoolBulkhead pool = pool("stress", c -> c.maxThreads(most).queueCapacity(4));
                Threads threads = new Threads()) {
            Meters meters = Meters.start(pool);
            List<CompletableFuture<Object>> callers = new ArrayList<>();
            List<Thread> interruptible = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                SplittableRandom random = new SplittableRandom(seed + i);
                callers.add(threads.start(() -> {
                    for (int call = 0; call < 2_000; call++) {
                        int kind = random.nextInt(8);
                        made.incrementAndGet();
                        CompletableFuture<String> future = null;
                        try {
                            if (kind < 3) {
                                pool.run(() -> work(kind, inside, mostInside));
                            } else {
                                future = pool.submit(() -> {
                                    work(kind, inside, mostInside);
                                    return "ok";
                                });
                            }
                        } catch (CallRejectedException | IllegalStateException | StackOverflowError expected) {
                            assertThat(expected.getMessage()).isNotNull();
                        }
                        if (future != null) {
                            futures.add(future);
                            if (random.nextBoolean()) {
                                Thread.yield();
                            }
                            if (random.nextInt(3) > 0) {
                                future.cancel(true);
                            }
                        }
                        boolean ignored = Thread.interrupted();
                    }
                    return null;
                }));
                interruptible.add(threads.last());
            }
            SplittableRandom random = new SplittableRandom(seed);
            threads.start(() -> {
                while (!stop.get()) {
                    pool.reconfigure(pool.config().toBuilder()
                            .maxThreads(1 + random.nextInt(most))
                            .queueCapacity(random.nextInt(5))
                            .build());
                    interruptible.get(random.nextInt(interruptible.size())).interrupt();
                    Thread.yield();
                }
                return null;
            });
            callers.forEach(Threads::get);
            stop.set(true);
            threads.join();
            Threads.await("seed " + seed + ": everything back in " + pool, pool::isIdle);
            Threads.await(
                    "seed " + seed + ": all futures", () -> futures.stream().allMatch(CompletableFuture::isDone));
            assertThat(mostInside.get()).as("seed %d", seed).isLessThanOrEqualTo(most);
            assertThat(meters.value("bulkhead.admitted") + meters.value("bulkhead.rejected"))
                    .as("seed %d: %s", seed, meters)
                    .isEqualTo(made.get());
            assertThat(meters.value("bulkhead.rejected", "reason", "executor")).isZero();
        }
    }

    private static void work(int kind, AtomicInteger inside, AtomicInteger mostInside) {
        mostInside.accumulateAndGet(inside.incrementAndGet(), Math::max);
        try {
            if (kind == 0) {
                throw new StackOverflowError("scripted");
            }
            if (kind == 1) {
                throw new IllegalStateException("scripted");
            }
            Thread.yield();
        } finally {
            inside.decrementAndGet();
        }
    }

    private static void awaitLatch(CountDownLatch latch) {
        Threads.await("the call to run", () -> latch.getCount() == 0);
    }
}
