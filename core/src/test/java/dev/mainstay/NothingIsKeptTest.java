package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.call.CallContext;
import dev.mainstay.time.VirtualTime;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** A future that is complete keeps neither the body of its call nor what that has captured. */
class NothingIsKeptTest {

    private final VirtualTime time = VirtualTime.create();
    private final TimeLimiter limiter = TimeLimiter.of(
            "limit", c -> c.timeoutDuration(Duration.ofSeconds(1)).timeSource(time));

    /** What a call captures, and how it ends. */
    private interface Capturing extends Function<Object, CompletableFuture<?>> {}

    @TestFactory
    List<DynamicTest> byACompletedFuture() {
        List<DynamicTest> tests = new ArrayList<>();
        tests.add(test("submitted", captured -> {
            CompletableFuture<String> call = limiter.submit(time.executor(), () -> "ok" + captured.hashCode());
            time.runDue();
            return call;
        }));
        tests.add(test("submitted and cancelled", captured -> {
            CompletableFuture<String> call = limiter.submit(task -> {}, () -> "ok" + captured.hashCode());
            call.cancel(true);
            return call;
        }));
        tests.add(test("asynchronous, with a hook", captured -> {
            CompletableFuture<Object> stage = new CompletableFuture<>();
            CompletableFuture<Object> call = limiter.callAsyncWithContext(context -> {
                context.onCancel(() -> use(captured));
                return stage.thenApply(ok -> "ok" + captured.hashCode());
            });
            stage.complete("ok");
            return call;
        }));
        tests.add(test("asynchronous, cancelled", captured -> {
            CompletableFuture<Object> call = limiter.callAsyncWithContext(context -> {
                context.onCancel(() -> use(captured));
                return new Holding(captured);
            });
            call.cancel(true);
            return call;
        }));
        tests.add(test("asynchronous, timed out", captured -> {
            CompletableFuture<Object> call = limiter.executeAsync(CallContext.plain(), context -> {
                context.onCancel(() -> use(captured));
                return new Holding(captured);
            });
            time.advance(Duration.ofSeconds(2));
            return call;
        }));
        return tests;
    }

    /** A stage that keeps what was captured. */
    private static final class Holding extends CompletableFuture<Object> {

        @SuppressWarnings({"unused", "UnusedVariable"})
        private final Object captured;

        Holding(Object captured) {
            this.captured = captured;
        }
    }

    private static void use(Object captured) {
        assertThat(captured).isNotNull();
    }

    private static DynamicTest test(String name, Capturing call) {
        return DynamicTest.dynamicTest(name, () -> {
            Object captured = new Object();
            WeakReference<Object> reference = new WeakReference<>(captured);
            CompletableFuture<?> future = call.apply(captured);
            assertThat(future.isDone()).isTrue();
            captured = null;
            for (int i = 0; i < 50 && reference.get() != null; i++) {
                System.gc();
            }
            assertThat(reference.get()).isNull();
            assertThat(future.isDone()).isTrue();
        });
    }
}
