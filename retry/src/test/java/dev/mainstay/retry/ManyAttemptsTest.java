package dev.mainstay.retry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Pipeline;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Retries without a delay of stages that have failed: however many there are, the caller gets its thread back, and no
 * stack grows.
 */
@Timeout(60)
class ManyAttemptsTest {

    private static final int MANY = 100_000;
    private static final long SMALL_STACK = 256 * 1024;

    /** What the next attempts run on: a pipeline's own executor, or none. */
    private enum On {
        THE_POOL,
        THE_CALLER,
        THE_CALLER_OF_OUR_EXECUTOR;

        Pipeline pipeline(RetryBudget budget) {
            TimeSource time = this != THE_CALLER_OF_OUR_EXECUTOR
                    ? TimeSource.system()
                    : new TimeAround(VirtualTime.create()) {
                        @Override
                        public Executor executor() {
                            return Runnable::run;
                        }
                    };
            Retry retry = Retry.of(
                    "r",
                    c -> c.unlimitedAttempts()
                            .backoff(Backoff.none())
                            .budget(budget)
                            .timeSource(time));
            Pipeline.Builder builder = Pipeline.builder("p").policy(retry);
            return (this == THE_CALLER ? builder.executor(Runnable::run) : builder).build();
        }
    }

    private static CompletableFuture<String> failed() {
        return CompletableFuture.failedFuture(new Stackless());
    }

    private static void onASmallStack(Runnable task) throws InterruptedException {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread thread = new Thread(null, task, "small", SMALL_STACK);
        thread.setUncaughtExceptionHandler((ignored, failure) -> thrown.set(failure));
        thread.start();
        thread.join();
        assertThat(thrown.get()).isNull();
    }

    @Test
    void aHundredThousandNeedASmallStackAndLittleTime() throws Exception {
        for (On on : On.values()) {
            ReservedOnce budget = new ReservedOnce();
            Pipeline pipeline = on.pipeline(budget);
            AtomicInteger made = new AtomicInteger();
            AtomicReference<CompletableFuture<String>> future = new AtomicReference<>();
            long begun = System.nanoTime();
            onASmallStack(() -> future.set(pipeline.callAsync(
                    () -> made.incrementAndGet() <= MANY ? failed() : CompletableFuture.completedFuture("ok"))));
            assertThat(future.get().get(20, TimeUnit.SECONDS)).isEqualTo("ok");
            assertThat(System.nanoTime() - begun).as(on.toString()).isLessThan(TimeUnit.SECONDS.toNanos(5));
            assertThat(made).hasValue(MANY + 1);
            assertThat(budget.reserved()).isEqualTo(MANY);
            budget.isSettled(on.toString());
        }
    }

    @Test
    void theCallerGetsItsThreadBackAndACancelInTheMiddleEndsThem() throws Exception {
        for (On on : List.of(On.THE_POOL, On.THE_CALLER)) {
            ReservedOnce budget = new ReservedOnce();
            Pipeline pipeline = on.pipeline(budget);
            AtomicInteger made = new AtomicInteger();
            AtomicReference<CompletableFuture<String>> future = new AtomicReference<>();
            onASmallStack(() -> future.set(pipeline.callAsync(() -> {
                made.incrementAndGet();
                return failed();
            })));
            Eventually.holds("a thousand attempts", () -> made.get() > 1_000);
            assertThat(future.get().cancel(true)).isTrue();
            Eventually.holds("settled", budget::isSettled);
            int atTheEnd = made.get();
            // Whatever of this call was still queued has run when this has.
            CountDownLatch later = new CountDownLatch(1);
            TimeSource.system()
                    .executor()
                    .execute(() -> TimeSource.system().executor().execute(later::countDown));
            assertThat(later.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(made.get()).as(on.toString()).isEqualTo(atTheEnd);
        }
    }

    @Test
    void acrossRetriesWithinRetries() throws Exception {
        Retry outer = Retry.of(
                "outer", c -> c.unlimitedAttempts().backoff(Backoff.none()).budget(RetryBudget.none()));
        Retry inner =
                Retry.of("inner", c -> c.maxAttempts(10).backoff(Backoff.none()).budget(RetryBudget.none()));
        AtomicInteger made = new AtomicInteger();
        AtomicReference<CompletableFuture<String>> future = new AtomicReference<>();
        onASmallStack(() -> future.set(Pipeline.of("p", outer, inner)
                .callAsync(() -> made.incrementAndGet() <= MANY ? failed() : CompletableFuture.completedFuture("ok"))));
        assertThat(future.get().get(20, TimeUnit.SECONDS)).isEqualTo("ok");
        assertThat(made).hasValue(MANY + 1);
    }

    @Test
    void aBoundedNumberRunsOnOneThreadInARow() {
        VirtualTime time = VirtualTime.create();
        Retry retry = Retry.of(
                "r",
                c -> c.unlimitedAttempts()
                        .backoff(Backoff.none())
                        .budget(RetryBudget.none())
                        .timeSource(time));
        List<Runnable> tasks = new ArrayList<>();
        AtomicInteger made = new AtomicInteger();
        CompletableFuture<String> future = Pipeline.builder("p")
                .policy(retry)
                .executor(tasks::add)
                .build()
                .callAsync(() -> {
                    made.incrementAndGet();
                    return failed();
                });
        for (int hop = 1; hop <= 3; hop++) {
            assertThat(made).hasValue(hop * RetryCall.IN_A_ROW);
            time.runDue();
            tasks.remove(0).run();
        }
        assertThat(future.cancel(true)).isTrue();
        time.runUntilIdle();
        tasks.forEach(Runnable::run);
        assertThat(made).hasValue(4 * RetryCall.IN_A_ROW);
    }

    private static final class Stackless extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Stackless() {
            super("again", null, false, false);
        }
    }
}
