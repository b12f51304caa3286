package dev.mainstay.benchmarks.contenders;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The least that could do the work, written by hand with nothing but the JDK: what a library costs beyond this is its
 * own.
 */
final class FloorContender implements Contender {

    private static final int MOST_INSIDE = 25;
    private static final ThreadLocal<@Nullable Deadline> DEADLINE = new ThreadLocal<>();

    @Override
    public String name() {
        return Contenders.FLOOR;
    }

    @Override
    public @Nullable Protection policies(Composition composition) {
        if (composition.measured()) {
            return null;
        }
        if (composition.kinds().equals(PolicyKind.FOUR)) {
            return four();
        }
        return composition.kinds().size() == 1 ? one(composition.kinds().get(0)) : null;
    }

    private static Protection one(PolicyKind kind) {
        return switch (kind) {
            case RETRY -> body -> () -> loop(body);
            case BREAKER -> body -> body::get;
            case RATE_LIMITER -> clockAndCompareAndSet();
            case BULKHEAD -> count();
            case TIME_LIMITER -> scheduler();
        };
    }

    private static Object loop(Body body) {
        for (int attempt = 1; ; attempt++) {
            try {
                return body.get();
            } catch (ExpectedFailure failure) {
                if (attempt == 3) {
                    throw failure;
                }
            }
        }
    }

    private static Protection clockAndCompareAndSet() {
        AtomicLong last = new AtomicLong();
        return body -> () -> {
            advance(last);
            return body.get();
        };
    }

    private static void advance(AtomicLong last) {
        long now = System.nanoTime();
        long before;
        do {
            before = last.get();
        } while (!last.compareAndSet(before, now));
    }

    /** Of the calls inside, which is looked at before it is raised. */
    private static Protection count() {
        AtomicLong inside = new AtomicLong();
        return body -> () -> {
            enter(inside);
            try {
                return body.get();
            } finally {
                inside.getAndDecrement();
            }
        };
    }

    private static void enter(AtomicLong inside) {
        long before;
        do {
            before = inside.get();
            if (before >= MOST_INSIDE) {
                throw new IllegalStateException("full");
            }
        } while (!inside.compareAndSet(before, before + 1));
    }

    private static Protection scheduler() {
        ScheduledThreadPoolExecutor scheduler = Schedulers.open();
        return new Protection() {
            @Override
            public Call around(Body body) {
                return () -> {
                    var timer = scheduler.schedule(() -> {}, 1, TimeUnit.SECONDS);
                    try {
                        return body.get();
                    } finally {
                        timer.cancel(false);
                    }
                };
            }

            @Override
            public void close() {
                scheduler.shutdownNow();
            }
        };
    }

    /**
     * One look at the clock and one compare-and-set for the rate, and a count up and down for the bulkhead; a healthy
     * breaker and retry need no write.
     */
    private static Protection four() {
        AtomicLong last = new AtomicLong();
        AtomicLong inside = new AtomicLong();
        return body -> () -> {
            advance(last);
            inside.getAndIncrement();
            try {
                return body.get();
            } finally {
                inside.getAndDecrement();
            }
        };
    }

    /** A stage that hears how the other one ended. */
    @Override
    public @Nullable AsyncProtection asyncPolicies(Composition composition) {
        if (composition.measured()) {
            return null;
        }
        return composition.kinds().equals(List.of(PolicyKind.TIME_LIMITER))
                ? deadline()
                : body -> () -> body.get().whenComplete((result, failure) -> {});
    }

    /** A look at the clock before and after, and in between a deadline that whatever is called can see. */
    private static AsyncProtection deadline() {
        return body -> () -> {
            Deadline outer = DEADLINE.get();
            long start = System.nanoTime();
            DEADLINE.set(new Deadline(outer, start + TimeUnit.SECONDS.toNanos(1)));
            CompletionStage<Object> stage;
            try {
                stage = body.get();
            } finally {
                DEADLINE.set(outer);
            }
            if (!stage.toCompletableFuture().isDone()) {
                return stage.whenComplete((result, failure) -> {});
            }
            return System.nanoTime() - start < TimeUnit.SECONDS.toNanos(1)
                    ? stage
                    : CompletableFuture.failedFuture(new TimeoutException());
        };
    }

    private record Deadline(@Nullable Deadline outer, long at) {}

    @Override
    public @Nullable Protection threadPool(ThreadKind threads) {
        if (threads == ThreadKind.PLATFORM) {
            return pool(Executors.newFixedThreadPool(2));
        }
        VirtualThreads virtual = VirtualThreads.open();
        return virtual == null ? null : pool(virtual.executor());
    }

    private static Protection pool(ExecutorService executor) {
        return new Protection() {
            @Override
            public Call around(Body body) {
                return () -> CompletableFuture.supplyAsync(body, executor).join();
            }

            @Override
            public void close() {
                executor.shutdown();
            }
        };
    }
}
