package dev.mainstay.benchmarks.contenders;

import io.smallrye.faulttolerance.api.TypedGuard;
import jakarta.enterprise.util.TypeLiteral;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;
import org.jspecify.annotations.Nullable;

/**
 * SmallRye Fault Tolerance, standalone: a typed guard, made once. The order of its policies is fixed. Its windows are
 * calls only.
 */
final class SmallRyeContender implements Contender {

    private static final TypeLiteral<CompletionStage<Object>> STAGE = new TypeLiteral<>() {};

    @Override
    public String name() {
        return Contenders.SMALLRYE;
    }

    @Override
    public @Nullable Protection policies(Composition composition) {
        if (cannot(composition)) {
            return null;
        }
        return around(build(TypedGuard.create(Object.class), composition));
    }

    @Override
    public @Nullable AsyncProtection asyncPolicies(Composition composition) {
        if (cannot(composition)) {
            return null;
        }
        TypedGuard<CompletionStage<Object>> guard =
                build(TypedGuard.create(STAGE).withThreadOffload(false), composition);
        return body -> {
            Supplier<CompletionStage<Object>> adapted = guard.adaptSupplier(body);
            return adapted::get;
        };
    }

    /** Its metrics are those of a whole process, which cannot hold a guard with and one without. */
    private static boolean cannot(Composition composition) {
        return composition.measured()
                || (composition.kinds().contains(PolicyKind.BREAKER)
                        && composition.window().time() != null);
    }

    private static Protection around(TypedGuard<Object> guard) {
        return body -> {
            Supplier<Object> adapted = guard.adaptSupplier(body);
            return adapted::get;
        };
    }

    private static <T> TypedGuard<T> build(TypedGuard.Builder<T> options, Composition composition) {
        TypedGuard.Builder<T> all = options;
        for (PolicyKind kind : composition.kinds()) {
            all = switch (kind) {
                case RETRY ->
                    all.withRetry()
                            .maxRetries(2)
                            .delay(0, ChronoUnit.MILLIS)
                            .jitter(0, ChronoUnit.MILLIS)
                            .done();
                case BREAKER ->
                    all.withCircuitBreaker()
                            .requestVolumeThreshold(composition.window().calls())
                            .failureRatio(0.8)
                            .delay(1, ChronoUnit.HOURS)
                            .done();
                case RATE_LIMITER ->
                    all.withRateLimit()
                            .limit(1_000_000)
                            .window(1, ChronoUnit.MILLIS)
                            .done();
                case BULKHEAD -> all.withBulkhead().limit(25).done();
                case TIME_LIMITER ->
                    all.withTimeout().duration(1, ChronoUnit.SECONDS).done();
            };
        }
        return all.build();
    }

    @Override
    public @Nullable Protection rejecting(PolicyKind kind, RejectionForm form) {
        if (form != RejectionForm.THROWN) {
            return null;
        }
        return switch (kind) {
            case BREAKER -> openBreaker();
            case BULKHEAD -> fullBulkhead();
            case RATE_LIMITER -> {
                TypedGuard<Object> guard = TypedGuard.create(Object.class)
                        .withRateLimit()
                        .limit(1)
                        .window(1, ChronoUnit.HOURS)
                        .done()
                        .build();
                guard.get(Object::new);
                yield around(guard);
            }
            case RETRY, TIME_LIMITER -> null;
        };
    }

    /** A guard cannot be opened by hand: calls fail until it is. */
    private static Protection openBreaker() {
        TypedGuard<Object> guard = build(TypedGuard.create(Object.class), Composition.of(PolicyKind.BREAKER));
        for (boolean open = false; !open; ) {
            try {
                guard.get(() -> {
                    throw ExpectedFailure.INSTANCE;
                });
            } catch (CircuitBreakerOpenException e) {
                open = true;
            } catch (ExpectedFailure e) {
                open = false;
            }
        }
        return around(guard);
    }

    /** A permit cannot be taken by hand: a thread keeps one until the end. */
    private static Protection fullBulkhead() {
        TypedGuard<Object> guard =
                TypedGuard.create(Object.class).withBulkhead().limit(1).done().build();
        CountDownLatch inside = new CountDownLatch(1);
        Thread holder = new Thread(() -> guard.get(() -> hold(inside)), "holder of the permit");
        holder.setDaemon(true);
        holder.start();
        try {
            inside.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return new Protection() {
            @Override
            public Call around(Body body) {
                return SmallRyeContender.around(guard).around(body);
            }

            @Override
            public void close() {
                holder.interrupt();
            }
        };
    }

    private static Object hold(CountDownLatch inside) {
        inside.countDown();
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return inside;
    }

    @Override
    public @Nullable Protection threadPool(ThreadKind threads) {
        if (threads == ThreadKind.VIRTUAL) {
            return null;
        }
        TypedGuard<CompletionStage<Object>> guard = TypedGuard.create(STAGE)
                .withBulkhead()
                .limit(2)
                .queueSize(100)
                .done()
                .withThreadOffload(true)
                .build();
        return body -> {
            Supplier<CompletionStage<Object>> adapted =
                    guard.adaptSupplier(() -> CompletableFuture.completedFuture(body.get()));
            return () -> adapted.get().toCompletableFuture().join();
        };
    }

    @Override
    public @Nullable Supplier<Object> instances(PolicyKind kind) {
        Composition composition = Composition.of(kind);
        return () -> build(TypedGuard.create(Object.class), composition);
    }
}
