package dev.mainstay.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.call.AsyncSupplier;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Nobody's flood is another's delay: how late time-outs are, in real time, while bodies block and while other time-outs
 * run callbacks that wait. A machine that is busy with something else makes everything late, so each measurement may be
 * repeated.
 */
@Timeout(120)
class TimeOutsAreOnTimeTest {

    private static final long MILLI = 1_000_000;

    /** The first are those of a process that is cold. A pool that grows too slowly misses every one, by seconds. */
    private static final int ATTEMPTS = 20;

    private static final int PROBES = 200;

    private static final long PROMPT = 20 * MILLI;
    private static final long IN_A_FLOOD = 100 * MILLI;
    private static final double THAN_BARE = 1.2;

    private final TimeSource time = TimeSource.system();
    private final ExecutorService bare = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        return thread;
    });

    @AfterEach
    void end() {
        bare.shutdown();
    }

    @Test
    void whileSixtyRetriedBodiesBlock() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch blocked = new CountDownLatch(60);
        Retry retry = Retry.of(
                "retry",
                c -> c.maxAttempts(2)
                        .backoff(Backoff.fixed(Duration.ofMillis(1)))
                        .budget(RetryBudget.none()));
        List<CompletableFuture<String>> calls = new ArrayList<>();
        try {
            for (int i = 0; i < 60; i++) {
                calls.add(retry.callAsync(failsOnceAndThenBlocks(blocked, end)));
            }
            assertThat(blocked.await(20, TimeUnit.SECONDS))
                    .as("all bodies run at the same time")
                    .isTrue();

            List<String> measured = new ArrayList<>();
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                long theirs = p99(latenessOneByOne());
                long ours = p99(latenessOfTimeLimits());
                measured.add(describe(ours, theirs));
                if (ours <= Math.max(PROMPT, THAN_BARE * theirs)) {
                    return;
                }
            }
            fail("late (p99): %s", measured);
        } finally {
            end.countDown();
            for (CompletableFuture<String> call : calls) {
                assertThat(call.get(20, TimeUnit.SECONDS)).isEqualTo("done");
            }
        }
    }

    private static AsyncSupplier<String> failsOnceAndThenBlocks(CountDownLatch blocked, CountDownLatch end) {
        boolean[] failed = new boolean[1];
        return () -> {
            if (!failed[0]) {
                failed[0] = true;
                return CompletableFuture.failedFuture(new IllegalStateException("the first attempt"));
            }
            blocked.countDown();
            try {
                end.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return CompletableFuture.completedFuture("done");
        };
    }

    /** What the machine does to a timer and a thread that have nothing else to do. */
    private long[] latenessOneByOne() throws Exception {
        long delay = 10 * MILLI;
        long[] late = new long[PROBES];
        for (int i = 0; i < PROBES; i++) {
            long start = System.nanoTime();
            CompletableFuture<Long> ended = new CompletableFuture<>();
            time.arm(new HandOver(bare, () -> ended.complete(System.nanoTime())), start, delay);
            late[i] = ended.get(20, TimeUnit.SECONDS) - start - delay;
        }
        return late;
    }

    /** One after the other: from the end of each limit until the caller's callback runs. */
    private static long[] latenessOfTimeLimits() throws Exception {
        long limit = 10 * MILLI;
        TimeLimiter limiter = TimeLimiter.of("limiter", c -> c.timeoutDuration(Duration.ofNanos(limit)));
        long[] late = new long[PROBES];
        for (int i = 0; i < PROBES; i++) {
            long start = System.nanoTime();
            CompletableFuture<Long> ended = new CompletableFuture<>();
            limiter.callAsync(CompletableFuture<String>::new)
                    .whenComplete((value, failure) -> ended.complete(System.nanoTime()));
            late[i] = ended.get(20, TimeUnit.SECONDS) - start - limit;
        }
        return late;
    }

    @Test
    void whileAThousandOthersRunCallbacksThatWait() throws Exception {
        List<String> measured = new ArrayList<>();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            // By turns, as what comes first warms up what comes next.
            long theirs = attempt % 2 == 0 ? p99(latenessInAFlood(bare)) : 0;
            long ours = p99(latenessInAFlood(time.completions()));
            theirs = attempt % 2 == 0 ? theirs : p99(latenessInAFlood(bare));
            measured.add(describe(ours, theirs));
            if (ours <= IN_A_FLOOD && ours <= Math.max(PROMPT, THAN_BARE * theirs)) {
                return;
            }
        }
        fail("late (p99): %s", measured);
    }

    /** A thousand time-outs at the same time, and others before, among and after them. */
    private long[] latenessInAFlood(Executor executor) throws Exception {
        int flood = 1_000;
        long[] late = new long[PROBES];
        CountDownLatch done = new CountDownLatch(flood + PROBES);
        long start = System.nanoTime();
        for (int i = 0; i < flood; i++) {
            Runnable waits = () -> {
                LockSupport.parkNanos(50 * MILLI);
                done.countDown();
            };
            time.arm(new HandOver(executor, waits), start, 100 * MILLI);
        }
        for (int i = 0; i < PROBES; i++) {
            int number = i;
            long due = (60 + i) * MILLI;
            Runnable measures = () -> {
                late[number] = System.nanoTime() - start - due;
                done.countDown();
            };
            time.arm(new HandOver(executor, measures), start, due);
        }
        assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        return late;
    }

    private static String describe(long ours, long theirs) {
        return ours / MILLI + " ms, the bare pool " + theirs / MILLI + " ms";
    }

    private static long p99(long[] values) {
        long[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length * 99 / 100];
    }

    private static final class HandOver extends TimedTask {

        private final Executor executor;
        private final Runnable work;

        HandOver(Executor executor, Runnable work) {
            this.executor = executor;
            this.work = work;
        }

        @Override
        protected void fire() {
            executor.execute(work);
        }
    }
}
