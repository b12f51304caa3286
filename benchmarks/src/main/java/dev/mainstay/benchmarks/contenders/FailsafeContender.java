package dev.mainstay.benchmarks.contenders;

import dev.failsafe.Bulkhead;
import dev.failsafe.CircuitBreaker;
import dev.failsafe.CircuitBreakerBuilder;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.Policy;
import dev.failsafe.RateLimiter;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import dev.failsafe.function.CheckedSupplier;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Failsafe: an executor over its policies, made once. It has no metrics. */
final class FailsafeContender implements Contender {

    @Override
    public String name() {
        return "failsafe";
    }

    @Override
    public @Nullable Protection policies(Composition composition) {
        if (composition.measured()) {
            return null;
        }
        return around(Failsafe.with(policiesOf(composition)));
    }

    /** On the caller's thread, as the others do it; its own default is a pool. */
    @Override
    public @Nullable AsyncProtection asyncPolicies(Composition composition) {
        if (composition.measured()) {
            return null;
        }
        Executor direct = Runnable::run;
        FailsafeExecutor<Object> executor =
                Failsafe.with(policiesOf(composition)).with(direct);
        return body -> {
            CheckedSupplier<CompletionStage<Object>> own = body::get;
            return () -> executor.getStageAsync(own);
        };
    }

    private static Protection around(FailsafeExecutor<Object> executor) {
        return body -> {
            CheckedSupplier<Object> own = body::get;
            return () -> executor.get(own);
        };
    }

    private static List<Policy<Object>> policiesOf(Composition composition) {
        return composition.kinds().stream()
                .map(kind -> policy(kind, composition))
                .toList();
    }

    private static Policy<Object> policy(PolicyKind kind, Composition composition) {
        return switch (kind) {
            case RETRY -> RetryPolicy.builder().withMaxAttempts(3).build();
            case BREAKER -> breaker(composition.window());
            case RATE_LIMITER ->
                RateLimiter.burstyBuilder(1_000_000, Duration.ofMillis(1)).build();
            case BULKHEAD -> Bulkhead.of(25);
            case TIME_LIMITER ->
                Timeout.builder(Duration.ofSeconds(1)).withInterrupt().build();
        };
    }

    private static CircuitBreaker<Object> breaker(Window window) {
        CircuitBreakerBuilder<Object> options = CircuitBreaker.builder().withDelay(Duration.ofHours(1));
        Duration time = window.time();
        return time == null
                ? options.withFailureThreshold(Math.max(1, window.calls() * 4 / 5), window.calls())
                        .build()
                : options.withFailureRateThreshold(80, 20, time).build();
    }

    @Override
    public @Nullable Protection rejecting(PolicyKind kind, RejectionForm form) {
        if (form == RejectionForm.THROWN_WITHOUT_TRACE) {
            return null;
        }
        return switch (kind) {
            case BREAKER -> {
                CircuitBreaker<Object> breaker = breaker(Window.parse("100 calls"));
                breaker.open();
                yield rejecting(form, breaker, breaker::tryAcquirePermit);
            }
            case BULKHEAD -> {
                Bulkhead<Object> bulkhead = Bulkhead.of(1);
                bulkhead.tryAcquirePermit();
                yield rejecting(form, bulkhead, bulkhead::tryAcquirePermit);
            }
            case RATE_LIMITER -> {
                RateLimiter<Object> limiter =
                        RateLimiter.burstyBuilder(1, Duration.ofHours(1)).build();
                limiter.tryAcquirePermit();
                yield rejecting(form, limiter, limiter::tryAcquirePermit);
            }
            case RETRY, TIME_LIMITER -> null;
        };
    }

    private static Protection rejecting(RejectionForm form, Policy<Object> policy, BooleanSupplier permission) {
        return form == RejectionForm.VALUE
                ? body -> () -> permission.getAsBoolean() ? body.get() : Call.REJECTED
                : around(Failsafe.with(List.of(policy)));
    }

    @Override
    public Call stateChanges() {
        CircuitBreaker<Object> breaker = breaker(Window.parse("100 calls"));
        return () -> {
            breaker.open();
            breaker.close();
            return breaker;
        };
    }

    @Override
    public Supplier<Object> instances(PolicyKind kind) {
        return switch (kind) {
            case RETRY -> RetryPolicy::ofDefaults;
            case BREAKER -> () -> breaker(Window.parse("100 calls"));
            case RATE_LIMITER ->
                () -> RateLimiter.burstyBuilder(100, Duration.ofSeconds(1)).build();
            case BULKHEAD -> () -> Bulkhead.of(25);
            case TIME_LIMITER -> () -> Timeout.of(Duration.ofSeconds(1));
        };
    }
}
