package dev.mainstay.bulkhead;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatIllegalArgumentException;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.mainstay.ContextCarrier;
import dev.mainstay.Pipeline;
import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiter;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.testkit.Meters;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A thread pool bulkhead in virtual time, on executors that the test drives. */
class ThreadPoolBulkheadTest {

    private final VirtualTime time = VirtualTime.create();
    private final Threads threads = new Threads();

    /** Threads that begin their work when the test says so. */
    private final class Threads implements Executor {

        private final Deque<Runnable> tasks = new ArrayDeque<>();
        private @Nullable RuntimeException rejection;

        @Override
        public void execute(Runnable task) {
            if (rejection != null) {
                throw rejection;
            }
            tasks.add(task);
        }

        void runNext() {
            tasks.remove().run();
        }

        /** Those in line are handed over on a thread of ours, which runs with the time. */
        void runAll() {
            time.runDue();
            while (!tasks.isEmpty()) {
                runNext();
                time.runDue();
            }
        }
    }

    private ThreadPoolBulkhead pool(UnaryOperator<ThreadPoolBulkheadConfig.Builder> options) {
        return ThreadPoolBulkhead.of(
                "pool", c -> options.apply(c.maxThreads(1).executor(threads).timeSource(time)));
    }

    private static Scenario<ThreadPoolBulkhead> scenario(String name, int maxThreads, int queueCapacity) {
        return Scenario.named(name)
                .with(time -> ThreadPoolBulkhead.of(
                        "pool",
                        c -> c.maxThreads(maxThreads)
                                .queueCapacity(queueCapacity)
                                .executor(time.executor())
                                .timeSource(time)));
    }

    private static RejectionReason reasonOf(CompletableFuture<?> rejected) {
        assertThat(rejected).isCompletedExceptionally();
        Throwable failure = Stages.failureOf(rejected);
        assertThat(failure).isInstanceOf(CallRejectedException.class);
        return ((CallRejectedException) failure).reason();
    }

    // ---- calls and slots

    @Test
    void callsComeThroughAsThemselvesAndGiveTheirSlotBack() {
        scenario("one thread, no queue", 1, 0).inEveryMode(run -> {
            run.succeeding(2);
            run.failing(2);
            run.failingWith(new StackOverflowError());
            run.failingWith(new IllegalStateException());
            run.call(Script.<String>of().throwInsteadOfStage(new IOException())).failedWith(IOException.class);
            run.succeeding(1);
            assertThat(run.policy())
                    .hasMeter("bulkhead.admitted", 8)
                    .hasMeter("bulkhead.rejected", 0)
                    .hasMeter("bulkhead.in.use", 0)
                    .hasMeter("bulkhead.limit", 1)
                    .isIdle();
        });
    }

    @Test
    void withoutAQueueACallGetsAThreadAtOnceOrNone() {
        scenario("two threads, no queue", 2, 0).exceptIn(Mode.ASYNC).inEveryMode(run -> {
            run.whileInFlight(2, () -> {
                assertThat(run.policy()).hasMeter("bulkhead.in.use", 2).isNotIdle();
                run.call(Script.succeeding("no"))
                        .wasRejected(RejectionReason.FULL)
                        .afterExecutions(0);
            });
            run.succeeding(1);
            assertThat(run.policy())
                    .hasMeter("bulkhead.rejected", 1, "reason", "full")
                    .isIdle();
        });
    }

    @Test
    void aStageThatIsNotCompleteHoldsNoSlot() {
        scenario("one thread, no queue", 1, 0).onlyIn(Mode.ASYNC).inEveryMode(run -> {
            var call = run.begin(Script.<String>of().hang(Duration.ofSeconds(1)).succeed("late"));
            run.time().runDue();
            assertThat(call.isDone()).isFalse();
            assertThat(run.policy()).isIdle();
            run.succeeding(1);
            call.end().returned("late");
        });
    }

    @Test
    void aMissingStageIsAFailureThatNamesThePolicy() {
        scenario("one thread", 1, 0).onlyIn(Mode.ASYNC, Mode.ASYNC_COMPLETED).inEveryMode(run -> {
            NullPointerException failure =
                    run.call(Script.<String>of().nullInsteadOfStage()).failure(NullPointerException.class);
            assertThat(failure).hasMessageContaining("pool");
            assertThat(run.policy()).isIdle();
        });
    }

    @Test
    void soManyQueueAndNoMoreAndRunInTheOrderInWhichTheyCame() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(2));
        Meters meters = Meters.start(pool);
        List<Integer> order = new ArrayList<>();
        List<CompletableFuture<Boolean>> futures = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            int number = i;
            futures.add(pool.submit(() -> order.add(number)));
        }
        assertThat(pool).hasMeter("bulkhead.in.use", 1).hasMeter("bulkhead.queued", 2);
        assertThat(threads.tasks).as("handed over at a time").hasSize(1);
        assertThat(reasonOf(futures.get(3))).isEqualTo(RejectionReason.QUEUE_FULL);
        assertThat(Stages.failureOf(futures.get(3)))
                .hasMessage("'pool' rejected the call: the queue is full (1 of 1 in use, 2 queued)");
        threads.runAll();
        assertThat(order).containsExactly(0, 1, 2);
        assertThat(meters.value("bulkhead.rejected", "reason", "queue_full")).isEqualTo(1);
        assertThat(meters.value("bulkhead.admitted")).isEqualTo(3);
        assertThat(pool).isIdle();
    }

    @Test
    void theSlotIsBackBeforeAnybodyHearsOfTheEnd() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(0));
        CompletableFuture<CompletableFuture<String>> afterSuccess =
                pool.submit(() -> "first").thenApply(first -> pool.submit(() -> "second"));
        threads.runAll();
        assertThat(afterSuccess.join()).isCompletedWithValue("second");
        CompletableFuture<CompletableFuture<String>> afterFailure = pool.submit(() -> {
                    throw new IOException();
                })
                .handle((result, failure) -> pool.submit(() -> "second"));
        threads.runAll();
        assertThat(afterFailure.join()).isCompletedWithValue("second");
    }

    @Test
    void norIsItThereLaterForThoseWhoListen() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(0));
        List<Integer> inUse = new ArrayList<>();
        pool.subscribe(PolicyEvent.CallEnded.class, event -> inUse.add(pool.inUse()));
        pool.submit(() -> "fine");
        threads.runAll();
        pool.submit(() -> {
            throw new IOException();
        });
        threads.runAll();
        assertThat(inUse).containsExactly(0, 0);
    }

    @Test
    void theContextIsCurrentOnTheThread() throws Exception {
        ThreadPoolBulkhead pool = pool(c -> c.executor(time.executor()));
        Deadline deadline = Deadline.after(Duration.ofSeconds(5), time);
        Duration seen = pool.with(ctx -> ctx.deadline(deadline))
                .call(() -> CallContext.current().remaining());
        assertThat(seen).isEqualTo(Duration.ofSeconds(5));
        assertThat(CallContext.current().deadline()).isNull();
    }

    @Test
    void whatTheCarriersCarryIsThereOnTheThreadAndGoneAfterwards() {
        List<String> places = new ArrayList<>();
        ThreadPoolBulkhead pool = pool(c -> c.contextCarrier(carrier("own", places)));
        Pipeline pipeline = Pipeline.builder("p")
                .policy(pool)
                .contextCarrier(carrier("pipeline's", places))
                .build();
        CompletableFuture<Boolean> call =
                pipeline.callAsync(() -> CompletableFuture.completedFuture(places.add("body")));
        assertThat(places).containsExactlyInAnyOrder("capture own", "capture pipeline's");
        places.clear();
        threads.runAll();
        assertThat(call).isCompletedWithValue(true);
        assertThat(places).containsExactly("open pipeline's", "open own", "body", "close own", "close pipeline's");
    }

    private static ContextCarrier carrier(String name, List<String> places) {
        return () -> {
            places.add("capture " + name);
            return () -> {
                places.add("open " + name);
                return () -> places.add("close " + name);
            };
        };
    }

    @Test
    void aCarrierThatThrowsCostsNoSlotAndNoCall() {
        ThreadPoolBulkhead capturing = pool(c -> c.contextCarrier(() -> {
            throw new IllegalStateException("capture");
        }));
        CompletableFuture<String> captured = capturing.submit(() -> "yes");
        threads.runAll();
        assertThat(captured).isCompletedWithValue("yes");
        assertThat(capturing).isIdle();
        ThreadPoolBulkhead opening = pool(c -> c.contextCarrier(() -> () -> {
            throw new IllegalStateException("open");
        }));
        CompletableFuture<String> call = opening.submit(() -> "yes");
        threads.runAll();
        assertThat(call).isCompletedWithValue("yes");
        assertThat(opening).isIdle();
    }

    @Test
    void whatDependsOnACallThatIsRejectedInTheQueueRunsInWhatTheCarriersCarry() {
        List<String> places = new ArrayList<>();
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(2).contextCarrier(carrier("own", places)));
        pool.submit(() -> "first");
        Deadline soon = Deadline.after(Duration.ofSeconds(1), time);
        CompletableFuture<String> late =
                pool.with(ctx -> ctx.deadline(soon)).callAsync(() -> CompletableFuture.completedFuture("never"));
        CompletableFuture<String> dismissed = pool.submit(() -> "never");
        places.clear();
        late.whenComplete((result, failure) -> places.add("late"));
        dismissed.whenComplete((result, failure) -> places.add("dismissed"));

        time.advance(Duration.ofSeconds(1));
        pool.close();

        assertThat(places).containsExactly("open own", "late", "close own", "open own", "dismissed", "close own");
    }

    @Test
    void forACallThatWasWithdrawnNothingIsPutInPlaceOnTheThread() {
        List<String> places = new ArrayList<>();
        ThreadPoolBulkhead pool = pool(c -> c.contextCarrier(carrier("own", places)));

        pool.submit(() -> "never").cancel(true);
        threads.runAll();

        assertThat(places).containsExactly("capture own");
        assertThat(pool).isIdle();
    }

    // ---- giving up

    @Test
    void aQueuedCallThatIsCancelledLeavesTheQueueAtOnceAndNeverRuns() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(1));
        Meters meters = Meters.start(pool);
        List<String> ran = new ArrayList<>();
        CompletableFuture<Boolean> running = pool.submit(() -> ran.add("first"));
        CompletableFuture<Boolean> cancelled = pool.submit(() -> ran.add("cancelled"));
        cancelled.cancel(true);
        assertThat(pool.queued()).isZero();
        CompletableFuture<Boolean> next = pool.submit(() -> ran.add("next"));
        threads.runAll();
        assertThat(ran).containsExactly("first", "next");
        assertThat(running).isCompletedWithValue(true);
        assertThat(next).isCompletedWithValue(true);
        assertThat(meters.value("bulkhead.rejected", "reason", "cancelled")).isEqualTo(1);
        assertThat(meters.value("bulkhead.admitted")).isEqualTo(2);
        assertThat(pool).isIdle();
    }

    @Test
    void aCallThatIsCancelledAfterItWasHandedToAnotherExecutorNeverRunsAndItsSlotIsBackAtOnce() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(0));
        List<String> ran = new ArrayList<>();
        pool.submit(() -> ran.add("cancelled")).cancel(true);
        assertThat(pool.inUse()).isZero();
        threads.runAll();
        assertThat(ran).isEmpty();
        assertThat(pool).isIdle();
    }

    @Test
    void aRunningCallThatIsCancelledIsInterruptedAndKeepsItsSlotUntilItEnds() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(0));
        List<String> seen = new ArrayList<>();
        CompletableFuture<String> call = pool.submit(() -> {
            try {
                time.sleep(Duration.ofSeconds(1).toNanos());
            } catch (InterruptedException interrupt) {
                seen.add("interrupted at " + time.elapsed().toMillis() + ", in use " + pool.inUse());
            }
            return "late";
        });
        Later.in(Duration.ofMillis(10), time, () -> call.cancel(true));
        threads.runAll();
        assertThat(seen).containsExactly("interrupted at 10, in use 1");
        assertThat(Thread.interrupted()).as("our interrupt leaked").isFalse();
        assertThat(call).isCancelled();
        assertThat(pool).isIdle();
    }

    @Test
    void aRunningCallIsNotInterruptedIfThatWasForbidden() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(0).interruptOnCancel(false));
        List<String> seen = new ArrayList<>();
        CompletableFuture<String> call = pool.submit(() -> {
            time.sleep(Duration.ofSeconds(1).toNanos());
            seen.add("slept, in use " + pool.inUse());
            return "late";
        });
        Later.in(Duration.ofMillis(10), time, () -> call.cancel(true));
        threads.runAll();
        assertThat(seen).containsExactly("slept, in use 1");
        assertThat(call).isCancelled();
        assertThat(pool).isIdle();
    }

    @Test
    void aStageThatComesAfterTheCancelIsCancelled() {
        ThreadPoolBulkhead pool = pool(c -> c.interruptOnCancel(false));
        CompletableFuture<String> stage = new CompletableFuture<>();
        List<CompletableFuture<String>> call = new ArrayList<>();
        call.add(pool.callAsync(() -> {
            call.get(0).cancel(true);
            return stage;
        }));
        threads.runAll();
        assertThat(stage).isCancelled();
        assertThat(pool).isIdle();
    }

    @Test
    void aStageInProgressIsCancelledWithTheCall() {
        ThreadPoolBulkhead pool = pool(c -> c);
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> call = pool.callAsync(() -> stage);
        threads.runAll();
        assertThat(call).isNotDone();
        call.cancel(true);
        assertThat(stage).isCancelled();
    }

    @Test
    void aSynchronousCallerWhoIsInterruptedTakesItsCallOutOfTheQueue() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(1));
        Meters meters = Meters.start(pool);
        CompletableFuture<String> first = pool.submit(() -> "first");
        List<String> ran = new ArrayList<>();
        Later.in(Duration.ofMillis(10), time, Thread.currentThread()::interrupt);
        assertThatThrownBy(() -> pool.call(() -> ran.add("interrupted")))
                .isInstanceOfSatisfying(
                        CallRejectedException.class,
                        rejection -> assertThat(rejection).withReason(RejectionReason.INTERRUPTED));
        assertThat(Thread.interrupted()).as("the interrupt flag is kept").isTrue();
        assertThat(pool.queued()).isZero();
        threads.runAll();
        assertThat(ran).isEmpty();
        assertThat(first).isCompletedWithValue("first");
        assertThat(meters.value("bulkhead.rejected", "reason", "interrupted")).isEqualTo(1);
        assertThat(pool).isIdle();
    }

    // ---- deadlines

    @Test
    void aQueuedCallIsRejectedWhenItsDeadlineComes() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(2));
        Meters meters = Meters.start(pool);
        List<String> ran = new ArrayList<>();
        pool.submit(() -> ran.add("first"));
        CompletableFuture<Boolean> late = pool.with(ctx -> ctx.deadline(Deadline.after(Duration.ofMillis(30), time)))
                .callAsync(() -> CompletableFuture.completedFuture(ran.add("late")));
        time.advance(Duration.ofMillis(29));
        assertThat(late).isNotDone();
        time.advance(Duration.ofMillis(1));
        assertThat(reasonOf(late)).isEqualTo(RejectionReason.DEADLINE);
        assertThat(pool.queued()).isZero();
        threads.runAll();
        assertThat(ran).containsExactly("first");
        assertThat(meters.value("bulkhead.rejected", "reason", "deadline")).isEqualTo(1);
        assertThat(pool).isIdle();
    }

    @Test
    void aCallWhoseDeadlineHasPassedDoesNotQueue() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(2));
        pool.submit(() -> "first");
        CompletableFuture<String> late = pool.with(ctx -> ctx.deadline(Deadline.after(Duration.ZERO, time)))
                .callAsync(() -> CompletableFuture.completedFuture("late"));
        assertThat(late).as("told at once").isDone();
        assertThat(reasonOf(late)).isEqualTo(RejectionReason.DEADLINE);
        assertThat(pool.queued()).isZero();
    }

    @Test
    void withoutAQueueALateCallIsToldThatThePoolIsFullLikeAnyOther() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(0));
        pool.submit(() -> "first");
        CompletableFuture<String> late = pool.with(ctx -> ctx.deadline(Deadline.after(Duration.ZERO, time)))
                .callAsync(() -> CompletableFuture.completedFuture("late"));
        assertThat(reasonOf(late)).isEqualTo(RejectionReason.FULL);
    }

    @Test
    void aCallThatMayWaitForEverArmsNoTimer() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(2).maxWaitDuration(Duration.ofDays(400_000)));
        pool.submit(() -> "first");
        pool.submit(() -> "second");
        assertThat(pool.queued()).isEqualTo(1);
        assertThat(time.pendingEvents()).isZero();
    }

    @Test
    void theTimerOfADeadlineIsGoneOnceTheCallIsOutOfTheQueue() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(2));
        pool.submit(() -> "first");
        UnaryOperator<CallContext> soon = ctx -> ctx.deadline(Deadline.after(Duration.ofMillis(30), time));
        pool.with(soon)
                .callAsync(() -> CompletableFuture.completedFuture("cancelled"))
                .cancel(true);
        CompletableFuture<String> second = pool.with(soon).callAsync(() -> CompletableFuture.completedFuture("second"));
        threads.runAll();
        assertThat(second).isCompletedWithValue("second");
        assertThat(time.pendingEvents()).isZero();
    }

    @Test
    void aQueuedCallThatTimedOutNeverRuns() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(2));
        Pipeline pipeline = Pipeline.of("p", limiter(Duration.ofMillis(20)), pool);
        List<String> ran = new ArrayList<>();
        pool.submit(() -> ran.add("first"));
        CompletableFuture<Boolean> queued =
                pipeline.callAsync(() -> CompletableFuture.completedFuture(ran.add("async")));
        time.advance(Duration.ofMillis(20));
        assertThat(Stages.failureOf(queued)).isInstanceOf(CallTimeoutException.class);
        assertThatThrownBy(() -> pipeline.call(() -> ran.add("sync"))).isInstanceOf(CallTimeoutException.class);
        assertThat(pool.queued()).isZero();
        threads.runAll();
        assertThat(ran).containsExactly("first");
        assertThat(pool).isIdle();
    }

    @Test
    void aTimedOutRunningCallKeepsItsSlotUntilItReallyEnds() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(0).interruptOnCancel(false));
        Pipeline pipeline = Pipeline.of("p", limiter(Duration.ofMillis(20)), pool);
        List<String> seen = new ArrayList<>();
        List<CompletableFuture<String>> call = new ArrayList<>();
        call.add(pipeline.callAsync(() -> {
            time.sleep(Duration.ofMillis(50).toNanos());
            seen.add("done " + call.get(0).isDone() + ", in use " + pool.inUse());
            return CompletableFuture.completedFuture("late");
        }));
        threads.runAll();
        assertThat(seen).containsExactly("done true, in use 1");
        assertThat(Stages.failureOf(call.get(0))).isInstanceOf(CallTimeoutException.class);
        assertThat(pool).isIdle();
    }

    private TimeLimiter limiter(Duration timeout) {
        return TimeLimiter.of("limit", c -> c.timeoutDuration(timeout).timeSource(time));
    }

    // ---- executors

    @Test
    void anExecutorThatRejectsCostsNoSlot() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(1));
        Meters meters = Meters.start(pool);
        threads.rejection = new RejectedExecutionException("busy");
        assertThatThrownBy(() -> pool.run(() -> {}))
                .isInstanceOfSatisfying(
                        CallRejectedException.class,
                        rejection -> assertThat(rejection).byPolicy("pool").withReason(RejectionReason.EXECUTOR))
                .hasCause(threads.rejection);
        assertThat(reasonOf(pool.submit(() -> "no"))).isEqualTo(RejectionReason.EXECUTOR);
        assertThat(meters.value("bulkhead.rejected", "reason", "executor")).isEqualTo(2);
        assertThat(meters.value("bulkhead.admitted")).isZero();
        threads.rejection = null;
        CompletableFuture<String> call = pool.submit(() -> "yes");
        threads.runAll();
        assertThat(call).isCompletedWithValue("yes");
        assertThat(pool).isIdle();
    }

    @Test
    void anExecutorThatIsShutDownMeanwhileRejectsThoseInTheQueue() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(2));
        CompletableFuture<String> first = pool.submit(() -> "first");
        CompletableFuture<String> second = pool.submit(() -> "second");
        CompletableFuture<String> third = pool.submit(() -> "third");
        threads.rejection = new RejectedExecutionException("shut down");
        threads.runAll();
        assertThat(first).isCompletedWithValue("first");
        assertThat(reasonOf(second)).isEqualTo(RejectionReason.EXECUTOR);
        assertThat(reasonOf(third)).isEqualTo(RejectionReason.EXECUTOR);
        assertThat(pool).isIdle();
    }

    @Test
    void anExecutorThatRunsOnTheCallersThreadWorks() {
        ThreadPoolBulkhead pool = pool(c -> c.executor(Runnable::run).queueCapacity(0));
        assertThat(pool.get(() -> "here")).isEqualTo("here");
        assertThat(pool.submit(() -> "there")).isCompletedWithValue("there");
        assertThat(pool).isIdle();
    }

    @Test
    void anExecutorThatRejectsWhatItHasRunGivesTheSlotBackOnce() {
        ThreadPoolBulkhead pool = pool(c -> c.executor(task -> {
            task.run();
            throw new RejectedExecutionException("too late");
        }));
        assertThat(pool.get(() -> "ran")).isEqualTo("ran");
        assertThat(pool.inUse()).isZero();
    }

    // ---- closing

    @Test
    void closingRejectsThoseInTheQueueAndThoseThatCome() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(2));
        Meters meters = Meters.start(pool);
        CompletableFuture<String> running = pool.submit(() -> "running");
        CompletableFuture<String> queued = pool.submit(() -> "queued");
        pool.close();
        pool.close();
        assertThat(reasonOf(queued)).isEqualTo(RejectionReason.EXECUTOR);
        assertThat(reasonOf(pool.submit(() -> "new"))).isEqualTo(RejectionReason.EXECUTOR);
        assertThatThrownBy(() -> pool.run(() -> {}))
                .isInstanceOf(CallRejectedException.class)
                .hasRootCauseMessage("'pool' is closed");
        threads.runAll();
        assertThat(running).isCompletedWithValue("running");
        assertThat(meters.value("bulkhead.rejected", "reason", "executor")).isEqualTo(3);
        assertThat(pool).isIdle().explains("it is closed");
    }

    // ---- changing

    @Test
    void itsLimitIsTheNumberOfItsThreads() {
        ThreadPoolBulkhead pool = pool(c -> c.maxThreads(3));
        assertThat(pool.limit()).isEqualTo(3);
        pool.reconfigure(pool.config().toBuilder().maxThreads(2).build());
        assertThat(pool.limit()).isEqualTo(2);
    }

    @Test
    void moreThreadsTakeCallsOutOfTheQueueAtOnce() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(3));
        for (int i = 0; i < 4; i++) {
            pool.submit(() -> "ok");
        }
        pool.reconfigure(pool.config().toBuilder().maxThreads(3).build());
        assertThat(pool).hasMeter("bulkhead.in.use", 3).hasMeter("bulkhead.queued", 1);
        time.runDue();
        assertThat(threads.tasks).hasSize(3);
    }

    @Test
    void fewerThreadsAndAShorterQueueLoseNobody() {
        ThreadPoolBulkhead pool = pool(c -> c.maxThreads(2).queueCapacity(3));
        List<CompletableFuture<String>> calls = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            calls.add(pool.submit(() -> "ok"));
        }
        pool.reconfigure(
                pool.config().toBuilder().maxThreads(1).queueCapacity(1).build());
        assertThat(pool).hasMeter("bulkhead.in.use", 2).hasMeter("bulkhead.queued", 3);
        assertThat(reasonOf(pool.submit(() -> "no"))).isEqualTo(RejectionReason.QUEUE_FULL);
        threads.runNext();
        assertThat(pool).hasMeter("bulkhead.in.use", 1).hasMeter("bulkhead.queued", 3);
        threads.runAll();
        assertThat(calls).allMatch(call -> "ok".equals(call.join()));
        assertThat(pool).isIdle();
    }

    @Test
    void aChangeIsAnEventWithBothLimits() {
        ThreadPoolBulkhead pool = pool(c -> c);
        ThreadPoolBulkheadConfig before = pool.config();
        try (RecordedEvents events = RecordedEvents.of(pool)) {
            pool.reconfigure(before.toBuilder().maxThreads(3).build());
            assertThat(events.all())
                    .containsExactly(
                            new PolicyEvent.Reconfigured("pool", 0, before, pool.config()),
                            new BulkheadEvent.LimitChanged("pool", 0, 1, 3, "reconfigured"));
        }
    }

    @Test
    void neitherTheExecutorNorTheTimeSourceCanBeChanged() {
        ThreadPoolBulkhead pool = pool(c -> c);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> pool.reconfigure(
                        pool.config().toBuilder().executor(Runnable::run).build()))
                .withMessageContaining("executor");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> pool.reconfigure(pool.config().toBuilder()
                        .timeSource(TimeSource.system())
                        .build()))
                .withMessageContaining("timeSource");
    }

    // ---- what others see

    @Test
    void thoseWhoListenHearOfEachCall() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(1));
        try (RecordedEvents events = RecordedEvents.of(pool)) {
            pool.submit(() -> {
                time.advance(Duration.ofMillis(3));
                return "ok";
            });
            pool.submit(() -> {
                throw new IOException();
            });
            pool.submit(() -> "rejected");
            threads.runAll();
            assertThat(events.ofType(PolicyEvent.CallRejected.class))
                    .extracting(PolicyEvent.CallRejected::reason)
                    .containsExactly(RejectionReason.QUEUE_FULL);
            assertThat(events.ofType(PolicyEvent.CallEnded.class))
                    .extracting(PolicyEvent.CallEnded::verdict, PolicyEvent.CallEnded::durationNanos)
                    .containsExactly(tuple(Verdict.SUCCESS, 3_000_000L), tuple(Verdict.ERROR, 0L));
        }
    }

    @Test
    void thoseWhoListenHearOfASynchronousCallThatFails() {
        ThreadPoolBulkhead pool = pool(c -> c.executor(time.executor()));
        try (RecordedEvents events = RecordedEvents.of(pool)) {
            assertThatThrownBy(() -> pool.run(() -> {
                        throw new IOException();
                    }))
                    .isInstanceOf(IOException.class);
            assertThat(events.ofType(PolicyEvent.CallEnded.class))
                    .extracting(PolicyEvent.CallEnded::verdict)
                    .containsExactly(Verdict.ERROR);
        }
    }

    @Test
    void aListenerThatThrowsCostsNoSlot() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(0));
        pool.subscribe(PolicyEvent.class, event -> {
            throw new IllegalStateException("listener");
        });
        CompletableFuture<String> call = pool.submit(() -> "ok");
        assertThat(reasonOf(pool.submit(() -> "no"))).isEqualTo(RejectionReason.FULL);
        threads.runAll();
        assertThat(call).isCompletedWithValue("ok");
        assertThat(pool).isIdle();
    }

    @Test
    void itExplainsItself() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(7));
        pool.submit(() -> "running");
        pool.submit(() -> "queued");
        assertThat(pool).explains("'pool' runs 1 calls on at most 1 threads, 1 of at most 7 in the queue");
        assertThat(pool.toString()).startsWith("ThreadPoolBulkhead['pool'");
    }

    @Test
    void nothingIsRetainedOfCallsThatHaveEnded() {
        ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(5));
        WeakReference<Object> reference = makeCallsThatEndAndAreCancelled(pool);
        assertThat(BulkheadTest.isCleared(reference)).isTrue();
        assertThat(pool).isIdle();
    }

    private WeakReference<Object> makeCallsThatEndAndAreCancelled(ThreadPoolBulkhead pool) {
        Object held = new Object();
        CompletableFuture<Object> first = pool.submit(() -> held);
        pool.submit(() -> held);
        CompletableFuture<Object> cancelled = pool.submit(() -> held);
        cancelled.cancel(true);
        threads.runAll();
        assertThat(first).isCompletedWithValue(held);
        assertThat(Stages.failureOf(cancelled)).isInstanceOf(CancellationException.class);
        return new WeakReference<>(held);
    }

    // ---- a call's own bound for its wait

    @Test
    void aQueuedCallWaitsAsLongAsItSaysItself() {
        ThreadPoolBulkhead pool = pool(c -> c.maxWaitDuration(Duration.ofSeconds(10)));
        CompletableFuture<String> running = pool.submit(() -> "running");
        CompletableFuture<String> shorter = pool.with(ctx -> ctx.maxWait(Duration.ofSeconds(2)))
                .callAsync(() -> CompletableFuture.completedFuture("never"));
        CompletableFuture<String> longer = pool.with(ctx -> ctx.maxWait(Duration.ofSeconds(30)))
                .callAsync(() -> CompletableFuture.completedFuture("in the end"));
        time.advance(Duration.ofSeconds(2));
        assertThat(reasonOf(shorter)).isEqualTo(RejectionReason.WAIT_EXPIRED);
        time.advance(Duration.ofSeconds(20));
        assertThat(longer).isNotDone();
        threads.runAll();
        assertThat(running).isCompletedWithValue("running");
        assertThat(longer).isCompletedWithValue("in the end");
        assertThat(time.pendingEvents()).isZero();
    }

    @Test
    void aCallThatSaysSoIsNotQueued() {
        Scenario.named("no queue")
                .with(time -> ThreadPoolBulkhead.of(
                        "pool", c -> c.maxThreads(1).executor(task -> {}).timeSource(time)))
                .inEveryMode(run -> {
                    CompletableFuture<String> running = run.policy().submit(() -> "running");
                    run.call(run.policy().with(ctx -> ctx.maxWait(Duration.ZERO)), Script.succeeding("never"))
                            .wasRejected(RejectionReason.FULL)
                            .afterTime(Duration.ZERO);
                    run.call(run.policy().with(ctx -> ctx.maxWait(Duration.ofMillis(5))), Script.succeeding("never"))
                            .wasRejected(RejectionReason.WAIT_EXPIRED)
                            .afterTime(Duration.ofMillis(5));
                    assertThat(run.policy().queued()).isZero();
                    running.cancel(true);
                    assertThat(run.policy().inUse()).isZero();
                });
    }

    @Test
    void rejectionsHaveAStackTraceIfTheOptionsSaySo() {
        for (boolean asked : new boolean[] {false, true}) {
            ThreadPoolBulkhead pool = pool(c -> c.queueCapacity(0).stackTraces(asked));
            CompletableFuture<String> running = pool.submit(() -> "running");
            assertThatThrownBy(() -> pool.call(() -> "never"))
                    .isInstanceOf(BulkheadFullException.class)
                    .satisfies(rejection ->
                            assertThat(rejection.getStackTrace().length > 0).isEqualTo(asked));
            Throwable async = Stages.failureOf(pool.callAsync(() -> CompletableFuture.completedFuture("never")));
            assertThat(async.getStackTrace().length > 0).isEqualTo(asked);
            running.cancel(true);
            pool.close();
            assertThatThrownBy(() -> pool.call(() -> "never"))
                    .satisfies(rejection ->
                            assertThat(rejection.getStackTrace().length > 0).isEqualTo(asked));
        }
    }
}
