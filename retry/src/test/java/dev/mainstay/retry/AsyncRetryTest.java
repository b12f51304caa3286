package dev.mainstay.retry;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;

import dev.mainstay.ContextCarrier;
import dev.mainstay.Pipeline;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.testkit.CallInFlight;
import dev.mainstay.testkit.Meters;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.ScenarioRun;
import dev.mainstay.testkit.Script;
import dev.mainstay.testkit.ScriptedCall;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is special about calls that give their caller a future. */
class AsyncRetryTest {

    private static final Duration MS_100 = Duration.ofMillis(100);

    private final VirtualTime time = VirtualTime.create();
    private final Retry retry =
            Retry.of("r", c -> c.backoff(Backoff.fixed(MS_100)).timeSource(time));
    private final Meters meters = Meters.start(retry);

    private static Scenario<Retry> scenario(String name) {
        return Scenario.named(name)
                .with(time ->
                        Retry.of("r", c -> c.backoff(Backoff.fixed(MS_100)).timeSource(time)))
                .onlyIn(Mode.ASYNC, Mode.ASYNC_COMPLETED);
    }

    @Test
    void aStageThatHasSucceededAtOnceIsHandedBackAsItIs() {
        CompletableFuture<String> stage = CompletableFuture.completedFuture("ok");
        assertThat(retry.callAsync(() -> stage)).isSameAs(stage);
    }

    @Test
    void aBodyThatThrowsInsteadOfGivingAStageFailsThatAttempt() {
        IOException thrown = new IOException("no stage");
        scenario("throws at any attempt").inEveryMode(run -> {
            run.call(Script.of()
                            .throwInsteadOfStage(thrown)
                            .fail(new IOException())
                            .succeed("ok"))
                    .returned("ok")
                    .afterAttempts(1, 2, 3);
            run.call(Script.of()
                            .fail(new IOException())
                            .throwInsteadOfStage(thrown)
                            .succeed("ok"))
                    .returned("ok")
                    .afterAttempts(1, 2, 3);
            run.call(Script.of().throwInsteadOfStage(thrown)).failedWith(thrown).afterExecutions(3);
            run.call(Script.of().throwInsteadOfStage(new StackOverflowError()))
                    .failedWith(StackOverflowError.class)
                    .afterExecutions(1);
        });
    }

    @Test
    void aBodyThatGivesNullInsteadOfAStageFailsThatAttempt() {
        scenario("null at any attempt").inEveryMode(run -> {
            run.call(Script.of().nullInsteadOfStage().succeed("ok"))
                    .returned("ok")
                    .afterExecutions(2);
            run.call(Script.of().fail(new IOException()).nullInsteadOfStage().succeed("ok"))
                    .returned("ok")
                    .afterExecutions(3);
            NullPointerException thrown = run.call(Script.of().nullInsteadOfStage())
                    .afterExecutions(3)
                    .failure(NullPointerException.class);
            assertThat(thrown).hasMessageContaining("'r'");
        });
    }

    @Test
    void aWrappedFailureIsLookedAtAndComesOutWithoutItsWrapping() {
        IOException failure = new IOException();
        Retry only = Retry.of(
                "r",
                c -> c.retryExceptions(IOException.class)
                        .backoff(Backoff.none())
                        .timeSource(time));
        AtomicInteger executions = new AtomicInteger();
        CompletableFuture<String> future = only.callAsync(() -> {
            executions.incrementAndGet();
            return CompletableFuture.failedFuture(new CompletionException(failure));
        });
        assertThatThrownBy(() -> time.await(future)).isSameAs(failure);
        assertThat(executions).hasValue(3);
    }

    // ---- cancel, and completion from outside

    @Test
    void cancelDuringAnAttemptCancelsItsStageAndIsNotRetried() {
        ScriptedCall<Object> body = Script.of().hangForever().on(time);
        CompletableFuture<Object> future = retry.callAsyncWithContext(body.async());
        future.cancel(true);
        time.runUntilIdle();
        assertThat(body.cancels()).isEqualTo(1);
        assertThat(body.executions()).isEqualTo(1);
        assertThat(meters.value("retry.calls")).isEqualTo(1);
        assertThat(future).isCancelled();
    }

    @Test
    void cancelDuringARetryInProgressSpendsItsToken() {
        ScriptedCall<Object> body =
                Script.of().fail(new IOException()).hangForever().on(time);
        CompletableFuture<Object> future = retry.callAsyncWithContext(body.async());
        time.advance(Duration.ofSeconds(1));
        assertThat(body.executions()).isEqualTo(2);
        future.cancel(true);
        time.runUntilIdle();
        assertThat(body.cancels()).isEqualTo(1);
        assertThat(body.executions()).isEqualTo(2);
        assertThat(retry.budget().tokens()).isEqualTo(9);
        assertThat(meters.value("retry.calls")).isEqualTo(1);
    }

    @Test
    void cancelDuringTheBackoffStopsTheRetriesAndReturnsTheToken() {
        for (Mode mode : List.of(Mode.ASYNC, Mode.ASYNC_COMPLETED)) {
            scenario("cancel in backoff").inMode(mode, run -> {
                CallInFlight<Object> call =
                        run.begin(Script.of().fail(new IOException()).thenFailTheTest());
                run.after(Duration.ofMillis(50));
                assertThat(run.policy()).hasMeter("retry.budget", 9).isNotIdle();
                call.cancel();
                assertThat(run.policy()).hasMeter("retry.budget", 10).isIdle();
                assertThat(run.time().pendingEvents()).isZero();
                run.after(Duration.ofSeconds(10));
                assertThat(call.future()).isCancelled();
                assertThat(run.policy())
                        .hasMeter("retry.calls", 1, "outcome", "failure")
                        .hasMeter("retry.attempts", 1);
            });
        }
    }

    @Test
    void cancelBetweenTheBackoffAndTheAttemptReturnsTheToken() {
        List<Runnable> tasks = new ArrayList<>();
        Pipeline pipeline =
                Pipeline.builder("p").policy(retry).executor(tasks::add).build();
        ScriptedCall<Object> body =
                Script.of().fail(new IOException()).thenFailTheTest().on(time);
        CompletableFuture<Object> future = pipeline.callAsyncWithContext(body.asyncCompleted());
        time.advance(MS_100);
        assertThat(tasks).hasSize(1);
        future.cancel(true);
        tasks.forEach(Runnable::run);
        assertThat(body.executions()).isEqualTo(1);
        assertThat(retry.budget().tokens()).isEqualTo(10);
    }

    @Test
    void cancelWhileTheBackoffIsBeingArmedLeavesNoTimerBehind() {
        List<CompletableFuture<Object>> call = new ArrayList<>();
        TimeSource slowToArm = new TimeAround(time) {
            @Override
            public void arm(TimedTask task, long delayNanos) {
                call.get(0).cancel(true);
                super.arm(task, delayNanos);
            }
        };
        Retry cancelled = Retry.of("r", c -> c.backoff(Backoff.fixed(MS_100)).timeSource(slowToArm));
        ScriptedCall<Object> body =
                Script.of().fail(new IOException()).thenFailTheTest().on(time);
        call.add(cancelled.callAsyncWithContext(body.async()));
        time.runDue();
        assertThat(call.get(0)).isCancelled();
        assertThat(time.pendingEvents()).isZero();
        assertThat(cancelled.budget().tokens()).isEqualTo(10);
    }

    @Test
    void cancelFromWithinTheBodyCancelsTheStageThatItGives() {
        CompletableFuture<String> stage = new CompletableFuture<>();
        List<CompletableFuture<String>> call = new ArrayList<>();
        AtomicInteger executions = new AtomicInteger();
        call.add(retry.callAsync(() -> {
            if (executions.incrementAndGet() == 1) {
                return CompletableFuture.failedFuture(new IOException());
            }
            call.get(0).cancel(true);
            return stage;
        }));
        time.runUntilIdle();
        assertThat(stage).isCancelled();
        assertThat(executions).hasValue(2);
        assertThat(meters.value("retry.calls")).isEqualTo(1);
    }

    @Test
    void cancelFromWithinTheBodyStopsTheRetriesIfThatAttemptFailsAtOnce() {
        List<CompletableFuture<String>> call = new ArrayList<>();
        AtomicInteger executions = new AtomicInteger();
        call.add(retry.callAsync(() -> {
            if (executions.incrementAndGet() == 2) {
                call.get(0).cancel(true);
            }
            return CompletableFuture.failedFuture(new IOException());
        }));
        time.runUntilIdle();
        assertThat(executions).hasValue(2);
        assertThat(time.pendingEvents()).isZero();
        assertThat(retry.budget().tokens()).isEqualTo(9);
        assertThat(meters.value("retry.calls")).isEqualTo(1);
    }

    @Test
    void completingTheFutureFromOutsideStopsTheRetries() {
        ScriptedCall<Object> body =
                Script.of().fail(new IOException()).thenFailTheTest().on(time);
        CompletableFuture<Object> future = retry.callAsyncWithContext(body.asyncCompleted());
        future.complete("from outside");
        time.runUntilIdle();
        assertThat(future).isCompletedWithValue("from outside");
        assertThat(body.executions()).isEqualTo(1);
        assertThat(retry.budget().tokens()).isEqualTo(10);

        ScriptedCall<Object> running = Script.of().hangForever().on(time);
        CompletableFuture<Object> other = retry.callAsyncWithContext(running.async());
        other.completeExceptionally(new IllegalStateException("from outside"));
        time.runUntilIdle();
        assertThat(running.cancels()).isEqualTo(1);
    }

    @Test
    void anAttemptThatEndsAfterTheCallWasGivenUpSettlesTheBudgetAndPublishesNothing() {
        ScriptedCall<Object> body = Script.of()
                .fail(new IOException())
                .hang(Duration.ofSeconds(1))
                .ignoringInterrupts()
                .succeed("late")
                .on(time);
        CompletableFuture<Object> future = retry.callAsyncWithContext(body.async());
        time.advance(Duration.ofMillis(500));
        assertThat(body.executions()).isEqualTo(2);
        try (RecordedEvents events = RecordedEvents.of(retry)) {
            future.cancel(true);
            time.runUntilIdle();
            assertThat(events.all()).isEmpty();
        }
        assertThat(retry.budget().tokens()).isEqualTo(10);
        assertThat(body.executions()).isEqualTo(2);
    }

    @Test
    void anAttemptThatFailsAfterTheCallWasGivenUpIsTheLastAndSaysNothing() {
        ScriptedCall<Object> body = Script.of()
                .fail(new IOException())
                .hang(Duration.ofSeconds(1))
                .ignoringInterrupts()
                .fail(new IOException())
                .thenFailTheTest()
                .on(time);
        CompletableFuture<Object> future = retry.callAsyncWithContext(body.async());
        time.advance(Duration.ofMillis(500));
        try (RecordedEvents events = RecordedEvents.of(retry)) {
            future.cancel(true);
            time.runUntilIdle();
            assertThat(events.all()).isEmpty();
        }
        assertThat(body.executions()).isEqualTo(2);
        assertThat(retry.budget().tokens()).isEqualTo(9);
        assertThat(meters.value("retry.calls")).isEqualTo(1);
    }

    @Test
    void aStageThatSomebodyElseCancelsEndsTheCall() {
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> future = retry.callAsync(() -> stage);
        stage.cancel(true);
        assertThatThrownBy(() -> time.await(future)).isInstanceOf(CancellationException.class);
        assertThat(meters.value("retry.attempts")).isEqualTo(1);
    }

    // ---- what must not throw, and does

    @Test
    void aTimerThatBreaksEndsTheCallWithWhatItThrewAndTheTokenIsReturned() {
        IllegalStateException broken = new IllegalStateException("no timer");
        TimeSource withoutTimer = new TimeAround(time) {
            @Override
            public void arm(TimedTask task, long delayNanos) {
                throw broken;
            }
        };
        Retry retry = Retry.of("r", c -> c.backoff(Backoff.fixed(MS_100)).timeSource(withoutTimer));
        for (Mode mode : List.of(Mode.ASYNC, Mode.ASYNC_COMPLETED)) {
            ScriptedCall<Object> body =
                    Script.of().fail(new IOException()).thenFailTheTest().on(time);
            CompletableFuture<Object> future =
                    retry.callAsyncWithContext(mode == Mode.ASYNC ? body.async() : body.asyncCompleted());
            time.runDue();
            assertThat(future).isCompletedExceptionally();
            assertThatThrownBy(() -> time.await(future)).isSameAs(broken);
            assertThat(retry.budget().tokens()).isEqualTo(10);
        }
    }

    @Test
    void aClockThatBreaksDuringTheWaitEndsTheCallWithWhatItThrew() {
        IllegalStateException broken = new IllegalStateException("no clock");
        AtomicBoolean breaks = new AtomicBoolean();
        TimeSource clock = new TimeAround(time) {
            @Override
            public long nanoTime() {
                if (breaks.get()) {
                    throw broken;
                }
                return super.nanoTime();
            }
        };
        Retry retry = Retry.of(
                "r",
                c -> c.backoff(Backoff.fixed(MS_100))
                        .maxDuration(Duration.ofSeconds(1))
                        .timeSource(clock));
        ScriptedCall<Object> body =
                Script.of().fail(new IOException()).thenFailTheTest().on(time);
        CompletableFuture<Object> future = retry.callAsyncWithContext(body.asyncCompleted());
        breaks.set(true);
        time.advance(MS_100);
        assertThat(future).isCompletedExceptionally();
        assertThatThrownBy(() -> time.await(future)).isSameAs(broken);
    }

    // ---- executors

    @Test
    void anAttemptAfterOneThatFailedAtOnceIsMadeOnTheSameThreadIfThereIsNothingToWaitFor() {
        List<Runnable> tasks = new ArrayList<>();
        Retry atOnce = Retry.of("r", c -> c.backoff(Backoff.none()).timeSource(time));
        Pipeline pipeline =
                Pipeline.builder("p").policy(atOnce).executor(tasks::add).build();
        CompletableFuture<Object> future = pipeline.callAsyncWithContext(Script.of()
                .fail(new IOException())
                .times(2)
                .succeed("ok")
                .on(time)
                .asyncCompleted());
        assertThat(future).isCompletedWithValue("ok");
        assertThat(tasks).isEmpty();
    }

    @Test
    void anAttemptForWhichTheExecutorIsTooLateEndsTheCallWithItsLastFailure() {
        IOException failure = new IOException();
        List<Runnable> tasks = new ArrayList<>();
        Retry inTime = Retry.of(
                "r",
                c -> c.backoff(Backoff.fixed(MS_100))
                        .maxDuration(Duration.ofMillis(150))
                        .timeSource(time));
        Pipeline pipeline =
                Pipeline.builder("p").policy(inTime).executor(tasks::add).build();
        ScriptedCall<Object> body = Script.of().fail(failure).thenFailTheTest().on(time);
        CompletableFuture<Object> future = pipeline.callAsyncWithContext(body.async());
        time.advance(MS_100);
        time.advance(MS_100);
        tasks.forEach(Runnable::run);
        assertThat(future).isDone();
        assertThatThrownBy(() -> time.await(future)).isSameAs(failure);
        assertThat(inTime.budget().tokens()).isEqualTo(10);
        assertThat(body.executions()).isEqualTo(1);
    }

    @Test
    void anExecutorThatRejectsMidWayEndsTheCallWithItsLastFailure() {
        IOException failure = new IOException();
        RejectedExecutionException full = new RejectedExecutionException("full");
        Pipeline pipeline = Pipeline.builder("p")
                .policy(retry)
                .executor(task -> {
                    throw full;
                })
                .build();
        for (Backoff backoff : List.of(Backoff.fixed(MS_100), Backoff.none())) {
            retry.reconfigure(retry.config().toBuilder().backoff(backoff).build());
            ScriptedCall<Object> body =
                    Script.of().fail(failure).thenFailTheTest().on(time);
            CompletableFuture<Object> future = pipeline.callAsyncWithContext(body.async());
            assertThatThrownBy(() -> time.await(future)).isSameAs(failure).hasSuppressedException(full);
            assertThat(retry.budget().tokens()).isEqualTo(10);
        }
    }

    @Test
    void anExecutorThatIsShutDownMidWayEndsTheCall() {
        ExecutorService executor = Executors.newSingleThreadExecutor();
        Pipeline pipeline =
                Pipeline.builder("p").policy(retry).executor(executor).build();
        CompletableFuture<Object> future = pipeline.callAsyncWithContext(
                Script.of().fail(new IOException()).on(time).asyncCompleted());
        executor.shutdownNow();
        assertThatThrownBy(() -> time.await(future)).isInstanceOf(IOException.class);
    }

    @Test
    void attemptsAfterAWaitRunOnThePipelinesExecutorInTheCallersContext() {
        ThreadLocal<String> user = new ThreadLocal<>();
        ContextCarrier carrier = () -> {
            String captured = user.get();
            return () -> {
                String before = user.get();
                user.set(captured);
                return () -> user.set(before);
            };
        };
        List<Runnable> tasks = new ArrayList<>();
        Pipeline pipeline = Pipeline.builder("p")
                .policy(retry)
                .executor(tasks::add)
                .contextCarrier(carrier)
                .build();
        List<String> seen = new ArrayList<>();
        user.set("alice");
        CompletableFuture<String> future = pipeline.callAsync(() -> {
            seen.add(user.get());
            return seen.size() < 2
                    ? CompletableFuture.failedFuture(new IOException())
                    : CompletableFuture.completedFuture("ok");
        });
        user.set("bob");
        time.advance(MS_100);
        assertThat(seen).containsExactly("alice");
        tasks.forEach(Runnable::run);
        assertThat(seen).containsExactly("alice", "alice");
        assertThat(user.get()).isEqualTo("bob");
        assertThat(future).isCompletedWithValue("ok");
    }

    @Test
    void anAttemptIsNotMadeOnTheThreadThatCompletesTheStageBefore() throws Exception {
        Retry atOnce = Retry.of("r", c -> c.backoff(Backoff.none()));
        List<Thread> threads = new ArrayList<>();
        CompletableFuture<String> first = new CompletableFuture<>();
        CompletableFuture<String> future = atOnce.callAsync(() -> {
            threads.add(Thread.currentThread());
            return threads.size() == 1 ? first : CompletableFuture.completedFuture("ok");
        });
        Thread completer = new Thread(() -> first.completeExceptionally(new IOException()));
        completer.start();
        assertThat(future.get(10, TimeUnit.SECONDS)).isEqualTo("ok");
        assertThat(threads.get(1)).isNotSameAs(completer).isNotSameAs(Thread.currentThread());
    }

    // ---- many attempts

    private static Retry unlimited(VirtualTime time, Backoff backoff) {
        return Retry.of(
                "r",
                c -> c.unlimitedAttempts()
                        .budget(RetryBudget.none())
                        .backoff(backoff)
                        .timeSource(time));
    }

    @Test
    void aHundredThousandAttemptsDoNotGrowTheStackWhateverTheMode() {
        for (Backoff backoff : List.of(Backoff.none(), Backoff.fixed(Duration.ofNanos(1)))) {
            Scenario.named("100,000 attempts, backoff " + backoff)
                    .with(time -> unlimited(time, backoff))
                    .inEveryMode(run -> {
                        AtomicInteger executions = new AtomicInteger();
                        assertThatThrownBy(() -> fail100000Times(run, executions))
                                .hasMessage("enough")
                                .satisfies(thrown ->
                                        assertThat(thrown.getSuppressed()).hasSize(3));
                        assertThat(executions).hasValue(100_000);
                    });
        }
    }

    /** The last failure is an Error, which nobody retries. */
    private static void fail100000Times(ScenarioRun<Retry> run, AtomicInteger executions) throws Exception {
        if (run.mode().isAsync()) {
            CompletableFuture<String> future = run.guard().callAsync(() -> {
                CompletableFuture<String> stage = new CompletableFuture<>();
                Throwable failure =
                        executions.incrementAndGet() < 100_000 ? new Stackless() : new AssertionError("enough");
                if (run.mode() == Mode.ASYNC) {
                    return laterThenFail(run.time(), stage, failure);
                }
                stage.completeExceptionally(failure);
                return stage;
            });
            run.time().await(future);
        } else {
            run.guard().run(() -> {
                if (executions.incrementAndGet() == 100_000) {
                    throw new AssertionError("enough");
                }
                throw new Stackless();
            });
        }
    }

    @Test
    void norWithAnExecutorThatRunsItsTasksAtOnce() {
        Pipeline pipeline = Pipeline.builder("p")
                .policy(unlimited(time, Backoff.none()))
                .executor(Runnable::run)
                .build();
        AtomicInteger executions = new AtomicInteger();
        CompletableFuture<String> future = pipeline.callAsync(() -> {
            CompletableFuture<String> stage = new CompletableFuture<>();
            Throwable failure = executions.incrementAndGet() < 100_000 ? new Stackless() : new AssertionError("enough");
            // It is complete between the look at it and the callback: as a stage may be that another thread completes.
            return executions.get() == 1 ? laterThenFail(time, stage, failure) : new CompleteAtSecondLook<>(failure);
        });
        assertThatThrownBy(() -> time.await(future)).hasMessage("enough");
        assertThat(executions).hasValue(100_000);
    }

    private static CompletableFuture<String> laterThenFail(
            VirtualTime time, CompletableFuture<String> stage, Throwable failure) {
        time.executor().execute(() -> stage.completeExceptionally(failure));
        return stage;
    }

    /** Says that it is not done, and then is. */
    private static final class CompleteAtSecondLook<T> extends CompletableFuture<T> {

        private boolean looked;

        CompleteAtSecondLook(Throwable failure) {
            super.completeExceptionally(failure);
        }

        @Override
        public boolean isDone() {
            boolean answer = looked;
            looked = true;
            return answer;
        }

        @Override
        public boolean isCompletedExceptionally() {
            return looked && super.isCompletedExceptionally();
        }
    }

    private static final class Stackless extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Stackless() {
            super("again", null, false, false);
        }
    }
}
