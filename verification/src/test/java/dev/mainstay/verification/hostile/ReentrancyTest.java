package dev.mainstay.verification.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.ContextCarrier;
import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.breaker.StateChanged;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryEvent;
import dev.mainstay.testkit.Meters;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is called by a policy calls that policy: no lock is held that it could wait for, nothing is counted twice or
 * lost, and every permit comes back.
 */
class ReentrancyTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();

    // ---- a body that calls its own policy

    static Stream<Named<Policy>> policies() {
        VirtualTime time = VirtualTime.create();
        Policy breaker = CircuitBreaker.of("breaker", c -> c.timeSource(time));
        Policy bulkhead = Bulkhead.of("bulkhead", c -> c.maxConcurrentCalls(2).timeSource(time));
        Policy pool = ThreadPoolBulkhead.of(
                "pool", c -> c.maxThreads(2).executor(time.executor()).timeSource(time));
        Policy limiter = RateLimiter.of(
                "limiter", c -> c.limitForPeriod(4).limitRefreshPeriod(SECOND).timeSource(time));
        Policy retry = Retry.of("retry", c -> c.timeSource(time));
        Policy timeLimiter = TimeLimiter.of("limit", c -> c.timeSource(time));
        Policy onExecutor = TimeLimiter.of(
                "limit on an executor", c -> c.onExecutor(time.executor()).timeSource(time));
        Policy all = Pipeline.of("all of them", retry, breaker, limiter, bulkhead, pool, timeLimiter);
        return Stream.of(breaker, bulkhead, pool, limiter, retry, timeLimiter, onExecutor, all)
                .map(policy -> Named.of(policy.name(), policy));
    }

    @ParameterizedTest(name = "{0}", autoCloseArguments = false)
    @MethodSource("policies")
    void aBodyMayCallItsOwnPolicy(Policy policy) {
        String result = policy.get(() -> "outer " + policy.get(() -> "inner"));

        assertThat(result).isEqualTo("outer inner");
        assertNothingIsLeftOf(policy);
    }

    @ParameterizedTest(name = "{0}", autoCloseArguments = false)
    @MethodSource("policies")
    void aStageMayCallItsOwnPolicy(Policy policy) throws Exception {
        VirtualTime time = (VirtualTime) PolicyAccess.timeSource(policy);

        CompletableFuture<String> call =
                policy.callAsync(() -> policy.callAsync(() -> CompletableFuture.completedFuture("inner"))
                        .thenApply(inner -> "outer " + inner));

        assertThat(time.await(call)).isEqualTo("outer inner");
        assertNothingIsLeftOf(policy);
    }

    @ParameterizedTest(name = "{0}", autoCloseArguments = false)
    @MethodSource("policies")
    void aBodyThatAwaitsAStageOfItsOwnPolicyEnds(Policy policy) {
        VirtualTime time = (VirtualTime) PolicyAccess.timeSource(policy);

        String result = policy.get(() -> {
            CompletableFuture<String> inner = policy.callAsync(() -> CompletableFuture.completedFuture("inner"));
            time.runDue();
            return "outer " + inner.join();
        });

        assertThat(result).isEqualTo("outer inner");
        assertNothingIsLeftOf(policy);
    }

    private static void assertNothingIsLeftOf(Policy policy) {
        Meters.of(policy).readings().forEach((id, value) -> {
            if (id.name().equals("bulkhead.in.use") || id.name().equals("bulkhead.queued")) {
                assertThat(value).as(id.toString()).isZero();
            }
        });
    }

    @Test
    void aBodyThatWaitsForItsOwnSlotIsToldSoWhenItsWaitIsOver() {
        Bulkhead bulkhead = Bulkhead.of(
                "one", c -> c.maxConcurrentCalls(1).maxWaitDuration(SECOND).timeSource(time));

        assertThatThrownBy(() -> bulkhead.run(() -> bulkhead.run(() -> {})))
                .isInstanceOfSatisfying(
                        CallRejectedException.class,
                        rejection -> assertThat(rejection.reason()).isEqualTo(RejectionReason.WAIT_EXPIRED));
        assertThat(time.elapsed()).isEqualTo(SECOND);
        assertThat(PolicyAccess.isIdle(bulkhead)).isTrue();
    }

    @Test
    void aBodyThatWaitsForItsOwnThreadIsToldSoAtItsDeadline() {
        ThreadPoolBulkhead pool = ThreadPoolBulkhead.of(
                "one", c -> c.maxThreads(1).executor(time.executor()).timeSource(time));
        Pipeline limited = Pipeline.of(
                "limited",
                TimeLimiter.of("limit", c -> c.timeoutDuration(SECOND).timeSource(time)),
                pool);

        assertThatThrownBy(() -> limited.run(() -> pool.run(() -> {}))).isInstanceOf(CallTimeoutException.class);
        time.runUntilIdle();
        assertThat(time.elapsed()).isEqualTo(SECOND);
        assertThat(PolicyAccess.isIdle(pool)).isTrue();
    }

    // ---- a listener that works its own breaker

    @Test
    void aListenerMayResetTheBreakerThatIsJustOpening() {
        CircuitBreaker breaker = tripsAtOnce();
        List<State> changes = new ArrayList<>();
        breaker.subscribe(StateChanged.class, change -> {
            changes.add(change.to());
            if (change.to() == State.OPEN) {
                breaker.reset();
            }
        });

        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> fail(breaker)).isInstanceOf(IOException.class);
        }

        assertThat(changes)
                .containsExactly(State.OPEN, State.CLOSED, State.OPEN, State.CLOSED, State.OPEN, State.CLOSED);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        assertThat(PolicyAccess.isIdle(breaker)).as("nothing is remembered").isTrue();
    }

    @Test
    void aListenerMaySetAnyStateWhileAnotherIsBeingAnnounced() {
        CircuitBreaker breaker = tripsAtOnce();
        List<State> changes = new ArrayList<>();
        breaker.subscribe(StateChanged.class, change -> {
            changes.add(change.to());
            switch (change.to()) {
                case OPEN -> breaker.transitionToForcedOpenState();
                case FORCED_OPEN -> breaker.transitionToMetricsOnlyState();
                case METRICS_ONLY -> breaker.transitionToDisabledState();
                default -> breaker.transitionToClosedState();
            }
        });

        breaker.transitionToOpenState();

        assertThat(changes)
                .containsExactly(State.OPEN, State.FORCED_OPEN, State.METRICS_ONLY, State.DISABLED, State.CLOSED);
        assertThat(breaker.get(() -> "let in")).isEqualTo("let in");
    }

    @Test
    void aListenerMayCallThePolicyThatItListensTo() {
        CircuitBreaker breaker = tripsAtOnce();
        Bulkhead bulkhead = Bulkhead.of("slots", c -> c.maxConcurrentCalls(1).timeSource(time));
        Retry retry = Retry.of("retry", c -> c.backoff(Backoff.none()).timeSource(time));
        Pipeline pipeline = Pipeline.of("pipeline", retry, breaker, bulkhead);
        Meters meters = Meters.start(pipeline);
        AtomicInteger depth = new AtomicInteger();
        AtomicInteger heard = new AtomicInteger();
        pipeline.subscribe(MainstayEvent.class, event -> {
            heard.incrementAndGet();
            if (depth.getAndIncrement() == 0) {
                pipeline.tryCall(() -> "from a listener");
            }
            depth.decrementAndGet();
        });

        assertThatThrownBy(() -> fail(pipeline)).isInstanceOf(Exception.class);
        bulkhead.tryCall(() -> bulkhead.tryCall(() -> "rejected").toString());

        assertThat(heard).hasPositiveValue();
        assertThat(PolicyAccess.isIdle(bulkhead)).isTrue();
        assertThat(meters.value("breaker.calls") + meters.value("breaker.rejected"))
                .isEqualTo(meters.value("retry.attempts"));
    }

    @Test
    void aListenerThatAsksForEachMeterSeesTheCallThatItHearsOf() {
        Bulkhead bulkhead = Bulkhead.of("slots", c -> c.maxConcurrentCalls(1).timeSource(time));
        Meters meters = Meters.start(bulkhead);
        List<Double> rejected = new ArrayList<>();
        bulkhead.subscribe(
                PolicyEvent.CallRejected.class,
                event -> rejected.add(meters.value("bulkhead.rejected", "reason", "full")));

        bulkhead.run(() -> {
            assertThat(meters.value("bulkhead.in.use")).isEqualTo(1);
            assertThat(bulkhead.toString()).contains("1 of 1 slots in use");
            bulkhead.tryCall(() -> "rejected");
            bulkhead.tryCall(() -> "rejected");
        });

        assertThat(rejected).containsExactly(1.0, 2.0);
    }

    // ---- callbacks that call

    @Test
    void aPredicateMayCallThePipelineWhoseResultItJudges() {
        AtomicInteger asked = new AtomicInteger();
        Pipeline[] pipeline = new Pipeline[1];
        CircuitBreaker breaker = CircuitBreaker.of(
                "breaker",
                c -> c.slidingWindowSize(4)
                        .timeSource(time)
                        .recordResult(result -> asked.getAndIncrement() == 0
                                && pipeline[0].get(() -> "asked").equals("asked")));
        Bulkhead bulkhead = Bulkhead.of("slots", c -> c.maxConcurrentCalls(1).timeSource(time));
        pipeline[0] = Pipeline.of("pipeline", breaker, bulkhead);
        Meters meters = Meters.start(pipeline[0]);

        assertThat(pipeline[0].get(() -> "first")).isEqualTo("first");

        assertThat(asked).hasValue(2);
        assertThat(meters.value("breaker.calls", "outcome", "failure")).isEqualTo(1);
        assertThat(meters.value("breaker.calls", "outcome", "success")).isEqualTo(1);
        assertThat(PolicyAccess.isIdle(bulkhead)).isTrue();
    }

    @Test
    void aFallbackMayCallThePipelineThatFailed() throws Exception {
        Bulkhead bulkhead = Bulkhead.of("slots", c -> c.maxConcurrentCalls(1).timeSource(time));
        Pipeline pipeline = Pipeline.of("pipeline", Retry.of("retry", c -> c.timeSource(time)), bulkhead);
        Fallback<String> fallback = Fallback.<String>builder()
                .otherwise(failure -> pipeline.get(() -> "again"))
                .build();

        assertThat(pipeline.withFallback(fallback).call(() -> {
                    throw new IOException("down");
                }))
                .isEqualTo("again");
        CompletableFuture<String> call = pipeline.withFallback(fallback)
                .callAsync(() -> CompletableFuture.failedFuture(new IOException("down")));

        assertThat(time.await(call)).isEqualTo("again");
        assertThat(PolicyAccess.isIdle(bulkhead)).isTrue();
    }

    @Test
    void aHookForDiscardedResultsMayCallThePipeline() {
        List<Object> discarded = new ArrayList<>();
        Pipeline[] pipeline = new Pipeline[1];
        Bulkhead bulkhead = Bulkhead.of("slots", c -> c.maxConcurrentCalls(1).timeSource(time));
        TimeLimiter limit = TimeLimiter.of(
                "limit",
                c -> c.timeoutDuration(SECOND)
                        .timeSource(time)
                        .onDiscard(result -> discarded.add(result + pipeline[0].get(() -> " closed"))));
        pipeline[0] = Pipeline.of("pipeline", limit, bulkhead);

        assertThatThrownBy(() -> pipeline[0].call(() -> {
                    letPass(SECOND);
                    return "late";
                }))
                .isInstanceOf(CallTimeoutException.class);

        assertThat(discarded).containsExactly("late closed");
        assertThat(Thread.interrupted()).as("our interrupt is gone").isFalse();
        assertThat(PolicyAccess.isIdle(bulkhead)).isTrue();
    }

    @Test
    void aCarrierThatCannotCaptureKeepsNoCallFromGoingOn() throws Exception {
        ContextCarrier broken = () -> {
            throw new IllegalStateException("a carrier that throws");
        };
        Retry retry = Retry.of("retry", c -> c.timeSource(time));
        TimeLimiter limit = TimeLimiter.of("limit", c -> c.timeSource(time));
        Bulkhead bulkhead = Bulkhead.of(
                "slots", c -> c.maxConcurrentCalls(1).maxWaitDuration(SECOND).timeSource(time));
        Pipeline pipeline = Pipeline.builder("pipeline")
                .policies(retry, limit, bulkhead)
                .contextCarrier(broken)
                .build();
        Meters meters = Meters.start(pipeline);
        AtomicInteger attempts = new AtomicInteger();
        CompletableFuture<String> stage = new CompletableFuture<>();

        CompletableFuture<String> first = pipeline.callAsync(() -> stage);
        CompletableFuture<String> second = pipeline.callAsync(() -> attempts.incrementAndGet() == 1
                ? Stages.failed(new IOException("once"))
                : CompletableFuture.completedFuture("second"));
        stage.complete("first");

        assertThat(time.await(first)).isEqualTo("first");
        assertThat(time.await(second)).isEqualTo("second");
        assertThat(meters.value("timelimiter.calls")).isEqualTo(3);
        assertThat(meters.value("retry.calls")).isEqualTo(2);
        assertThat(PolicyAccess.isIdle(bulkhead)).isTrue();
    }

    // ---- listeners that give up what they hear of

    @Test
    void aListenerMayCancelTheCallWhoseRetryItHearsOf() {
        Retry retry = Retry.of("retry", c -> c.backoff(Backoff.fixed(SECOND)).timeSource(time));
        Bulkhead bulkhead = Bulkhead.of("slots", c -> c.maxConcurrentCalls(1).timeSource(time));
        Pipeline pipeline = Pipeline.of("pipeline", retry, bulkhead);
        AtomicInteger attempts = new AtomicInteger();
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> call = pipeline.callAsync(() -> {
            attempts.incrementAndGet();
            return stage;
        });
        retry.subscribe(RetryEvent.RetryScheduled.class, event -> call.cancel(true));

        stage.completeExceptionally(new IOException("down"));
        time.runUntilIdle();

        assertThat(call).isCancelled();
        assertThat(attempts).hasValue(1);
        assertThat(PolicyAccess.isIdle(bulkhead)).isTrue();
        assertThat(retry.budget().isFull())
                .as("what was not sent is not paid for")
                .isTrue();
    }

    private CircuitBreaker tripsAtOnce() {
        return CircuitBreaker.of("breaker", c -> c.consecutiveFailures(1).timeSource(time));
    }

    private static void fail(Policy policy) throws Exception {
        policy.run(() -> {
            throw new IOException("down");
        });
    }

    /** Without hearing an interrupt. */
    private void letPass(Duration duration) {
        time.advance(duration);
    }
}
