package dev.mainstay.verification.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Guard;
import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.retry.Retry;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Calls of which each begins when the one before is complete: their number is not bounded by the stack. */
class ChainsOfAnyLengthTest {

    private static final int LINKS = 100_000;
    private static final int STACK_BYTES = 256 * 1024;
    private static final Duration IN_TIME = Duration.ofSeconds(30);

    /** What each link goes through. */
    enum Around {
        FOUR_POLICIES {
            @Override
            Guard guard(Bulkhead bulkhead) {
                return Pipeline.of(
                        "four",
                        Retry.ofDefaults("retry"),
                        CircuitBreaker.ofDefaults("breaker"),
                        bulkhead,
                        TimeLimiter.of("limiter", c -> c.timeoutDuration(Duration.ofMinutes(10))));
            }
        },
        NESTED_PIPELINES {
            @Override
            Guard guard(Bulkhead bulkhead) {
                Pipeline inner = Pipeline.of("inner", CircuitBreaker.ofDefaults("breaker"), bulkhead);
                return Pipeline.of("outer", Retry.ofDefaults("retry"), Pipeline.of("middle", inner));
            }
        },
        A_POLICY_ALONE {
            @Override
            Guard guard(Bulkhead bulkhead) {
                return bulkhead;
            }
        },
        WITH_A_CONTEXT {
            @Override
            Guard guard(Bulkhead bulkhead) {
                return Pipeline.of("p", bulkhead).with(context -> context.cost(2));
            }
        };

        abstract Guard guard(Bulkhead bulkhead);
    }

    @ParameterizedTest
    @EnumSource
    void aChainOfAHundredThousandCallsEndsOnASmallStack(Around around) throws Exception {
        Bulkhead bulkhead = Bulkhead.of("bulkhead", c -> c.maxConcurrentCalls(2 * LINKS));
        Guard guard = around.guard(bulkhead);
        CompletableFuture<Integer> first = new CompletableFuture<>();
        CompletableFuture<Integer> chain = first;
        for (int i = 0; i < LINKS; i++) {
            CompletableFuture<Integer> before = chain;
            chain = guard.callAsync(() -> before.thenApply(number -> number + 1));
        }
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread small = new Thread(null, () -> first.complete(0), "small stack", STACK_BYTES);
        small.setUncaughtExceptionHandler((thread, failure) -> thrown.set(failure));
        small.start();
        assertThat(chain.get(IN_TIME.toMillis(), TimeUnit.MILLISECONDS)).isEqualTo(LINKS);
        small.join(IN_TIME.toMillis());
        assertThat(thrown.get()).isNull();
        assertThat(bulkhead.inUse()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aCallThatGoesOnByThenComposeEndsHoweverOftenItDoes(Around around) throws Exception {
        end(around, LINKS, first -> first.complete(0));
    }

    @ParameterizedTest
    @EnumSource
    void aFailureComesThroughAChainOfAnyLength(Around around) throws Exception {
        end(around, LINKS / 10, first -> first.completeExceptionally(new IllegalStateException("down")));
    }

    private static void end(Around around, int links, Consumer<CompletableFuture<Integer>> end) throws Exception {
        Bulkhead bulkhead = Bulkhead.of("bulkhead", c -> c.maxConcurrentCalls(2 * links));
        Guard guard = around.guard(bulkhead);
        CompletableFuture<Integer> first = new CompletableFuture<>();
        CompletableFuture<Integer> chain = first;
        for (int i = 0; i < links; i++) {
            CompletableFuture<Integer> before = chain;
            chain = guard.callAsync(() -> before.thenCompose(number -> CompletableFuture.completedFuture(number + 1)));
        }
        CompletableFuture<String> ended = chain.handle((result, failure) -> "ended");
        Thread small = new Thread(null, () -> end.accept(first), "small stack", STACK_BYTES);
        small.start();
        assertThat(ended.get(IN_TIME.toMillis(), TimeUnit.MILLISECONDS)).isEqualTo("ended");
        small.join(IN_TIME.toMillis());
        assertThat(bulkhead.inUse()).isZero();
    }

    /**
     * The usual trampoline, a queue per thread, deadlocks here: what the dependent waits for would be in its own
     * thread's queue.
     */
    @Test
    void aDependentMayCompleteAnotherCallsStageAndWaitForThatCall() throws Exception {
        Bulkhead bulkhead = Bulkhead.of("bulkhead", c -> c.maxConcurrentCalls(1_000));
        for (int depth : new int[] {1, 15, 16, 17, 64}) {
            CompletableFuture<String> innermost = nested(bulkhead, depth);
            assertThat(innermost.get(IN_TIME.toMillis(), TimeUnit.MILLISECONDS)).isEqualTo("done");
        }
        assertThat(bulkhead.inUse()).isZero();
    }

    private static CompletableFuture<String> nested(Guard guard, int depth) {
        CompletableFuture<String> ended = new CompletableFuture<>();
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> call = guard.callAsync(() -> stage);
        call.thenRun(() -> {
            if (depth == 0) {
                ended.complete("done");
                return;
            }
            CompletableFuture<String> otherStage = new CompletableFuture<>();
            CompletableFuture<String> other = guard.callAsync(() -> otherStage);
            CompletableFuture<Void> dependent = other.thenRun(() -> {});
            otherStage.complete("other");
            other.join();
            dependent.join();
            ended.complete(nested(guard, depth - 1).join());
        });
        stage.complete("stage");
        return ended;
    }
}
