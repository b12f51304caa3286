package dev.mainstay.bulkhead;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mainstay.ContextCarrier;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.ContextKey;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.VirtualTime;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each call of a thread pool bulkhead ends once and gives its slot back once, whatever the executor does with the task,
 * in every form of call, at once and from the line.
 */
@Timeout(60)
class HostileExecutorTest {

    private static final ContextKey<String> TENANT = ContextKey.of("tenant", String.class);

    /** What an executor may do to a task. */
    private enum Fault {
        NONE,
        RUNS_TWICE,
        THROWS_AFTER_TAKING,
        THROWS_AFTER_RUNNING,
        RUNS_ON_THE_CALLER,
        REJECTS,
        FAILS_WITH_ERROR,
        DROPS
    }

    private enum Form {
        SYNC,
        ASYNC_INCOMPLETE,
        ASYNC_COMPLETED,
        SUBMIT
    }

    private enum Ending {
        SUCCEEDS,
        FAILS
    }

    private final VirtualTime time = VirtualTime.create();
    private final Queue<Runnable> taken = new ArrayDeque<>();
    private Fault fault = Fault.NONE;

    private final Executor executor = task -> {
        switch (fault) {
            case NONE -> taken.add(task);
            case RUNS_TWICE -> {
                taken.add(task);
                taken.add(task);
            }
            case THROWS_AFTER_TAKING -> {
                taken.add(task);
                throw new RejectedExecutionException("taken all the same");
            }
            case THROWS_AFTER_RUNNING -> {
                task.run();
                throw new IllegalStateException("run all the same");
            }
            case RUNS_ON_THE_CALLER -> task.run();
            case REJECTS -> throw new RejectedExecutionException("full");
            case FAILS_WITH_ERROR -> throw new OutOfMemoryError("scripted");
            case DROPS -> {}
        }
    };

    private final ThreadPoolBulkhead pool = ThreadPoolBulkhead.of(
            "pool", c -> c.maxThreads(1).queueCapacity(3).executor(executor).timeSource(time));

    static Stream<Arguments> matrix() {
        return Stream.of(Fault.values())
                .flatMap(fault -> Stream.of(Form.values())
                        .flatMap(form -> Stream.of(Ending.values())
                                .flatMap(ending -> Stream.of(false, true)
                                        .map(queued -> Arguments.of(fault, form, ending, queued)))));
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void eachCallEndsOnceAndGivesItsSlotBackOnce(Fault fault, Form form, Ending ending, boolean queued) {
        AtomicInteger bodies = new AtomicInteger();
        AtomicInteger ends = new AtomicInteger();
        CompletableFuture<String> first = null;
        if (queued) {
            first = pool.submit(() -> "first");
            assertThat(taken).hasSize(1);
        }
        this.fault = fault;
        CompletableFuture<String> call = form == Form.SYNC ? sync(bodies, ending) : async(form, bodies, ending);
        call.whenComplete((result, failure) -> ends.incrementAndGet());
        drive(form == Form.SYNC ? call : null);
        time.advance(Duration.ofSeconds(3));
        drive(call);
        assertThat(call).as("the call").isDone();
        assertThat(ends).hasValue(1);
        assertThat(bodies.get()).as("bodies").isLessThanOrEqualTo(1);
        boolean ran = bodies.get() == 1;
        if (ran && ending == Ending.SUCCEEDS) {
            assertThat(call).isCompletedWithValue("ok");
        } else if (!ran) {
            assertThat(Stages.failureOf(call)).isInstanceOf(CallRejectedException.class);
        }
        if (first != null) {
            assertThat(first).isCompletedWithValue("first");
        }
        this.fault = Fault.NONE;
        assertThat(pool).isIdle();
        CompletableFuture<String> next = pool.submit(() -> "next");
        CompletableFuture<String> second = pool.submit(() -> "second");
        assertThat(taken).as("one slot, neither lost nor there twice").hasSize(1);
        drive(second);
        assertThat(next).isCompletedWithValue("next");
        assertThat(pool).isIdle();
        assertThat(pool.limit()).isEqualTo(1);
    }

    /** All calls have a deadline of two seconds, by which what was dropped ends. */
    private CompletableFuture<String> async(Form form, AtomicInteger bodies, Ending ending) {
        Deadline deadline = Deadline.after(Duration.ofSeconds(2), time);
        return pool.with(ctx -> ctx.deadline(deadline)).callAsync(() -> {
            bodies.incrementAndGet();
            if (form == Form.SUBMIT && ending == Ending.FAILS) {
                throw new IllegalArgumentException("body");
            }
            CompletableFuture<String> stage = new CompletableFuture<>();
            Runnable end = () -> {
                if (ending == Ending.FAILS) {
                    stage.completeExceptionally(new IllegalArgumentException("stage"));
                } else {
                    stage.complete("ok");
                }
            };
            if (form == Form.ASYNC_INCOMPLETE) {
                taken.add(end);
            } else {
                end.run();
            }
            return stage;
        });
    }

    private CompletableFuture<String> sync(AtomicInteger bodies, Ending ending) {
        CompletableFuture<String> end = new CompletableFuture<>();
        Deadline deadline = Deadline.after(Duration.ofSeconds(2), time);
        Runnable whileItWaits = () -> drive(null);
        Later.in(Duration.ofMillis(1), time, whileItWaits);
        try {
            end.complete(pool.with(ctx -> ctx.deadline(deadline)).call(() -> {
                bodies.incrementAndGet();
                if (ending == Ending.FAILS) {
                    throw new IllegalArgumentException("body");
                }
                return "ok";
            }));
        } catch (Throwable failure) {
            end.completeExceptionally(failure);
        }
        return end;
    }

    private void drive(@Nullable CompletableFuture<?> until) {
        for (int i = 0; i < 10; i++) {
            for (Runnable task = taken.poll(); task != null; task = taken.poll()) {
                task.run();
            }
            if (until != null) {
                time.runDue();
            }
        }
    }

    // ---- dropped

    @Test
    void aDroppedTaskGivesItsSlotBackWhenItsCallIsCancelled() {
        fault = Fault.DROPS;
        CompletableFuture<String> dropped = pool.submit(() -> "never");
        assertThat(pool.inUse()).isEqualTo(1);
        dropped.cancel(true);
        assertThat(pool).isIdle();
    }

    // ---- waiting

    @Test
    void aCallWaitsInTheQueueForTenSecondsAtMost() {
        CompletableFuture<String> running = pool.submit(() -> "running");
        CompletableFuture<String> waiting = pool.submit(() -> "never");
        time.advance(Duration.ofMillis(9_999));
        assertThat(waiting).isNotDone();
        time.advance(Duration.ofMillis(1));
        CallRejectedException rejection = assertThrows(CallRejectedException.class, () -> {
            throw Stages.failureOf(waiting);
        });
        assertThat(rejection).byPolicy("pool").withReason(RejectionReason.WAIT_EXPIRED);
        assertThat(pool.queued()).isZero();
        drive(running);
        assertThat(running).isCompletedWithValue("running");
        assertThat(pool).isIdle();
    }

    @Test
    void aCallThatCallsItsOwnPoolEndsInARejection() {
        try (ThreadPoolBulkhead own =
                ThreadPoolBulkhead.of("own", c -> c.maxThreads(1).maxWaitDuration(Duration.ofMillis(50)))) {
            assertThatThrownBy(() -> own.call(() -> own.call(() -> "inner")))
                    .isInstanceOfSatisfying(
                            CallRejectedException.class,
                            rejection -> assertThat(rejection).withReason(RejectionReason.WAIT_EXPIRED));
            assertThatThrownBy(() -> own.call(() -> own.submit(() -> "inner").join()))
                    .as("as the body has thrown it")
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            CallRejectedException.class,
                            rejection -> assertThat(rejection).withReason(RejectionReason.WAIT_EXPIRED));
            Threads.await("the slot", own::isIdle);
        }
    }

    // ---- interrupts

    @Test
    void anInterruptedCallerIsReleasedThoughItsCallMustNotBeInterrupted() {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (ThreadPoolBulkhead own =
                        ThreadPoolBulkhead.of("own", c -> c.maxThreads(1).interruptOnCancel(false));
                Threads threads = new Threads()) {
            CompletableFuture<Boolean> caller = threads.start(() -> {
                assertThatThrownBy(() -> own.run(() -> {
                            running.countDown();
                            go.await();
                        }))
                        .isInstanceOf(CancellationException.class);
                return Thread.currentThread().isInterrupted();
            });
            Threads.await("the call to run", () -> running.getCount() == 0);
            threads.last().interrupt();
            assertThat(Threads.get(caller)).as("the caller's flag").isTrue();
            assertThat(own.inUse()).as("the call goes on").isEqualTo(1);
            go.countDown();
            Threads.await("the slot", own::isIdle);
        }
    }

    // ---- context

    @Test
    void theCallsContextIsTheCallersAndNothingOfItStaysOnTheThread() {
        List<String> seen = new ArrayList<>();
        ClassLoader loader = new ClassLoader(null) {};
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        CompletableFuture<String> queued;
        CompletableFuture<String> running = pool.submit(() -> "running");
        Thread.currentThread().setContextClassLoader(loader);
        try {
            queued = pool.with(ctx -> ctx.key("key").cost(3).with(TENANT, "blue"))
                    .callAsyncWithContext(ctx -> {
                        seen.add(ctx.key() + " " + ctx.cost() + " "
                                + CallContext.current().get(TENANT) + " "
                                + (Thread.currentThread().getContextClassLoader() == loader));
                        return CompletableFuture.completedFuture("ok");
                    });
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
        drive(running);
        assertThat(queued).isCompletedWithValue("ok");
        assertThat(seen).containsExactly("key 3 blue true");
        assertThat(CallContext.current().get(TENANT)).isNull();
        assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(before);
    }

    @Test
    void aCarrierThatFailsWithAnErrorLosesNeitherSlotNorFuture() {
        ContextCarrier broken = () -> () -> {
            throw new NoClassDefFoundError("scripted");
        };
        ThreadPoolBulkhead own = ThreadPoolBulkhead.of(
                "own",
                c -> c.maxThreads(1).executor(executor).contextCarrier(broken).timeSource(time));
        CompletableFuture<String> call = own.submit(() -> "ok");
        drive(call);
        assertThat(call).isCompletedWithValue("ok");
        assertThat(own).isIdle();
    }

    // ---- nothing is kept

    @Test
    void aFutureThatIsCompleteAndATaskThatIsNeverRunKeepNothingOfTheBody() {
        List<CompletableFuture<?>> kept = new ArrayList<>();
        WeakReference<Object> ended = call(kept, false);
        WeakReference<Object> cancelled = call(kept, true);
        assertThat(BulkheadTest.isCleared(ended)).as("ended").isTrue();
        assertThat(taken).as("the executor keeps the task").hasSize(1);
        assertThat(BulkheadTest.isCleared(cancelled)).as("cancelled").isTrue();
        assertThat(kept).allMatch(CompletableFuture::isDone);
    }

    private WeakReference<Object> call(List<CompletableFuture<?>> kept, boolean cancelled) {
        Object captured = new Object();
        CompletableFuture<Boolean> call = pool.submit(() -> captured.hashCode() != 1);
        kept.add(call);
        if (cancelled) {
            call.cancel(true);
        } else {
            drive(call);
        }
        return new WeakReference<>(captured);
    }
}
