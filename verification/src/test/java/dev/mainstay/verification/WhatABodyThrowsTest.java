package dev.mainstay.verification;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;

import dev.mainstay.Guard;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.TimeLimiter;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.call.CheckedSupplier;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A failure that looks like one that a stage has wrapped, thrown by a body that is no stage. */
class WhatABodyThrowsTest {

    private final VirtualTime time = VirtualTime.create();

    static Stream<Named<Function<VirtualTime, Policy>>> policies() {
        return Stream.of(
                Named.of("time limiter", time -> TimeLimiter.of("p", c -> c.timeSource(time))),
                Named.of(
                        "time limiter on the caller's thread as executor",
                        time -> TimeLimiter.of(
                                "p", c -> c.onExecutor(Runnable::run).timeSource(time))),
                Named.of(
                        "time limiter on an executor",
                        time -> TimeLimiter.of(
                                "p", c -> c.onExecutor(time.executor()).timeSource(time))),
                Named.of(
                        "thread-pool bulkhead",
                        time -> ThreadPoolBulkhead.of(
                                "p", c -> c.executor(time.executor()).timeSource(time))),
                Named.of(
                        "both",
                        time -> Pipeline.of(
                                "p",
                                TimeLimiter.of(
                                        "p", c -> c.onExecutor(time.executor()).timeSource(time)),
                                ThreadPoolBulkhead.of(
                                        "p", c -> c.executor(time.executor()).timeSource(time)))));
    }

    /** Who judges the failure, with what it was given. */
    private CircuitBreaker judge(List<Throwable> seen) {
        return CircuitBreaker.of("b", c -> c.recordException(seen::add).timeSource(time));
    }

    @ParameterizedTest
    @MethodSource("policies")
    void comesOutAsItIsAndIsJudgedAlikeInsideAndOutside(Function<VirtualTime, Policy> policy) {
        for (Exception failure : List.of(
                new ExecutionException(new IOException("inside")),
                new CompletionException(new IOException("inside")),
                new ExecutionException(new OutOfMemoryError("inside")))) {
            List<Throwable> inside = new ArrayList<>();
            List<Throwable> outside = new ArrayList<>();
            Guard guard = Pipeline.of("g", judge(outside), policy.apply(time), judge(inside));
            CheckedSupplier<String, Exception> body = () -> {
                throw failure;
            };
            assertThatThrownBy(() -> guard.call(body)).isSameAs(failure);
            assertThatThrownBy(() -> guard.tryCall(body)).isSameAs(failure);
            assertThat(thrownBy(guard.submit(time.executor(), body))).isSameAs(failure);
            assertThat(inside).hasSize(3).containsOnly(failure);
            assertThat(outside).hasSize(3).containsOnly(failure);
        }
    }

    @Test
    void comesOutOfABulkheadsOwnThreadsAsItIs() {
        ThreadPoolBulkhead pool =
                ThreadPoolBulkhead.of("p", c -> c.executor(time.executor()).timeSource(time));
        ExecutionException failure = new ExecutionException(new IOException("inside"));
        CompletableFuture<String> call = pool.submit(() -> {
            throw failure;
        });
        assertThat(thrownBy(call)).isSameAs(failure);
        assertThat(pool).isIdle();
    }

    /** What whoever listens to the future is told. */
    private @Nullable Throwable thrownBy(CompletableFuture<?> call) {
        time.runDue();
        assertThat(call).isDone();
        return call.handle((result, thrown) -> thrown).join();
    }
}
