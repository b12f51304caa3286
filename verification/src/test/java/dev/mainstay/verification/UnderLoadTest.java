package dev.mainstay.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mainstay.Pipeline;
import dev.mainstay.PolicyAccess;
import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.meter.MeterReadings;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A million calls on real threads with everything going wrong that can: failures, errors, hangs, cancels, interrupts,
 * time-outs and callbacks that throw. Afterwards everything must be back where it was. The seed is printed with a
 * failure; {@code -Dmainstay.load.calls} makes it longer or shorter.
 */
class UnderLoadTest {

    private static final int CALLS = Integer.getInteger("mainstay.load.calls", 1_000_000);
    private static final int CALLERS = 4;
    private static final long SEED = Long.getLong("mainstay.load.seed", System.nanoTime());

    private final AtomicLong bodies = new AtomicLong();
    private final AtomicLong running = new AtomicLong();
    private final AtomicLong completed = new AtomicLong();
    private final AtomicLong givenUp = new AtomicLong();
    private final List<CompletableFuture<?>> futures = new ArrayList<>();

    private final CircuitBreaker breaker = CircuitBreaker.of(
            "breaker",
            c -> c.failureRateThreshold(90)
                    .waitDurationInOpenState(Duration.ofMillis(1))
                    .maxWaitDurationInHalfOpenState(Duration.ofMillis(20))
                    .recordResult(result -> {
                        if ("poison".equals(result)) {
                            throw new IllegalStateException("a predicate that throws");
                        }
                        return false;
                    }));
    private final RateLimiter limiter = RateLimiter.of(
            "limiter",
            c -> c.limitForPeriod(2_000)
                    .limitRefreshPeriod(Duration.ofMillis(1))
                    .timeoutDuration(Duration.ofMillis(1)));
    private final Bulkhead bulkhead = Bulkhead.of(
            "bulkhead",
            c -> c.maxConcurrentCalls(4).maxWaitDuration(Duration.ofMillis(2)).maxQueuedCalls(8));
    private final Retry retry = Retry.of(
            "retry",
            c -> c.maxAttempts(3).backoff(Backoff.none()).overloadBackoff(Backoff.fixed(Duration.ofNanos(100_000))));
    private final TimeLimiter timeLimiter = TimeLimiter.of(
            "time",
            c -> c.timeoutDuration(Duration.ofMillis(3)).onDiscard(result -> {
                throw new IllegalStateException("a hook that throws");
            }));
    private final Pipeline pipeline = Pipeline.of("load", retry, breaker, limiter, bulkhead, timeLimiter);

    @Test
    @Timeout(240)
    void afterAMillionCallsEverythingIsBack() throws Exception {
        BoundMeters.of(pipeline);
        pipeline.subscribe(PolicyEvent.CallRejected.class, event -> {
            throw new IllegalStateException("a listener that throws");
        });
        ExecutorService others = Executors.newFixedThreadPool(2);
        List<Thread> callers = new ArrayList<>();
        AtomicBoolean over = new AtomicBoolean();
        for (int i = 0; i < CALLERS; i++) {
            SplittableRandom random = new SplittableRandom(SEED + i);
            Thread caller = new Thread(() -> callUntilDone(random, others), "caller-" + i);
            callers.add(caller);
            caller.start();
        }
        Thread interrupter = new Thread(() -> interruptNowAndThen(callers, over), "interrupter");
        interrupter.start();
        for (Thread caller : callers) {
            caller.join();
        }
        over.set(true);
        interrupter.join();

        await().atMost(Duration.ofSeconds(20)).until(() -> futures().allMatch(CompletableFuture::isDone));
        await().atMost(Duration.ofSeconds(20)).until(() -> running.get() == 0);
        others.shutdown();

        String run = "seed " + SEED + ", " + completed.get() + " calls, " + bodies.get() + " bodies\n" + meters();
        assertThat(ManagementFactory.getThreadMXBean().findDeadlockedThreads())
                .as(run)
                .isNull();
        await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> {
            MeterReadings readings = new MeterReadings();
            PolicyAccess.describe(pipeline, readings);
            assertThat(sum(readings, "bulkhead.in.use")).as(run).isZero();
            assertThat(sum(readings, "bulkhead.queued")).as(run).isZero();
            assertThat(sum(readings, "ratelimiter.waiting")).as(run).isZero();
            // What one policy lets through must reach the next, each call once.
            double attempts = sum(readings, "retry.attempts");
            assertThat(sum(readings, "breaker.calls") + sum(readings, "breaker.rejected"))
                    .as(run)
                    .isEqualTo(attempts);
            double throughBreaker = sum(readings, "breaker.calls");
            assertThat(sum(readings, "ratelimiter.admitted") + sum(readings, "ratelimiter.rejected"))
                    .as(run)
                    .isEqualTo(throughBreaker);
            double throughLimiter = sum(readings, "ratelimiter.admitted");
            assertThat(sum(readings, "bulkhead.admitted") + sum(readings, "bulkhead.rejected"))
                    .as(run)
                    .isEqualTo(throughLimiter);
            // A call that is cancelled between leaving the line and starting was admitted, and goes no further.
            assertThat(sum(readings, "bulkhead.admitted") - sum(readings, "timelimiter.calls"))
                    .as(run)
                    .isBetween(0.0, (double) givenUp.get());
        });
        assertThat(bodies.get()).as(run).isPositive();
        for (int i = 0; i < bulkhead.config().maxConcurrentCalls(); i++) {
            assertThat(bulkhead.tryAcquirePermit().orElse(null)).as(run).isNotNull();
        }
        assertThat(bulkhead.tryAcquirePermit().orElse(null)).as(run).isNull();
    }

    @Test
    @Timeout(60)
    void nestedFuturesWithRandomCancelsGiveEveryPermitBack() throws Exception {
        Bulkhead slots = Bulkhead.of(
                "slots",
                c -> c.maxConcurrentCalls(3)
                        .maxWaitDuration(Duration.ofMillis(5))
                        .maxQueuedCalls(20));
        Pipeline outer = Pipeline.of("outer", retry, timeLimiter, slots);
        Pipeline inner = Pipeline.of("inner", Retry.ofDefaults("inner"), bulkhead);
        ExecutorService others = Executors.newFixedThreadPool(2);
        SplittableRandom random = new SplittableRandom(SEED);
        List<CompletableFuture<?>> calls = new ArrayList<>();
        for (int i = 0; i < CALLS / 20; i++) {
            SplittableRandom mine = random.split();
            CompletableFuture<String> call = outer.callAsync(() -> inner.callAsync(() -> stage(mine, others)));
            calls.add(call);
            if (random.nextInt(5) == 0) {
                calls.get(random.nextInt(calls.size())).cancel(true);
            }
            if (calls.size() > 50) {
                calls.removeIf(CompletableFuture::isDone);
            }
        }

        String run = "seed " + SEED;
        await(run).atMost(Duration.ofSeconds(20)).until(() -> calls.stream().allMatch(CompletableFuture::isDone));
        await(run)
                .atMost(Duration.ofSeconds(20))
                .until(() -> PolicyAccess.isIdle(slots) && PolicyAccess.isIdle(bulkhead));
        others.shutdown();
    }

    private String meters() {
        MeterReadings readings = new MeterReadings();
        PolicyAccess.describe(pipeline, readings);
        return readings.values().entrySet().stream()
                .map(reading -> reading.getKey() + " " + reading.getValue())
                .collect(Collectors.joining("\n"));
    }

    private Stream<CompletableFuture<?>> futures() {
        synchronized (futures) {
            return new ArrayList<>(futures).stream();
        }
    }

    private void callUntilDone(SplittableRandom random, ExecutorService others) {
        while (completed.incrementAndGet() <= CALLS) {
            if (random.nextInt(4) == 0) {
                asynchronously(random, others);
            } else {
                synchronously(random, others);
            }
        }
    }

    private void synchronously(SplittableRandom random, ExecutorService others) {
        SplittableRandom mine = random.split();
        try {
            if (random.nextInt(50) == 0) {
                keep(pipeline.submit(others, () -> body(mine)), random);
            } else if (random.nextInt(10) == 0) {
                pipeline.tryCall(() -> body(mine));
            } else {
                pipeline.call(() -> body(mine));
            }
        } catch (Throwable expected) {
            // Whatever comes out is one of the failures below; what matters is what is left behind.
        }
    }

    private void asynchronously(SplittableRandom random, ExecutorService others) {
        SplittableRandom mine = random.split();
        keep(pipeline.callAsync(() -> stage(mine, others)), random);
    }

    private void keep(CompletableFuture<?> future, SplittableRandom random) {
        switch (random.nextInt(40)) {
            case 0 -> {
                givenUp.incrementAndGet();
                future.cancel(true);
            }
            case 1 -> {
                givenUp.incrementAndGet();
                future.completeExceptionally(new IOException("completed from outside"));
            }
            case 2 -> {
                // Left alone, so that calls pile up.
            }
            default -> {
                try {
                    future.join();
                } catch (RuntimeException expected) {
                    // Its failure is not what this is about.
                }
            }
        }
        if (!future.isDone()) {
            synchronized (futures) {
                futures.removeIf(CompletableFuture::isDone);
                futures.add(future);
            }
        }
    }

    private String body(SplittableRandom random) throws Exception {
        bodies.incrementAndGet();
        running.incrementAndGet();
        try {
            return switch (random.nextInt(1000)) {
                case 0 -> {
                    Thread.sleep(random.nextInt(8));
                    yield "slept";
                }
                case 1 -> {
                    long end = System.nanoTime() + random.nextInt(8_000_000);
                    while (System.nanoTime() < end) {
                        LockSupport.parkNanos(100_000);
                    }
                    yield "deaf";
                }
                case 2 -> throw new AssertionError("an error");
                case 3, 4, 5 -> "poison";
                case 6 -> throw new InterruptedException("of the body's own");
                default -> {
                    if (random.nextInt(5) == 0) {
                        throw new IOException("a failure");
                    }
                    yield "done";
                }
            };
        } finally {
            running.decrementAndGet();
        }
    }

    private CompletableFuture<String> stage(SplittableRandom random, ExecutorService others) throws Exception {
        int kind = random.nextInt(100);
        if (kind == 0) {
            return new CompletableFuture<>();
        }
        if (kind == 1) {
            return null;
        }
        if (kind < 4) {
            throw new IOException("instead of a stage");
        }
        return random.nextBoolean()
                ? CompletableFuture.completedFuture(body(random))
                : CompletableFuture.supplyAsync(() -> bodyUnchecked(random), others);
    }

    private String bodyUnchecked(SplittableRandom random) {
        try {
            return body(random);
        } catch (Exception failure) {
            throw new CompletionException(failure);
        }
    }

    private static void interruptNowAndThen(List<Thread> callers, AtomicBoolean over) {
        SplittableRandom random = new SplittableRandom(SEED);
        while (!over.get()) {
            callers.get(random.nextInt(callers.size())).interrupt();
            LockSupport.parkNanos(300_000);
        }
    }

    private static double sum(MeterReadings readings, String meter) {
        return readings.values().entrySet().stream()
                .filter(entry -> entry.getKey().name().equals(meter))
                .mapToDouble(entry -> entry.getValue())
                .sum();
    }
}
