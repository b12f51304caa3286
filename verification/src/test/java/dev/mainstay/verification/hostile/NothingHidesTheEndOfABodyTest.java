package dev.mainstay.verification.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.mainstay.Fallback;
import dev.mainstay.Guard;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.TimeLimiter;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.call.AsyncSupplier;
import dev.mainstay.future.BodyFuture;
import dev.mainstay.future.CallFuture;
import dev.mainstay.micrometer.Observed;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.VirtualTime;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever stands between a body and a policy that gave it up: the slot is held until the body, or its stage, has
 * really ended, and a late result goes once to the limiter to which it was late.
 */
@Timeout(60)
class NothingHidesTheEndOfABodyTest {

    private static final Duration LIMIT = Duration.ofMillis(100);

    private final VirtualTime time = VirtualTime.create();
    private final Bulkhead bulkhead =
            Bulkhead.of("outer", c -> c.maxConcurrentCalls(1).timeSource(time));
    private final List<Object> discarded = new ArrayList<>();
    private final List<Object> discardedInside = new ArrayList<>();
    private final TimeLimiter limiter = limiter("outer", LIMIT, discarded);
    private final List<Thread> threads = new ArrayList<>();
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final Deaf stage = new Deaf();

    private TimeLimiter limiter(String name, Duration limit, List<Object> discarded) {
        return TimeLimiter.of(
                name, c -> c.timeoutDuration(limit).onDiscard(discarded::add).timeSource(time));
    }

    private void start(Runnable task) {
        Thread thread = new Thread(task, "body");
        threads.add(thread);
        thread.start();
    }

    /** What stands between. */
    enum Between {
        NOTHING,
        BULKHEAD,
        RETRY,
        BREAKER,
        RATE_LIMITER,
        LIMITER,
        LIMITER_WITH_HOOK,
        LIMITERS_IN_LIMITERS,
        POOL,
        POOL_THAT_DOES_NOT_INTERRUPT,
        PIPELINE,
        TIMED_PIPELINE,
        OBSERVED,
        REGISTRY,
        EVERY_POLICY,
        FALLBACK_INSIDE,
        CALL_OF_ANOTHER_PIPELINE,
        CALL_WITH_CONTEXT,
        CALL_WITH_FALLBACK,
        CALL_IN_A_CALL,
    }

    /** What ignores that it was given up. */
    enum Body {
        STAGE,
        STAGE_OF_A_STRANGER,
        ON_A_THREAD,
        SUBMITTED
    }

    enum End {
        TIME_OUT,
        CANCEL,
        COMPLETE,
        COMPLETE_EXCEPTIONALLY
    }

    private Policy pool(boolean interrupts) {
        return ThreadPoolBulkhead.of(
                "pool",
                c -> c.maxThreads(1)
                        .executor(this::start)
                        .interruptOnCancel(interrupts)
                        .timeSource(time));
    }

    private Policy[] policies(Between between) {
        return switch (between) {
            case BULKHEAD ->
                new Policy[] {Bulkhead.of("inner", c -> c.maxConcurrentCalls(1).timeSource(time))};
            case RETRY -> new Policy[] {Retry.of("inner", c -> c.timeSource(time))};
            case BREAKER -> new Policy[] {CircuitBreaker.of("inner", c -> c.timeSource(time))};
            case RATE_LIMITER ->
                new Policy[] {
                    RateLimiter.of(
                            "inner",
                            c -> c.limit(RateLimit.smooth(10, Duration.ofSeconds(1)))
                                    .timeSource(time))
                };
            case LIMITER ->
                new Policy[] {
                    TimeLimiter.of(
                            "inner",
                            c -> c.timeoutDuration(LIMIT.multipliedBy(10)).timeSource(time))
                };
            case LIMITER_WITH_HOOK -> new Policy[] {limiter("inner", LIMIT.multipliedBy(10), discardedInside)};
            case LIMITERS_IN_LIMITERS ->
                new Policy[] {
                    limiter("inner", LIMIT.multipliedBy(10), discardedInside),
                    policies(Between.LIMITER)[0],
                    limiter("innermost", LIMIT.multipliedBy(20), discardedInside)
                };
            case POOL -> new Policy[] {pool(true)};
            case POOL_THAT_DOES_NOT_INTERRUPT -> new Policy[] {pool(false)};
            case PIPELINE ->
                new Policy[] {Pipeline.of("inner", policies(Between.BULKHEAD)[0], policies(Between.RETRY)[0])};
            case TIMED_PIPELINE ->
                new Policy[] {
                    Pipeline.builder("inner")
                            .timed(true)
                            .policies(policies(Between.BULKHEAD))
                            .build()
                };
            case OBSERVED -> new Policy[] {Observed.of(Pipeline.of("inner", policies(Between.RETRY)), observations())};
            case REGISTRY ->
                new Policy[] {
                    KeyedRegistry.builder("inner", key -> policies(Between.BULKHEAD)[0])
                            .keyRequired(false)
                            .build()
                };
            case EVERY_POLICY ->
                Stream.of(
                                Between.OBSERVED,
                                Between.RETRY,
                                Between.BREAKER,
                                Between.RATE_LIMITER,
                                Between.REGISTRY,
                                Between.LIMITER,
                                Between.POOL,
                                Between.TIMED_PIPELINE)
                        .flatMap(each -> Arrays.stream(policies(each)))
                        .toArray(Policy[]::new);
            default -> new Policy[0];
        };
    }

    private static ObservationRegistry observations() {
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(context -> true);
        return registry;
    }

    private AsyncSupplier<String> body(Between between, Body kind) {
        AsyncSupplier<String> body = body(kind);
        Fallback<String> fallback = Fallback.of("instead");
        Guard inner = Pipeline.of("called", policies(Between.RETRY)[0], policies(Between.BULKHEAD)[0]);
        return switch (between) {
            case FALLBACK_INSIDE -> fallback.decorateAsync(body);
            case CALL_OF_ANOTHER_PIPELINE -> () -> inner.callAsync(body);
            case CALL_WITH_CONTEXT -> () -> inner.callAsyncWithContext(context -> body.get());
            case CALL_WITH_FALLBACK ->
                () -> Pipeline.of("called", policies(Between.LIMITER_WITH_HOOK))
                        .withFallback(fallback)
                        .callAsync(body);
            case CALL_IN_A_CALL ->
                () -> inner.callAsync(
                        () -> Pipeline.of("called", policies(Between.LIMITER)).callAsync(body));
            default -> body;
        };
    }

    private AsyncSupplier<String> body(Body kind) {
        return switch (kind) {
            case STAGE -> () -> stage;
            case STAGE_OF_A_STRANGER -> () -> stage.minimalCompletionStage();
            case ON_A_THREAD -> () -> CompletableFuture.completedFuture(late());
            case SUBMITTED ->
                () -> Pipeline.of("submitted", policies(Between.BULKHEAD)).submit(this::start, this::late);
        };
    }

    private String late() {
        begun.countDown();
        while (true) {
            try {
                goOn.await();
                return "late";
            } catch (InterruptedException ignored) {
                // It goes on.
            }
        }
    }

    /** A stage that goes on when it is cancelled. */
    private static final class Deaf extends CompletableFuture<String> {

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            return false;
        }
    }

    private void end(CompletableFuture<String> call, End end) {
        switch (end) {
            case TIME_OUT -> time.advance(LIMIT);
            case CANCEL -> assertThat(call.cancel(true)).isTrue();
            case COMPLETE -> assertThat(call.complete("outside")).isTrue();
            case COMPLETE_EXCEPTIONALLY ->
                assertThat(call.completeExceptionally(new IOException())).isTrue();
        }
    }

    private void endBody() throws InterruptedException {
        assertThat(stage.complete("late")).isTrue();
        goOn.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private CompletableFuture<String> call(Between between, Body body, Policy... outer) throws InterruptedException {
        List<Policy> policies = new ArrayList<>(List.of(outer));
        policies.addAll(List.of(policies(between)));
        if (body == Body.ON_A_THREAD && threadsIn(between) == 0) {
            policies.add(pool(true));
        }
        CompletableFuture<String> call =
                Pipeline.of("p", policies.toArray(Policy[]::new)).callAsync(body(between, body));
        if (body == Body.ON_A_THREAD || body == Body.SUBMITTED) {
            assertThat(begun.await(10, TimeUnit.SECONDS)).as("begun").isTrue();
        }
        assertThat(call).isNotDone();
        for (Thread thread : threads) {
            if (body != Body.ON_A_THREAD && thread != submitted(body)) {
                thread.join();
            }
        }
        return call;
    }

    private Thread submitted(Body body) {
        return body == Body.SUBMITTED ? threads.get(threads.size() - 1) : null;
    }

    private static int threadsIn(Between between) {
        return switch (between) {
            case POOL, POOL_THAT_DOES_NOT_INTERRUPT, EVERY_POLICY -> 1;
            default -> 0;
        };
    }

    static Stream<Arguments> everything() {
        return Arrays.stream(Between.values())
                .flatMap(between -> Arrays.stream(Body.values())
                        .flatMap(body -> Arrays.stream(End.values()).map(end -> Arguments.of(between, body, end))));
    }

    @ParameterizedTest
    @MethodSource("everything")
    void betweenALimiterInABulkheadAndItsBody(Between between, Body body, End end) throws Exception {
        CompletableFuture<String> call = call(between, body, bulkhead, limiter);
        end(call, end);
        isHeldUntilTheBodyHasEnded(call);
        assertThat(discarded).containsExactly("late");
        assertThat(discardedInside).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("everything")
    void betweenABulkheadInALimiterAndItsBody(Between between, Body body, End end) throws Exception {
        CompletableFuture<String> call = call(between, body, limiter, bulkhead);
        end(call, end);
        isHeldUntilTheBodyHasEnded(call);
        assertThat(discarded).containsExactly("late");
        assertThat(discardedInside).isEmpty();
    }

    private void isHeldUntilTheBodyHasEnded(CompletableFuture<String> call) throws InterruptedException {
        assertThat(call).isDone();
        time.advance(LIMIT);
        assertThat(bulkhead.inUse()).as("held while the body goes on").isOne();
        assertThat(discarded).isEmpty();
        endBody();
        time.advance(Duration.ofSeconds(10));
        assertThat(bulkhead.inUse()).as("free when it has ended").isZero();
    }

    @ParameterizedTest
    @MethodSource("everything")
    void betweenABulkheadAloneAndItsBody(Between between, Body body, End end) throws Exception {
        CompletableFuture<String> call = call(between, body, bulkhead);
        end(call, end == End.TIME_OUT ? End.CANCEL : end);
        assertThat(call).isDone();
        assertThat(bulkhead.inUse()).as("held while the body goes on").isOne();
        endBody();
        time.advance(Duration.ofSeconds(10));
        assertThat(bulkhead.inUse()).as("free when it has ended").isZero();
    }

    // ---- limits in limits

    /** The outermost that has a hook, if it was the caller who has ended the call. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "TIME_OUT")
    void aResultThatComesAfterTheCallersWordGoesToTheOutermostHook(End end) throws Exception {
        for (Between inside : List.of(Between.LIMITER_WITH_HOOK, Between.CALL_WITH_FALLBACK)) {
            discardedInside.clear();
            Deaf late = new Deaf();
            TimeLimiter without =
                    TimeLimiter.of("without", c -> c.timeoutDuration(LIMIT).timeSource(time));
            List<Policy> policies = new ArrayList<>(List.of(without));
            policies.addAll(List.of(policies(Between.RETRY)));
            policies.addAll(List.of(policies(Between.LIMITER_WITH_HOOK)));
            policies.addAll(List.of(policies(inside)));
            CompletableFuture<String> call =
                    Pipeline.of("p", policies.toArray(Policy[]::new)).callAsync(() -> late);
            end(call, end);
            late.complete("late");
            assertThat(discardedInside).containsExactly("late");
        }
    }

    @Test
    void aLimiterThatWasOutOfTimeItselfDiscardsTheResult() {
        Pipeline pipeline = Pipeline.of("p", limiter, limiter("inner", LIMIT.dividedBy(2), discardedInside));
        CompletableFuture<String> call = pipeline.callAsync(() -> stage);
        time.advance(LIMIT.multipliedBy(2));
        assertThatThrownBy(call::join).hasCauseInstanceOf(CallTimeoutException.class);
        stage.complete("late");
        assertThat(discarded).isEmpty();
        assertThat(discardedInside).containsExactly("late");
    }

    /** As in every other form of call: the result was in time for the one inside. */
    @Test
    void aResultThatIsLateForALimiterWithoutAHookIsNotLateForTheOneInside() {
        TimeLimiter without =
                TimeLimiter.of("without", c -> c.timeoutDuration(LIMIT).timeSource(time));
        Pipeline pipeline = Pipeline.of("p", without, limiter("inner", LIMIT.multipliedBy(10), discardedInside));
        assertThatThrownBy(() -> pipeline.call(() -> {
                    time.advance(LIMIT);
                    return "late";
                }))
                .isInstanceOf(CallTimeoutException.class);
        CompletableFuture<String> call = pipeline.callAsync(() -> stage);
        time.advance(LIMIT);
        assertThat(call).isCompletedExceptionally();
        stage.complete("late");
        assertThat(discardedInside).isEmpty();
    }

    // ---- so that no class is forgotten

    /**
     * Each class of future of ours stands in this matrix, but for that of a permit, which has no body in it, those that
     * a body gives, and the two of HTTP, which have a test of their own. A new one is added here, and above.
     */
    @Test
    void everyKindOfCallStandsBetweenSomewhere() {
        List<String> kinds = new ClassFileImporter()
                        .withImportOption(location -> !location.contains("/test-classes/"))
                        .importPackages("dev.mainstay")
                        .stream()
                        .filter(each -> each.isAssignableTo(CallFuture.class) && !each.isEquivalentTo(CallFuture.class))
                        .filter(each -> !each.isAssignableTo(BodyFuture.class))
                        .map(JavaClass::getSimpleName)
                        .sorted()
                        .toList();
        assertThat(kinds)
                .containsExactly(
                        "AdoptedStage",
                        "AnswerFuture",
                        "AsyncGateCall",
                        "CancellableCall",
                        "ExchangeFuture",
                        "ExecutorCall",
                        "FallbackCall",
                        "ObservedFuture",
                        "PermitFuture",
                        "PooledStage",
                        "RetryCall",
                        "TimeLimitedCall",
                        "TimedCall");
    }
}
