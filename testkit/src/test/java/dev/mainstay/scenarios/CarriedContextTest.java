package dev.mainstay.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.ContextCarrier;
import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.TimeLimiter;
import dev.mainstay.TimeLimiterConfig;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * What the user keeps in thread-locals goes along wherever a call goes on on another thread, and what was there is put
 * back.
 */
class CarriedContextTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private final ThreadLocal<String> user = ThreadLocal.withInitial(() -> "nobody");
    private final List<Runnable> queue = new ArrayList<>();
    private final List<String> seen = new ArrayList<>();

    private ContextCarrier carrier() {
        return () -> {
            String captured = user.get();
            return () -> {
                String before = user.get();
                user.set(captured);
                return () -> user.set(before);
            };
        };
    }

    private Pipeline pipeline(UnaryOperator<Pipeline.Builder> options, Policy... policies) {
        return options.apply(Pipeline.builder("p").policies(policies).contextCarrier(carrier()))
                .build();
    }

    private TimeLimiter limiter(UnaryOperator<TimeLimiterConfig.Builder> options) {
        return TimeLimiter.of(
                "limit", c -> options.apply(c.timeoutDuration(SECOND).timeSource(time)));
    }

    private void note() {
        seen.add(user.get());
    }

    /** What the threads of the executors do, as somebody else's. */
    private void runAllAs(String other) {
        user.set(other);
        for (Runnable task : List.copyOf(queue)) {
            task.run();
            assertThat(user.get()).isEqualTo(other);
        }
    }

    @Test
    void aSubmittedCallRunsInTheContextOfWhoeverSubmittedIt() {
        user.set("alice");
        CompletableFuture<String> call = pipeline(p -> p).submit(queue::add, user::get);

        runAllAs("bob");

        assertThat(call).isCompletedWithValue("alice");
    }

    @Test
    void soDoesOneThatSaysSomethingAboutItself() {
        user.set("alice");
        CompletableFuture<String> call = pipeline(p -> p)
                .with(ctx -> ctx.key("k"))
                .submitWithContext(queue::add, ctx -> ctx.key() + " of " + user.get());

        runAllAs("bob");

        assertThat(call).isCompletedWithValue("k of alice");
    }

    @Test
    void whatDependsOnASubmittedCallRunsThereToo() {
        user.set("alice");
        pipeline(p -> p)
                .withFallback(Fallback.<String>ofFunction(failure -> "answered for " + user.get()))
                .submit(queue::add, () -> {
                    throw new IllegalStateException("none");
                })
                .thenAccept(seen::add);

        runAllAs("bob");

        assertThat(seen).containsExactly("answered for alice");
    }

    @Test
    void withoutACarrierASubmittedTaskIsHandedOverAsItIs() {
        assertThat(PolicyAccess.contextCarrier(Pipeline.of("p"))).isSameAs(ContextCarrier.none());
        user.set("alice");
        CompletableFuture<String> call = Pipeline.of("p").submit(queue::add, user::get);

        runAllAs("bob");

        assertThat(call).isCompletedWithValue("bob");
    }

    @Test
    void whatDependsOnACallThatTheExecutorRejectsRunsInTheContextOfTheCall() {
        WaitingRoom room = new WaitingRoom("room", time, 1, Duration.ofMinutes(1));
        Executor rejecting = task -> {
            throw new RejectedExecutionException("closed");
        };
        Pipeline pipeline = pipeline(p -> p.executor(rejecting), room);
        CompletableFuture<String> inside = new CompletableFuture<>();
        pipeline.callAsync(() -> inside);
        user.set("alice");
        pipeline.callAsync(() -> CompletableFuture.completedFuture("never")).whenComplete((result, failure) -> note());

        user.set("bob");
        inside.complete("done");
        time.runUntilIdle();

        assertThat(seen).containsExactly("alice");
        assertThat(user.get()).isEqualTo("bob");
    }

    @Test
    void actionsOfACallThatTimesOutOnItsCallersThreadRunInTheContextOfTheCall() throws Exception {
        Pipeline pipeline = pipeline(p -> p, limiter(c -> c));
        user.set("alice");
        Fallback<String> fallback = Fallback.of("late");

        pipeline.withFallback(fallback).callWithContext(ctx -> {
            ctx.onCancel(this::note);
            user.set("somebody else, for a while");
            time.sleep(SECOND.toNanos());
            return "never";
        });
        time.runUntilIdle();

        assertThat(seen).containsExactly("alice");
    }

    @Test
    void actionsOfACallThatTimesOutOnAnExecutorRunInTheContextOfTheCall() throws Exception {
        Pipeline pipeline = pipeline(p -> p, limiter(c -> c.onExecutor(time.executor())));
        user.set("alice");

        String answer = pipeline.withFallback(Fallback.of("late")).callWithContext(ctx -> {
            ctx.onCancel(this::note);
            user.set("somebody else, for a while");
            time.sleep(2 * SECOND.toNanos());
            user.set("alice");
            return "never";
        });

        assertThat(answer).isEqualTo("late");
        assertThat(seen).containsExactly("alice");
    }

    @Test
    void aCarrierThatCannotTakeAnythingAlongCostsNoCall() {
        ContextCarrier broken = () -> {
            throw new IllegalStateException("nothing to take");
        };
        Pipeline pipeline = Pipeline.builder("p")
                .policy(limiter(c -> c))
                .contextCarrier(broken)
                .build();
        CompletableFuture<String> stage = new CompletableFuture<>();

        try (LogOf log = new LogOf(CallbackFailures.class)) {
            CompletableFuture<String> call = pipeline.callAsync(() -> stage);
            stage.complete("done");
            CompletableFuture<String> submitted = pipeline.submit(Runnable::run, () -> "done, too");

            assertThat(call).isCompletedWithValue("done");
            assertThat(submitted).isCompletedWithValue("done, too");
            assertThat(log.values("callback")).containsExactly("context carrier's capture");
        }
    }
}
