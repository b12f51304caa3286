package dev.mainstay.verification;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;

import dev.mainstay.Fallback;
import dev.mainstay.Guard;
import dev.mainstay.Permit;
import dev.mainstay.Pipeline;
import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.CheckedSupplier;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryEvent;
import dev.mainstay.testkit.CallInFlight;
import dev.mainstay.testkit.CallReport;
import dev.mainstay.testkit.Meters;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.ScenarioRun;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Time limits inside and outside of other policies, in every way to call. The first named is the outermost. */
class TimeLimitCompositionTest {

    private static final Duration MS_100 = Duration.ofMillis(100);
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final IOException failure = new IOException("down");

    private static Scenario<Composed> scenario(String name, Function<VirtualTime, Composed> setup) {
        return Scenario.named(name).with(setup, Composed::guard);
    }

    private static TimeLimiter limit(VirtualTime time, Duration timeout) {
        return limit("limit", time, timeout);
    }

    private static TimeLimiter limit(String name, VirtualTime time, Duration timeout) {
        return TimeLimiter.of(name, c -> c.timeoutDuration(timeout).timeSource(time));
    }

    /** Three attempts, a tenth of a second apart whatever happened. */
    private static Retry retry(VirtualTime time) {
        return Retry.of(
                "retry",
                c -> c.backoff(Backoff.fixed(MS_100))
                        .overloadBackoff(Backoff.fixed(MS_100))
                        .timeSource(time));
    }

    private static CircuitBreaker breaker(VirtualTime time) {
        return CircuitBreaker.of("breaker", c -> c.slidingWindowSize(4).timeSource(time));
    }

    private static Bulkhead bulkhead(VirtualTime time, Duration wait) {
        return Bulkhead.of(
                "bulkhead",
                c -> wait.isZero()
                        ? c.maxConcurrentCalls(1).timeSource(time)
                        : c.maxConcurrentCalls(1)
                                .maxWaitDuration(wait)
                                .maxQueuedCalls(10)
                                .timeSource(time));
    }

    // ---- time limit and retry

    @Test
    void eachAttemptHasATimeLimitOfItsOwn() {
        scenario("Retry→TimeLimiter", time -> Composed.of(retry(time), limit(time, SECOND)))
                .inEveryMode(run -> {
                    run.call(Script.hanging()).timedOut().afterAttempts(1, 2, 3).afterTime(Duration.ofMillis(3_200));
                    run.call(Script.of()
                                    .hangForever()
                                    .hang(Duration.ofMillis(900))
                                    .succeed("ok"))
                            .returned("ok")
                            .afterExecutions(2)
                            .afterTime(Duration.ofMillis(2_000));
                    assertThat(run.policy().the(TimeLimiter.class))
                            .hasMeter("timelimiter.calls", 4, "outcome", "timeout")
                            .hasMeter("timelimiter.calls", 1, "outcome", "success");
                    run.after(Duration.ofSeconds(30));
                    assertThat(run.time().pendingEvents()).isZero();
                });
    }

    @Test
    void aPendingRetryIsNotKilledByTheTimerOfTheAttemptBefore() {
        scenario(
                        "Retry→TimeLimiter",
                        time -> Composed.of(
                                Retry.of(
                                        "retry",
                                        c -> c.backoff(Backoff.fixed(Duration.ofSeconds(5)))
                                                .timeSource(time)),
                                limit(time, SECOND)))
                .inEveryMode(run -> run.call(Script.of()
                                .hang(Duration.ofMillis(900))
                                .fail(failure)
                                .hang(Duration.ofMillis(900))
                                .succeed("ok"))
                        .returned("ok")
                        .afterExecutions(2)
                        .afterTime(Duration.ofMillis(6_800)));
    }

    @Test
    void anOuterLimitStopsEverything() {
        scenario("TimeLimiter→Retry", time -> Composed.of(limit(time, SECOND), retry(time)))
                .inEveryMode(run -> {
                    CallReport<Object> report =
                            run.call(Script.of().fail(failure).hangForever().thenFailTheTest());
                    report.timedOut().afterExecutions(2).afterTime(SECOND);
                    run.after(Duration.ofSeconds(60));
                    assertThat(report.executions()).isEqualTo(2);
                    assertThat(run.time().pendingEvents()).isZero();
                });
    }

    @Test
    void noBackoffIsBegunThatTheOuterLimitWouldCutShort() {
        scenario(
                        "TimeLimiter→Retry",
                        time -> Composed.of(
                                limit(time, SECOND),
                                Retry.of(
                                        "retry",
                                        c -> c.backoff(Backoff.fixed(Duration.ofSeconds(5)))
                                                .timeSource(time))))
                .inEveryMode(run -> {
                    run.call(Script.of().fail(failure).thenFailTheTest())
                            .failedWith(failure)
                            .afterTime(Duration.ZERO);
                    assertThat(run.policy().the(Retry.class))
                            .hasMeter("retry.denied", 1, "reason", "deadline")
                            .hasMeter("retry.budget", 10);
                });
    }

    @Test
    void aTimeoutEndsABackoffThatWasBegun() {
        // The backoff is shorter than what is left, but the clock does not stand still while it is decided on.
        scenario(
                        "TimeLimiter→Retry",
                        time -> Composed.of(
                                limit(time, SECOND),
                                Retry.of(
                                        "retry",
                                        c -> c.backoff(Backoff.fixed(Duration.ofMillis(900)))
                                                .timeSource(time))))
                .inEveryMode(run -> {
                    run.policy()
                            .the(Retry.class)
                            .subscribe(RetryEvent.RetryScheduled.class, event -> run.after(Duration.ofMillis(500)));
                    CallReport<Object> report =
                            run.call(Script.of().fail(failure).thenFailTheTest());
                    report.timedOut().afterTime(SECOND);
                    run.after(Duration.ofSeconds(60));
                    assertThat(run.policy().the(Retry.class))
                            .hasMeter("retry.budget", 10)
                            .hasMeter("retry.attempts", 1);
                });
    }

    @Test
    void limitsInsideAndOutsideOfARetryBothHold() {
        scenario(
                        "TimeLimiter→Retry→TimeLimiter",
                        time -> Composed.of(
                                limit("outer", time, Duration.ofMillis(2_500)),
                                retry(time),
                                limit("inner", time, SECOND)))
                .inEveryMode(run -> {
                    CallReport<Object> report = run.call(Script.hanging());
                    report.timedOut().afterExecutions(3).afterTime(Duration.ofMillis(2_500));
                    assertThat(((CallTimeoutException) report.failure()).policyName())
                            .isEqualTo("outer");
                    assertThat(run.policy().the(TimeLimiter.class, 1))
                            .hasMeter("timelimiter.calls", 2, "outcome", "timeout");
                    run.call(Script.of().hangForever().succeed("ok"))
                            .returned("ok")
                            .afterTime(Duration.ofMillis(1_100));
                    run.after(Duration.ofSeconds(30));
                    assertThat(run.time().pendingEvents()).isZero();
                });
    }

    @Test
    void ofThreeNestedLimitsTheTightestWins() {
        for (int tightest = 0; tightest < 3; tightest++) {
            int index = tightest;
            scenario(
                            "TimeLimiter→TimeLimiter→TimeLimiter, tightest " + index,
                            time -> Composed.of(
                                    limit("0", time, index == 0 ? SECOND : Duration.ofSeconds(2)),
                                    limit("1", time, index == 1 ? SECOND : Duration.ofSeconds(3)),
                                    limit("2", time, index == 2 ? SECOND : Duration.ofSeconds(4))))
                    .inEveryMode(run -> {
                        List<Duration> remaining = new ArrayList<>();
                        CallReport<Object> report = run.call(Script.of()
                                .doing(() -> remaining.add(CallContext.current().remaining()))
                                .hangForever());
                        report.timedOut().afterTime(SECOND);
                        assertThat(((CallTimeoutException) report.failure()).policyName())
                                .isEqualTo(Integer.toString(index));
                        assertThat(remaining).containsExactly(SECOND);
                        run.succeeding(1);
                        assertThat(run.time().pendingEvents()).isZero();
                    });
        }
    }

    // ---- time limit and breaker

    @Test
    void timeoutsOpenTheBreakerInBothOrders() {
        scenario("Breaker→TimeLimiter", time -> Composed.of(breaker(time), limit(time, SECOND)))
                .inEveryMode(TimeLimitCompositionTest::opensAfterFourTimeouts);
        scenario("TimeLimiter→Breaker", time -> Composed.of(limit(time, SECOND), breaker(time)))
                .inEveryMode(TimeLimitCompositionTest::opensAfterFourTimeouts);
    }

    private static void opensAfterFourTimeouts(ScenarioRun<Composed> run) {
        run.timingOut(4);
        run.rejected(1);
        assertThat(run.policy().the(CircuitBreaker.class))
                .hasState("OPEN")
                .hasMeter("breaker.calls", 4, "outcome", "failure");
    }

    @Test
    void timeoutsThatAreExcludedNeverOpenIt() {
        scenario(
                        "Breaker→TimeLimiter, time-outs ignored",
                        time -> Composed.of(
                                CircuitBreaker.of(
                                        "breaker",
                                        c -> c.slidingWindowSize(4)
                                                .ignoreExceptions(CallTimeoutException.class)
                                                .timeSource(time)),
                                limit(time, SECOND)))
                .inEveryMode(run -> {
                    run.timingOut(8);
                    assertThat(run.policy().the(CircuitBreaker.class))
                            .hasState("CLOSED")
                            .hasMeter("breaker.calls", 8, "outcome", "ignored");
                });
    }

    // ---- time limit and fallback

    @Test
    void aFallbackAnswersForATimeout() {
        scenario(
                        "Fallback→TimeLimiter",
                        time -> Composed.of(limit(time, SECOND)).inside(Fallback.of("instead")))
                .inEveryMode(run -> {
                    run.call(Script.hanging()).returned("instead").afterTime(SECOND);
                    assertThat(run.policy().the(TimeLimiter.class))
                            .hasMeter("timelimiter.calls", 1, "outcome", "timeout");
                });
    }

    // ---- time limit and waits

    @Test
    void aGateThatNeverWaitsDoesNotLookAtTheDeadline() throws Exception {
        VirtualTime time = VirtualTime.create();
        Deadline past = Deadline.after(SECOND, time);
        time.advance(Duration.ofSeconds(2));
        RateLimiter limiter = RateLimiter.of(
                "limiter", c -> c.limitForPeriod(10).limitRefreshPeriod(SECOND).timeSource(time));
        Pipeline gates = Pipeline.of("gates", breaker(time), bulkhead(time, Duration.ZERO), limiter);

        assertThat(gates.with(ctx -> ctx.deadline(past)).call(() -> "let in")).isEqualTo("let in");
        assertThat(gates.with(ctx -> ctx.deadline(past))
                        .callAsync(() -> CompletableFuture.completedFuture("let in"))
                        .get())
                .isEqualTo("let in");
    }

    @Test
    void noWaitInLineIsLongerThanTheTimeThatIsLeft() {
        scenario(
                        "TimeLimiter→Bulkhead",
                        time -> Composed.of(limit(time, SECOND), bulkhead(time, Duration.ofSeconds(60))))
                .onlyIn(Mode.ASYNC)
                .inEveryMode(run -> {
                    CallInFlight<Object> first =
                            run.begin(Script.of().hang(Duration.ofMillis(900)).succeed("first"));
                    CallInFlight<Object> second =
                            run.begin(Script.of().hang(Duration.ofMillis(900)).succeed("second"));
                    CallInFlight<Object> third =
                            run.begin(Script.<Object>of().succeed("never").thenFailTheTest());
                    first.end().returned("first");
                    second.end().timedOut().afterTime(SECOND).afterExecutions(1);
                    CallReport<Object> report = third.end();
                    assertThat(report.failure()).isInstanceOf(CallTimeoutException.class);
                    report.afterTime(SECOND).afterExecutions(0);
                    run.after(Duration.ofSeconds(60));
                    assertThat(report.executions()).isZero();
                    assertThat(run.policy().the(Bulkhead.class)).isIdle();
                });
    }

    @Test
    void aCallWhoseTimeIsUpInLineHasTimedOutWhoeverIsFaster() {
        for (Duration late : List.of(Duration.ZERO, Duration.ofMillis(1))) {
            for (boolean pool : new boolean[] {false, true}) {
                VirtualTime time = VirtualTime.create();
                TimeSource clock = new LateTimer(time, late);
                TimeLimiter limit = TimeLimiter.of("limit", c -> c.timeSource(clock));
                RecordedEvents events = RecordedEvents.of(limit);
                Meters meters = Meters.start(limit);
                Pipeline pipeline = Pipeline.of("p", limit, pool ? fullPool(clock) : full(clock));
                assertThatThrownBy(() -> pipeline.call(() -> "never")).isInstanceOf(CallTimeoutException.class);
                assertThat(time.elapsed()).isBetween(SECOND, SECOND.plus(late));
                assertThatThrownBy(() -> pipeline.tryCall(() -> "never")).isInstanceOf(CallTimeoutException.class);
                assertThat(meters.value("timelimiter.calls", "outcome", "timeout"))
                        .isEqualTo(2);
                assertThat(meters.value("timelimiter.calls", "outcome", "failure"))
                        .isZero();
                assertThat(events.ofType(PolicyEvent.TimedOut.class)).hasSize(2);
                time.advance(SECOND);
                assertThat(Thread.currentThread().isInterrupted()).isFalse();
                CompletableFuture<String> later = pipeline.callAsync(() -> CompletableFuture.completedFuture("x"));
                time.advance(SECOND.multipliedBy(3));
                assertThatThrownBy(later::join).hasCauseInstanceOf(CallTimeoutException.class);
            }
        }
    }

    @Test
    void aDeadlineFurtherOutThatIsNearerStaysTheReasonOfTheRejection() {
        for (boolean pool : new boolean[] {false, true}) {
            VirtualTime time = VirtualTime.create();
            TimeLimiter limit = limit(time, SECOND);
            Meters meters = Meters.start(limit);
            Pipeline pipeline = Pipeline.of("p", limit, pool ? fullPool(time) : full(time));
            assertRejectedForItsDeadline(
                    pipeline.with(ctx -> ctx.deadline(Deadline.after(MS_100, time))), () -> "never");
            assertThat(time.elapsed()).isEqualTo(MS_100);
            assertThat(meters.value("timelimiter.calls", "outcome", "failure")).isOne();
        }
    }

    @Test
    void soItDoesWhereBothHavePassedByThen() {
        VirtualTime time = VirtualTime.create();
        TimeSource clock = new LateTimer(time, Duration.ofSeconds(5));
        TimeLimiter limit = TimeLimiter.of("limit", c -> c.timeSource(clock));
        Bulkhead full = full(clock);
        CheckedSupplier<String, InterruptedException> slow = () -> {
            time.sleep(Duration.ofSeconds(2).toNanos());
            return full.call(() -> "never");
        };
        assertThatThrownBy(() -> limit.call(slow)).isInstanceOf(CallTimeoutException.class);
        assertRejectedForItsDeadline(limit.with(ctx -> ctx.deadline(Deadline.after(MS_100, time))), slow);
        assertThatThrownBy(() -> limit.with(ctx -> ctx.deadline(Deadline.after(SECOND, time)))
                        .call(slow))
                .as("the same instant")
                .isInstanceOf(CallTimeoutException.class);
    }

    private static void assertRejectedForItsDeadline(Guard guard, CheckedSupplier<String, InterruptedException> body) {
        assertThatThrownBy(() -> guard.call(body))
                .isInstanceOfSatisfying(
                        CallRejectedException.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(RejectionReason.DEADLINE));
    }

    /** Whose timer is late, so that a thread that waits wakes up before it fires. */
    private record LateTimer(VirtualTime time, Duration late) implements TimeSource {

        @Override
        public long nanoTime() {
            return time.nanoTime();
        }

        @Override
        public void sleep(long nanos) throws InterruptedException {
            time.sleep(nanos);
        }

        @Override
        public void parkNanos(Object blocker, long nanos) {
            time.parkNanos(blocker, nanos);
        }

        @Override
        public void arm(TimedTask task, long delayNanos) {
            time.arm(task, delayNanos + late.toNanos());
        }

        @Override
        public Executor executor() {
            return time.executor();
        }
    }

    /** A bulkhead with room in line only. */
    private static Bulkhead full(TimeSource time) {
        Bulkhead bulkhead = Bulkhead.of(
                "bulkhead",
                c -> c.maxConcurrentCalls(1)
                        .maxWaitDuration(Duration.ofSeconds(60))
                        .maxQueuedCalls(10)
                        .timeSource(time));
        Permit ignored = bulkhead.acquirePermit();
        return bulkhead;
    }

    private static ThreadPoolBulkhead fullPool(TimeSource time) {
        ThreadPoolBulkhead pool = ThreadPoolBulkhead.of(
                "pool", c -> c.maxThreads(1).executor(task -> {}).timeSource(time));
        CompletableFuture<String> ignored = pool.submit(() -> "dropped by its executor");
        return pool;
    }

    @Test
    void aRateLimitIsNotWaitedForBeyondTheTimeThatIsLeft() {
        scenario(
                        "TimeLimiter→RateLimiter",
                        time -> Composed.of(
                                limit(time, SECOND),
                                RateLimiter.of(
                                        "limiter",
                                        c -> c.limitForPeriod(1)
                                                .limitRefreshPeriod(Duration.ofSeconds(5))
                                                .timeoutDuration(Duration.ofSeconds(60))
                                                .timeSource(time))))
                .inEveryMode(run -> {
                    run.succeeding(1);
                    run.call(Script.succeeding("no permit"))
                            .wasRejected(RejectionReason.DEADLINE)
                            .afterExecutions(0)
                            .afterTime(Duration.ZERO);
                    run.after(Duration.ofSeconds(5));
                    run.succeeding(1);
                });
    }

    @Test
    void aCallThatTimedOutKeepsItsPlaceUntilItReallyEnds() {
        scenario("TimeLimiter→Bulkhead", time -> Composed.of(limit(time, SECOND), bulkhead(time, Duration.ZERO)))
                .onlyIn(Mode.ASYNC)
                .inEveryMode(run -> {
                    run.call(Script.of()
                                    .hang(Duration.ofSeconds(3))
                                    .ignoringInterrupts()
                                    .succeed("late"))
                            .timedOut()
                            .afterTime(SECOND);
                    assertThat(run.policy().the(Bulkhead.class).inUse()).isEqualTo(1);
                    run.rejected(1);
                    run.after(Duration.ofSeconds(2));
                    assertThat(run.policy().the(Bulkhead.class)).isIdle();
                    run.succeeding(1);
                });
    }

    @Test
    void anAttemptThatTimedOutHasGivenBackItsPlaceWhenTheNextBegins() {
        scenario(
                        "Retry→TimeLimiter→Bulkhead, at once",
                        time -> Composed.of(
                                Retry.of(
                                        "retry",
                                        c -> c.backoff(Backoff.fixed(Duration.ZERO))
                                                .overloadBackoff(Backoff.fixed(Duration.ZERO))
                                                .timeSource(time)),
                                limit(time, SECOND),
                                bulkhead(time, Duration.ZERO)))
                .inEveryMode(run -> {
                    run.call(Script.hanging()).timedOut().afterAttempts(1, 2, 3).afterTime(Duration.ofSeconds(3));
                    assertThat(run.policy().the(Bulkhead.class))
                            .isIdle()
                            .hasMeter("bulkhead.rejected", 0, "reason", "full");
                });
    }

    @Test
    void aPlaceOutsideOfALimitOnAnExecutorIsHeldUntilTheBodyHasEnded() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch given = new CountDownLatch(1);
        Bulkhead bulkhead = Bulkhead.of("bulkhead", c -> c.maxConcurrentCalls(1));
        CircuitBreaker breaker = CircuitBreaker.of("breaker", c -> c.slidingWindowSize(4));
        bulkhead.subscribe(PolicyEvent.CallEnded.class, event -> given.countDown());
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            Pipeline pipeline = Pipeline.of(
                    "p",
                    breaker,
                    bulkhead,
                    TimeLimiter.of(
                            "limit",
                            c -> c.timeoutDuration(Duration.ofMillis(20)).onExecutor(threads)));
            assertThatThrownBy(() -> pipeline.call(() -> {
                        boolean waited = false;
                        while (!waited) {
                            try {
                                release.await();
                                waited = true;
                            } catch (InterruptedException ignored) {
                                // Such bodies there are.
                            }
                        }
                        return "late";
                    }))
                    .isInstanceOf(CallTimeoutException.class);
            assertThat(bulkhead.inUse()).isEqualTo(1);
            assertThat(breaker).hasMeter("breaker.failure.rate", 100);
            release.countDown();
            assertThat(given.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(bulkhead.inUse()).isZero();
        } finally {
            release.countDown();
            threads.shutdownNow();
        }
    }

    @Test
    void retriesOfSlowCallsThroughABulkheadGiveBackEveryPlace() {
        scenario(
                        "Retry→TimeLimiter→Bulkhead",
                        time -> Composed.of(retry(time), limit(time, SECOND), bulkhead(time, Duration.ofMillis(500))))
                .inEveryMode(run -> {
                    run.call(Script.of().hangForever().fail(failure).succeed("ok"))
                            .returned("ok")
                            .afterAttempts(1, 2, 3)
                            .afterTime(Duration.ofMillis(1_200));
                    assertThat(run.policy().the(Bulkhead.class)).isIdle();
                    assertThat(run.time().pendingEvents()).isZero();
                });
    }
}
