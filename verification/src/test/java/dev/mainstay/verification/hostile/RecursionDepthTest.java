package dev.mainstay.verification.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import dev.mainstay.time.VirtualTime;
import dev.mainstay.verification.SearchSize;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * However often a call is repeated, however many wait in line and however deep pipelines lie in each other, neither
 * stack nor heap grows with it.
 */
class RecursionDepthTest {

    /** More than there are frames in the stack of a thread. */
    private static final int MANY = SearchSize.of(30_000, 100_000);

    /** What all failures together would need more memory for than there is, if they were kept. */
    private static final int PAYLOAD = 1_500_000_000 / MANY;

    private final VirtualTime time = VirtualTime.create();
    private final Retry retry = Retry.of(
            "retry",
            c -> c.unlimitedAttempts()
                    .budget(RetryBudget.none())
                    .backoff(Backoff.none())
                    .timeSource(time));
    private final CircuitBreaker breaker = CircuitBreaker.of(
            "breaker", c -> c.initialState(CircuitBreaker.State.METRICS_ONLY).timeSource(time));
    private final RateLimiter limiter = RateLimiter.of(
            "limiter",
            c -> c.limitForPeriod(Integer.MAX_VALUE)
                    .limitRefreshPeriod(Duration.ofDays(1))
                    .timeSource(time));
    private final Bulkhead bulkhead = Bulkhead.of(
            "slots",
            c -> c.maxConcurrentCalls(1)
                    .maxWaitDuration(Duration.ofDays(1))
                    .maxQueuedCalls(MANY)
                    .timeSource(time));
    private final TimeLimiter limit =
            TimeLimiter.of("limit", c -> c.timeoutDuration(Duration.ofDays(1)).timeSource(time));

    /** Where asynchronous calls go on after each attempt. */
    private enum GoesOn {
        ON_A_POOL,
        ON_THE_THREAD_THAT_IS_THERE
    }

    private Pipeline all(GoesOn goesOn) {
        Pipeline.Builder builder = Pipeline.builder("all").policies(retry, breaker, limiter, bulkhead, limit);
        return goesOn == GoesOn.ON_A_POOL
                ? builder.build()
                : builder.executor(Runnable::run).build();
    }

    @Test
    void aCallThatIsRepeatedManyTimesKeepsNeitherStackNorFailures() throws Exception {
        AtomicInteger attempts = new AtomicInteger();

        String result = all(GoesOn.ON_A_POOL).call(() -> {
            if (attempts.incrementAndGet() < MANY) {
                throw new BigFailure();
            }
            return "at last";
        });

        assertThat(result).isEqualTo("at last");
        assertThat(PolicyAccess.isIdle(bulkhead)).isTrue();
    }

    @ParameterizedTest
    @EnumSource(GoesOn.class)
    void stagesThatAreCompleteAtOnceAreRepeatedAsOften(GoesOn goesOn) throws Exception {
        AtomicInteger attempts = new AtomicInteger();

        CompletableFuture<String> call = all(goesOn)
                .callAsync(() -> attempts.incrementAndGet() < MANY
                        ? CompletableFuture.failedFuture(new BigFailure())
                        : CompletableFuture.completedFuture("at last"));

        assertThat(time.await(call)).isEqualTo("at last");
        assertThat(PolicyAccess.isIdle(bulkhead)).isTrue();
    }

    @ParameterizedTest
    @EnumSource(GoesOn.class)
    void stagesThatAnotherThreadCompletesAreRepeatedAsOften(GoesOn goesOn) throws Exception {
        ExecutorService others = Executors.newSingleThreadExecutor();
        try {
            Pipeline pipeline = Pipeline.builder("real")
                    .policies(
                            Retry.of(
                                    "retry",
                                    c -> c.unlimitedAttempts()
                                            .budget(RetryBudget.none())
                                            .backoff(Backoff.none())),
                            Bulkhead.of("slots", c -> c.maxConcurrentCalls(1)),
                            TimeLimiter.of("limit", c -> c.timeoutDuration(Duration.ofMinutes(1))))
                    .executor(goesOn == GoesOn.ON_A_POOL ? others : Runnable::run)
                    .build();
            AtomicInteger attempts = new AtomicInteger();

            CompletableFuture<String> call = pipeline.callAsync(() -> CompletableFuture.supplyAsync(
                    () -> {
                        if (attempts.incrementAndGet() < MANY) {
                            throw new IllegalStateException(new BigFailure());
                        }
                        return "at last";
                    },
                    others));

            assertThat(call.get(50, TimeUnit.SECONDS)).isEqualTo("at last");
            assertThat(PolicyAccess.isIdle(pipeline.policies().get(1))).isTrue();
        } finally {
            others.shutdownNow();
        }
    }

    @ParameterizedTest
    @EnumSource(GoesOn.class)
    void aLongLineIsServedWithoutOneCallWithinAnother(GoesOn goesOn) {
        Pipeline pipeline = goesOn == GoesOn.ON_A_POOL
                ? Pipeline.of("line", bulkhead)
                : Pipeline.builder("line")
                        .policy(bulkhead)
                        .executor(Runnable::run)
                        .build();
        CompletableFuture<String> first = new CompletableFuture<>();
        CompletableFuture<String> holder = pipeline.callAsync(() -> first);
        List<CompletableFuture<String>> line = queue(pipeline);

        first.complete("done");
        time.runDue();

        assertThat(holder).isCompletedWithValue("done");
        assertThat(line.stream()
                        .filter(call -> !call.isDone() || !call.join().equals("next"))
                        .count())
                .as("not served")
                .isZero();
        assertThat(PolicyAccess.isIdle(bulkhead)).isTrue();
    }

    @Test
    void theQueueOfAPoolIsServedWithoutOneCallWithinAnother() throws Exception {
        List<Runnable> held = new ArrayList<>();
        ThreadPoolBulkhead pool = ThreadPoolBulkhead.of(
                "pool",
                c -> c.maxThreads(1).queueCapacity(MANY).timeSource(time).executor(work -> {
                    if (held.isEmpty()) {
                        held.add(work);
                    } else {
                        work.run();
                    }
                }));
        CompletableFuture<String> first = pool.submit(() -> "first");
        List<CompletableFuture<String>> line = queue(pool);

        held.get(0).run();
        time.runDue();

        assertThat(first).isCompletedWithValue("first");
        assertThat(line.stream()
                        .filter(call -> !call.isDone() || !call.join().equals("next"))
                        .count())
                .as("not served")
                .isZero();
        assertThat(PolicyAccess.isIdle(pool)).isTrue();
    }

    private static List<CompletableFuture<String>> queue(Policy policy) {
        List<CompletableFuture<String>> line = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            line.add(policy.callAsync(() -> CompletableFuture.completedFuture("next")));
        }
        return line;
    }

    @Test
    void aPipelineInAPipelineCostsNoStack() throws Exception {
        Pipeline nested = Pipeline.of("innermost", retry, bulkhead);
        for (int i = 0; i < MANY; i++) {
            nested = Pipeline.of("around", nested);
        }

        assertThat(nested.get(() -> "sync")).isEqualTo("sync");
        Pipeline pipeline = nested;
        CompletableFuture<String> call = pipeline.callAsync(() -> CompletableFuture.completedFuture("async"));
        assertThat(time.await(call)).isEqualTo("async");
        assertThatThrownBy(() -> pipeline.run(() -> {
                    throw new AssertionError("an error");
                }))
                .hasMessage("an error");
        assertThat(PolicyAccess.isIdle(bulkhead)).isTrue();
    }

    @Test
    void callbacksOfARepeatedCallDoNotPileUp() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        AtomicInteger cancelled = new AtomicInteger();

        CompletableFuture<String> call = Pipeline.of("limited", limit, retry).callAsyncWithContext(context -> {
            byte[] connection = new byte[PAYLOAD];
            context.onCancel(() -> cancelled.addAndGet(connection.length == PAYLOAD ? 1 : 0))
                    .close();
            return attempts.incrementAndGet() < MANY
                    ? CompletableFuture.failedFuture(new IOException("again"))
                    : CompletableFuture.completedFuture("at last");
        });

        assertThat(time.await(call)).isEqualTo("at last");
        assertThat(cancelled).hasValue(0);
    }

    /** Distinct ones, as they come off the wire. */
    private static final class BigFailure extends IOException {

        private static final long serialVersionUID = 1L;

        private final transient byte[] response = new byte[PAYLOAD];

        @Override
        public String getMessage() {
            return response.length + " bytes of an error page";
        }
    }
}
