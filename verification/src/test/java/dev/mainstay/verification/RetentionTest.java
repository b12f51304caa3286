package dev.mainstay.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.call.CheckedRunnable;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Once a call has ended, however it ended, the policies hold on to nothing of it, though they live on themselves; and
 * once nobody uses a policy, nothing of ours holds on to that.
 */
class RetentionTest {

    private final VirtualTime time = VirtualTime.create();
    private final Bulkhead bulkhead = Bulkhead.of(
            "bulkhead",
            c -> c.maxConcurrentCalls(1).maxWaitDuration(Duration.ofSeconds(5)).timeSource(time));
    private final Pipeline pipeline = Pipeline.of(
            "pipeline",
            Retry.of(
                    "retry",
                    c -> c.backoff(Backoff.fixed(Duration.ofMillis(10))).timeSource(time)),
            CircuitBreaker.of("breaker", c -> c.timeSource(time)),
            RateLimiter.of(
                    "limiter",
                    c -> c.limitForPeriod(1_000)
                            .limitRefreshPeriod(Duration.ofSeconds(1))
                            .timeSource(time)),
            bulkhead,
            TimeLimiter.of(
                    "limit", c -> c.timeoutDuration(Duration.ofSeconds(1)).timeSource(time)));

    static Stream<Named<BiConsumer<RetentionTest, Object>>> ends() {
        return Stream.of(
                end("success", (test, held) -> test.pipeline.get(() -> held.toString())),
                end(
                        "failure",
                        (test, held) -> test.fails(() -> test.pipeline.run(() -> {
                            throw new IOException(held.toString());
                        }))),
                end(
                        "asynchronous success",
                        (test, held) -> test.pipeline.callAsync(() -> CompletableFuture.completedFuture(held))),
                end("asynchronous success, later", (test, held) -> {
                    CompletableFuture<Object> stage = new CompletableFuture<>();
                    CompletableFuture<Object> call = test.pipeline.callAsync(() -> stage);
                    stage.complete(held);
                    call.join();
                }),
                end(
                        "cancelled while running",
                        (test, held) -> test.pipeline
                                .callAsync(() -> {
                                    uses(held);
                                    return new CompletableFuture<>();
                                })
                                .cancel(true)),
                end("timed out", (test, held) -> {
                    test.pipeline.callAsync(() -> {
                        uses(held);
                        return new CompletableFuture<>();
                    });
                    test.time.advance(Duration.ofMinutes(1));
                }),
                end("cancelled in line", (test, held) -> {
                    CompletableFuture<Object> first = test.bulkhead.callAsync(() -> new CompletableFuture<>());
                    test.pipeline
                            .callAsync(() -> CompletableFuture.completedFuture(held))
                            .cancel(true);
                    first.cancel(true);
                }),
                end(
                        "cancelled between attempts",
                        (test, held) -> test.pipeline
                                .callAsync(() -> CompletableFuture.failedFuture(new IOException(held.toString())))
                                .cancel(true)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ends")
    void nothingIsHeldOnceACallHasEnded(BiConsumer<RetentionTest, Object> call) {
        WeakReference<Object> reference = callWithAnObject(call);

        await().atMost(Duration.ofSeconds(10)).until(() -> {
            System.gc();
            return reference.get() == null;
        });
        pipeline.get(() -> "the policies are still in use");
    }

    @Test
    void aPolicyThatNobodyUsesAnyMoreIsNotKeptForTheLineThatSumsUpItsRejections() {
        WeakReference<Bulkhead> dropped = rejectingWithoutEnd();
        assertThat(time.pendingEvents()).as("a line that is due").isOne();
        await().until(() -> {
            System.gc();
            return dropped.get() == null;
        });
        time.advance(Duration.ofSeconds(10));
        assertThat(time.pendingEvents()).isZero();
    }

    private WeakReference<Bulkhead> rejectingWithoutEnd() {
        Bulkhead full = Bulkhead.of("full", c -> c.maxConcurrentCalls(1).timeSource(time));
        full.acquirePermit();
        for (int i = 0; i < 3; i++) {
            fails(() -> full.get(() -> "never begun"));
        }
        return new WeakReference<>(full);
    }

    private static void uses(Object held) {
        assertThat(held).isNotNull();
    }

    private WeakReference<Object> callWithAnObject(BiConsumer<RetentionTest, Object> call) {
        Object held = new Object();
        call.accept(this, held);
        return new WeakReference<>(held);
    }

    private void fails(CheckedRunnable<Exception> call) {
        try {
            call.run();
        } catch (Exception expected) {
            return;
        }
        throw new AssertionError("the call should have failed");
    }

    private static Named<BiConsumer<RetentionTest, Object>> end(String name, BiConsumer<RetentionTest, Object> call) {
        return Named.of(name, call);
    }
}
