package dev.mainstay.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Permit;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.testkit.Meters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a bulkhead does among real threads. */
@Timeout(60)
class BulkheadThreadsTest {

    @Test
    void aBlockedWaiterHoldsUpNobody() {
        Bulkhead bulkhead = waiting(1, 4);
        try (Threads threads = new Threads()) {
            Permit permit = bulkhead.acquirePermit();
            CompletableFuture<String> blocked = threads.start(() -> bulkhead.call(() -> "in"));
            Threads.await("a call in line", () -> bulkhead.queued() == 1);
            CompletableFuture<Integer> administrator = threads.start(() -> {
                assertThat(bulkhead.tryAcquirePermit().orElse(null)).isNull();
                bulkhead.callAsync(() -> CompletableFuture.completedFuture("never"))
                        .cancel(true);
                bulkhead.reconfigure(
                        bulkhead.config().toBuilder().maxQueuedCalls(3).build());
                assertThat(bulkhead.explain()).contains("1 of at most 3 waiting");
                return bulkhead.queued();
            });
            assertThat(Threads.get(administrator)).isEqualTo(1);
            assertThat(blocked).isNotDone();
            permit.release();
            assertThat(Threads.get(blocked)).isEqualTo("in");
        }
    }

    @Test
    void shrinkingWhileAllSlotsAreTakenDoesNotBlockTheAdministrator() {
        Bulkhead bulkhead = waiting(2, 2);
        try (Threads threads = new Threads();
                Permit first = bulkhead.acquirePermit();
                Permit second = bulkhead.acquirePermit()) {
            Threads.get(threads.start(() -> {
                BulkheadTest.resize(bulkhead, 1);
                return "done";
            }));
            assertThat(bulkhead.inUse()).isEqualTo(2);
            assertThat(first).isNotSameAs(second);
        }
    }

    @Test
    void anInterruptEndsTheWaitAtOnceAndIsKept() {
        Bulkhead bulkhead = waiting(1, 4);
        try (Threads threads = new Threads();
                Permit permit = bulkhead.acquirePermit()) {
            CompletableFuture<Boolean> flag = threads.start(() -> {
                assertThatThrownBy(() -> bulkhead.run(() -> {}))
                        .isInstanceOfSatisfying(
                                CallRejectedException.class,
                                rejection -> assertThat(rejection.reason()).isEqualTo(RejectionReason.INTERRUPTED));
                return Thread.currentThread().isInterrupted();
            });
            Threads.await("a call in line", () -> bulkhead.queued() == 1);
            threads.last().interrupt();
            assertThat(Threads.get(flag)).isTrue();
            assertThat(bulkhead.queued()).isZero();
            permit.release();
            assertThat(bulkhead.inUse()).isZero();
        }
    }

    @Test
    void threadsAreLetInInTheOrderInWhichTheyCame() {
        Bulkhead bulkhead = waiting(1, 10);
        Queue<Integer> order = new ConcurrentLinkedQueue<>();
        try (Threads threads = new Threads()) {
            Permit permit = bulkhead.acquirePermit();
            for (int i = 0; i < 10; i++) {
                int number = i;
                threads.start(() -> bulkhead.call(() -> order.add(number)));
                Threads.await("a call in line", () -> bulkhead.queued() == number + 1);
            }
            permit.release();
            threads.join();
            assertThat(order).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        }
    }

    @Test
    void nobodyStarves() {
        Bulkhead bulkhead = waiting(1, 10);
        AtomicBoolean stop = new AtomicBoolean();
        try (Threads threads = new Threads()) {
            for (int i = 0; i < 3; i++) {
                threads.start(() -> {
                    while (!stop.get()) {
                        bulkhead.run(Thread::yield);
                    }
                    return null;
                });
            }
            for (int i = 0; i < 300; i++) {
                bulkhead.run(Thread::yield);
            }
            stop.set(true);
            threads.join();
        }
        assertThat(bulkhead.isIdle()).isTrue();
    }

    @Test
    void everySlotIsBackAfterCallsThatEndInEveryWayWhileTheLimitMoves() {
        long seed = System.nanoTime();
        int most = 4;
        Bulkhead bulkhead = Bulkhead.of(
                "b", c -> c.maxConcurrentCalls(most).maxQueuedCalls(6).maxWaitDuration(Duration.ofMillis(2)));
        Meters meters = Meters.start(bulkhead);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger mostInside = new AtomicInteger();
        AtomicInteger made = new AtomicInteger();
        AtomicInteger rejected = new AtomicInteger();
        AtomicBoolean stop = new AtomicBoolean();
        Queue<CompletableFuture<?>> futures = new ConcurrentLinkedQueue<>();
        try (Threads threads = new Threads()) {
            List<Thread> callers = new ArrayList<>();
            List<CompletableFuture<?>> ends = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                SplittableRandom random = new SplittableRandom(seed + i);
                ends.add(threads.start(() -> {
                    for (int call = 0; call < 4_000; call++) {
                        int kind = random.nextInt(10);
                        made.incrementAndGet();
                        if (kind < 6) {
                            try {
                                bulkhead.run(() -> {
                                    mostInside.accumulateAndGet(inside.incrementAndGet(), Math::max);
                                    try {
                                        if (kind == 0) {
                                            throw new StackOverflowError("scripted");
                                        }
                                        Thread.yield();
                                    } finally {
                                        inside.decrementAndGet();
                                    }
                                });
                            } catch (CallRejectedException rejection) {
                                rejected.incrementAndGet();
                            } catch (StackOverflowError expected) {
                                assertThat(expected).hasMessage("scripted");
                            }
                        } else if (kind < 7) {
                            Outcome<Permit> permit = bulkhead.tryAcquirePermit();
                            if (permit.isRejected()) {
                                rejected.incrementAndGet();
                            } else {
                                permit.get().release();
                            }
                        } else {
                            CompletableFuture<String> stage = new CompletableFuture<>();
                            CompletableFuture<String> future = bulkhead.callAsync(() -> stage);
                            futures.add(future);
                            if (random.nextBoolean()) {
                                stage.complete("ok");
                            }
                            if (random.nextInt(4) == 0) {
                                Thread.yield();
                            }
                            future.cancel(true);
                            stage.complete("late");
                        }
                        boolean ignored = Thread.interrupted();
                    }
                    return null;
                }));
                callers.add(threads.last());
            }
            SplittableRandom random = new SplittableRandom(seed);
            threads.start(() -> {
                while (!stop.get()) {
                    BulkheadTest.resize(bulkhead, 1 + random.nextInt(most));
                    callers.get(random.nextInt(callers.size())).interrupt();
                    Thread.yield();
                }
                return null;
            });
            ends.forEach(Threads::get);
            stop.set(true);
            threads.join();
        }
        Threads.await("seed " + seed + ": everything back in " + bulkhead, bulkhead::isIdle);
        assertThat(futures).as("seed %d", seed).allMatch(CompletableFuture::isDone);
        assertThat(mostInside.get()).as("seed %d", seed).isLessThanOrEqualTo(most);
        assertThat(meters.value("bulkhead.admitted") + meters.value("bulkhead.rejected"))
                .as("seed %d: %s", seed, meters)
                .isEqualTo(made.get());
        assertThat(meters.value("bulkhead.rejected")).as("seed %d", seed).isGreaterThanOrEqualTo(rejected.get());
    }

    private static Bulkhead waiting(int limit, int queue) {
        return Bulkhead.of(
                "b", c -> c.maxConcurrentCalls(limit).maxQueuedCalls(queue).maxWaitDuration(Duration.ofSeconds(30)));
    }
}
