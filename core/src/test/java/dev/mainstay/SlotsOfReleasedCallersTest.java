package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A time limit on an executor releases its caller while the body runs on. Gates outside of it that count what is in
 * progress hold their permit until the body has ended; others hear of the time-out at once.
 */
class SlotsOfReleasedCallersTest {

    private static final Duration SHORT = Duration.ofMillis(400);

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch release = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Holding outermost = new Holding(ended);
    private final OnePlace telling = new OnePlace(TimeSource.system());
    private final Holding inner = new Holding(new CountDownLatch(1));

    @AfterEach
    void shutDown() {
        release.countDown();
        threads.shutdownNow();
    }

    /** Counts what is in progress. */
    private static final class Holding extends OnePlace {

        private final CountDownLatch ended;

        Holding(CountDownLatch ended) {
            super(TimeSource.system());
            this.ended = ended;
        }

        @Override
        protected boolean holdsPermitUntilBodyEnds() {
            return true;
        }

        @Override
        protected void exit(
                long permit,
                long start,
                long now,
                Verdict verdict,
                CallContext context,
                @Nullable Object result,
                @Nullable Throwable failure) {
            super.exit(permit, start, now, verdict, context, result, failure);
            ended.countDown();
        }
    }

    private TimeLimiter limiter(Duration timeout) {
        return TimeLimiter.of("limit", c -> c.timeoutDuration(timeout).onExecutor(threads));
    }

    private String body() {
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
    }

    private void assertHeldUntilTheBodyEnds(Guard guard) throws Exception {
        assertThat(catchThrowable(() -> guard.call(this::body))).isInstanceOf(CallTimeoutException.class);
        assertThat(outermost.taken).isTrue();
        assertThat(outermost.verdicts).isEmpty();
        release.countDown();
        assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(outermost.taken).isFalse();
        assertThat(outermost.verdicts).containsExactly(Verdict.OVERLOAD);
    }

    @Test
    void areHeldUntilTheBodyHasEnded() throws Exception {
        assertHeldUntilTheBodyEnds(Pipeline.of("p", outermost, limiter(SHORT)));
    }

    @Test
    void areHeldByEachOfSeveralNeighbours() throws Exception {
        assertHeldUntilTheBodyEnds(Pipeline.of("p", outermost, telling, inner, limiter(SHORT)));
        assertThat(telling.verdicts).containsExactly(Verdict.OVERLOAD);
        assertThat(inner.verdicts).containsExactly(Verdict.OVERLOAD);
    }

    @Test
    void areGivenBackAtOnceByGatesThatOnlyHear() {
        assertThat(catchThrowable(() ->
                        Pipeline.of("p", telling, outermost, limiter(SHORT)).call(this::body)))
                .isInstanceOf(CallTimeoutException.class);
        assertThat(telling.taken).isFalse();
        assertThat(telling.verdicts).containsExactly(Verdict.OVERLOAD);
        assertThat(outermost.taken).isTrue();
    }

    @Test
    void areHeldThroughALimitWithinALimit() throws Exception {
        assertHeldUntilTheBodyEnds(Pipeline.of("p", outermost, limiter(Duration.ofSeconds(30)), limiter(SHORT)));
    }

    @Test
    void areGivenBackAtOnceIfTheBodyNeverBegan() {
        TimeLimiter dropping =
                TimeLimiter.of("limit", c -> c.timeoutDuration(SHORT).onExecutor(task -> {}));
        assertThat(catchThrowable(() -> Pipeline.of("p", outermost, dropping).call(this::body)))
                .isInstanceOf(CallTimeoutException.class);
        assertThat(outermost.taken).isFalse();
    }

    @Test
    void areGivenBackAtOnceIfTheBodyHasEndedInTheMeantime() throws Exception {
        release.countDown();
        List<Throwable> timeouts = new ArrayList<>();
        CountDownLatch interrupted = new CountDownLatch(1);
        TimeLimiter limiter = limiter(SHORT);
        assertThat(catchThrowable(() -> outermost.call(() -> {
                    Throwable timeout = catchThrowable(() -> limiter.call(() -> {
                        try {
                            return new CountDownLatch(1).await(1, TimeUnit.HOURS);
                        } finally {
                            interrupted.countDown();
                        }
                    }));
                    timeouts.add(timeout);
                    interrupted.await();
                    threads.shutdown();
                    assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
                    throw (CallTimeoutException) timeout;
                })))
                .isSameAs(timeouts.get(0));
        assertThat(outermost.taken).isFalse();
        assertThat(outermost.verdicts).containsExactly(Verdict.OVERLOAD);
    }
}
