package dev.mainstay.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import java.io.IOException;
import java.lang.management.LockInfo;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * While anything of the user's runs (bodies, predicates, listeners, hooks, fallbacks, what depends on a future), no
 * lock of ours is held, and the thread of the timer runs none of it. On the real clock and real threads, where both
 * would show.
 */
class WhileUserCodeRunsTest {

    private static final Duration MOMENT = Duration.ofMillis(5);
    private static final Duration LONG = Duration.ofSeconds(30);

    private final Set<String> seen = ConcurrentHashMap.newKeySet();
    private final Queue<String> complaints = new ConcurrentLinkedQueue<>();

    /** Called by everything that is the user's. */
    private void here(String what) {
        Thread thread = Thread.currentThread();
        if (thread.getName().equals("mainstay-timer")) {
            complaints.add(what + " runs on the timer's thread");
        }
        ThreadInfo info = ManagementFactory.getThreadMXBean().getThreadInfo(new long[] {thread.getId()}, true, true)[0];
        for (LockInfo lock : info.getLockedSynchronizers()) {
            if (lock.getClassName().startsWith("java.util.concurrent.locks.")) {
                complaints.add(what + " runs under " + lock);
            }
        }
        seen.add(what);
    }

    private <P extends Policy> P heard(P policy) {
        policy.subscribe(MainstayEvent.class, event -> here("listener of the " + policy.name()));
        return policy;
    }

    private void awaitSeen(String... whats) {
        await().atMost(LONG).untilAsserted(() -> assertThat(seen).contains(whats));
    }

    @AfterEach
    void nothingOfOursWasThere() {
        assertThat(complaints).isEmpty();
    }

    @Test
    void theWitnessSeesALock() {
        ReentrantLock lock = new ReentrantLock();
        lock.lock();
        try {
            here("a test");
        } finally {
            lock.unlock();
        }
        assertThat(complaints.remove()).startsWith("a test runs under ");
    }

    @Test
    void ofABreaker() {
        CircuitBreaker breaker = heard(CircuitBreaker.of(
                "breaker",
                c -> c.slidingWindowSize(100)
                        .minimumNumberOfCalls(2)
                        .recordResult(result -> {
                            here("predicate for results");
                            return false;
                        })
                        .recordException(failure -> {
                            here("predicate for failures");
                            return true;
                        })
                        .retryAfter((result, failure) -> {
                            here("reader of hints");
                            return null;
                        })
                        .waitDurationInOpenState(Backoff.of(opening -> {
                            here("function for the wait");
                            return MOMENT;
                        }))
                        .random(() -> {
                            here("random source");
                            return 0.5;
                        })
                        .automaticTransitionFromOpenToHalfOpen(true)));
        breaker.run(() -> here("body"));
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> breaker.call(() -> {
                        throw new IOException("down");
                    }))
                    .isInstanceOf(IOException.class);
        }
        await().atMost(LONG).until(() -> breaker.state() == CircuitBreaker.State.HALF_OPEN);
        awaitSeen(
                "body",
                "predicate for results",
                "predicate for failures",
                "reader of hints",
                "function for the wait",
                "listener of the breaker");
    }

    @Test
    void ofARetryWithItsAttempts() {
        Retry retry = heard(Retry.of(
                "retry",
                c -> c.maxAttempts(3)
                        .backoff(Backoff.of(repetition -> {
                            here("function for the wait");
                            return MOMENT;
                        }))
                        .retryOnResult(result -> {
                            here("predicate for results");
                            return "not yet".equals(result);
                        })));
        AtomicInteger attempts = new AtomicInteger();
        retry.callAsync(() -> {
                    here("attempt " + attempts.incrementAndGet());
                    return CompletableFuture.completedFuture(attempts.get() < 3 ? "not yet" : "done");
                })
                .thenRun(() -> here("what depends on the call"));
        awaitSeen(
                "attempt 1",
                "attempt 2",
                "attempt 3",
                "function for the wait",
                "predicate for results",
                "listener of the retry",
                "what depends on the call");
    }

    @Test
    void ofABudgetThatWatchesCalls() throws Exception {
        Retry retry = Retry.of(
                "retry",
                c -> c.maxAttempts(3).budget(new Watched()).delayFunction((attempt, result, failure) -> {
                    here("delay function");
                    return MOMENT;
                }));
        assertThatThrownBy(() -> retry.callAsync(() -> CompletableFuture.failedFuture(new IOException("down")))
                        .get(30, TimeUnit.SECONDS))
                .hasCauseInstanceOf(IOException.class);
        AtomicInteger attempts = new AtomicInteger();
        CompletableFuture<Object> cancelled = retry.callAsync(() -> attempts.incrementAndGet() == 1
                ? CompletableFuture.failedFuture(new IOException("down"))
                : new CompletableFuture<>());
        await().atMost(LONG).until(() -> attempts.get() == 2);
        cancelled.cancel(true);
        retry.run(() -> {});
        awaitSeen(
                "delay function",
                "callBegan",
                "attemptFailed ERROR",
                "tryReserve",
                "retryFailed ERROR",
                "retryFailed IGNORED",
                "callSucceeded",
                "callEnded");
    }

    /** A budget that notes from where it is told what. */
    private final class Watched implements RetryBudget {

        @Override
        public boolean tryReserve(CallContext call, Verdict failed) {
            here("tryReserve");
            return true;
        }

        @Override
        public void giveBack() {
            here("giveBack");
        }

        @Override
        public void retrySucceeded() {
            here("retrySucceeded");
        }

        @Override
        public void retryFailed(Verdict verdict) {
            here("retryFailed " + verdict);
        }

        @Override
        public void callSucceeded() {
            here("callSucceeded");
        }

        @Override
        public boolean watchesCalls() {
            return true;
        }

        @Override
        public void callBegan() {
            here("callBegan");
        }

        @Override
        public void attemptFailed(Verdict verdict) {
            here("attemptFailed " + verdict);
        }

        @Override
        public void callEnded() {
            here("callEnded");
        }

        @Override
        public double tokens() {
            return 1;
        }

        @Override
        public boolean isFull() {
            return true;
        }
    }

    @Test
    void ofACallThatTimesOut() {
        TimeLimiter limiter = heard(
                TimeLimiter.of("limiter", c -> c.timeoutDuration(MOMENT).onDiscard(late -> here("discard hook"))));
        CompletableFuture<String> stage = new CompletableFuture<>() {
            @Override
            public boolean cancel(boolean mayInterrupt) {
                here("cancel of the stage");
                return false;
            }
        };
        CompletableFuture<String> call = limiter.callAsyncWithContext(ctx -> {
            ctx.onCancel(() -> here("cancel hook"));
            return stage;
        });
        call.whenComplete((result, failure) -> here("what depends on the call"));
        awaitSeen("cancel of the stage", "cancel hook", "what depends on the call", "listener of the limiter");
        stage.complete("late");
        awaitSeen("discard hook");
    }

    @Test
    void ofACallThatTimesOutOnItsCallersThread() {
        TimeLimiter limiter = heard(TimeLimiter.of("limiter", c -> c.timeoutDuration(MOMENT)));
        CompletableFuture<String> ended = new CompletableFuture<>();
        assertThatThrownBy(() -> limiter.callWithContext(ctx -> {
                    ctx.onCancel(() -> {
                        here("cancel hook");
                        ended.complete("given up");
                    });
                    return ended.get();
                }))
                .isInstanceOf(CallTimeoutException.class);
        awaitSeen("cancel hook", "listener of the limiter");
    }

    @Test
    void ofCallsThatWaitInLine() {
        Bulkhead bulkhead = heard(Bulkhead.of(
                "bulkhead", c -> c.maxConcurrentCalls(1).maxWaitDuration(MOMENT).maxQueuedCalls(5)));
        CompletableFuture<String> inside = new CompletableFuture<>();
        bulkhead.callAsync(() -> inside);
        bulkhead.callAsync(() -> CompletableFuture.completedFuture("never"))
                .whenComplete((result, rejection) -> here("what depends on a call that waited in vain"));
        awaitSeen("what depends on a call that waited in vain", "listener of the bulkhead");

        bulkhead.reconfigure(bulkhead.config().toBuilder().maxWaitDuration(LONG).build());
        Thread last = Thread.currentThread();
        bulkhead.callAsync(() -> {
            here("body of a call that waited");
            if (Thread.currentThread() == last) {
                complaints.add("whoever gives a slot back runs the next one's body");
            }
            return CompletableFuture.completedFuture("let in");
        });
        inside.complete("done");
        awaitSeen("body of a call that waited");
    }

    @Test
    void ofCallsThatWaitForAPermit() {
        RateLimiter limiter = heard(RateLimiter.of(
                "limiter",
                c -> c.limitForPeriod(1).limitRefreshPeriod(MOMENT).burst(1).timeoutDuration(LONG)));
        limiter.run(() -> here("body"));
        limiter.callAsync(() -> {
                    here("body of a call that waited");
                    return CompletableFuture.completedFuture("let in");
                })
                .thenRun(() -> here("what depends on the call"));
        awaitSeen("body", "body of a call that waited", "what depends on the call", "listener of the limiter");
    }

    @Test
    void ofCallsOnAPool() {
        CompletableFuture<String> held = new CompletableFuture<>();
        try (ThreadPoolBulkhead pool =
                heard(ThreadPoolBulkhead.of("pool", c -> c.maxThreads(1).queueCapacity(2)))) {
            pool.submit(() -> {
                here("body");
                return held.get();
            });
            awaitSeen("body");
            Pipeline.of("limited", TimeLimiter.of("limit", c -> c.timeoutDuration(MOMENT)), pool)
                    .callAsync(() -> CompletableFuture.completedFuture("never"))
                    .whenComplete((result, failure) -> here("what depends on a call that waited in vain"));
            awaitSeen("what depends on a call that waited in vain");
            pool.submit(() -> "next").thenRun(() -> here("what depends on the call"));
            held.complete("done");
            awaitSeen("what depends on the call", "listener of the pool");
        }
    }

    @Test
    void ofAFallback() {
        TimeLimiter limiter = TimeLimiter.of("limiter", c -> c.timeoutDuration(MOMENT));
        Fallback<String> fallback = Fallback.ofFunction(failure -> {
            here("fallback");
            return "other";
        });
        Pipeline.of("p", limiter)
                .withFallback(fallback)
                .callAsync(() -> new CompletableFuture<>())
                .thenRun(() -> here("what depends on the call"));
        awaitSeen("fallback", "what depends on the call");
    }

    @Test
    void ofAFallbackWithAStage() {
        TimeLimiter limiter = TimeLimiter.of("limiter", c -> c.timeoutDuration(MOMENT));
        Fallback<String> fallback = Fallback.<String>builder()
                .onAsync(CallTimeoutException.class, failure -> {
                    here("function that gives a stage");
                    return new CompletableFuture<String>().completeOnTimeout("later", 1, TimeUnit.MILLISECONDS);
                })
                .onResult(
                        result -> {
                            here("predicate for results");
                            return true;
                        },
                        result -> {
                            here("function of a result");
                            return "other";
                        })
                .build();
        Pipeline pipeline = Pipeline.of("p", limiter);
        pipeline.withFallback(fallback)
                .callAsync(() -> new CompletableFuture<>())
                .thenRun(() -> here("what depends on the call"));
        pipeline.withFallback(fallback).callAsync(() -> CompletableFuture.completedFuture("result"));
        awaitSeen(
                "function that gives a stage",
                "predicate for results",
                "function of a result",
                "what depends on the call");
    }

    @Test
    void ofAFallbackWithTheLastGoodResultOfAKey() {
        record Key(Runnable here) {

            @Override
            public boolean equals(Object other) {
                here.run();
                return other instanceof Key;
            }

            @Override
            public int hashCode() {
                here.run();
                return 1;
            }
        }
        Fallback<String> fallback = Fallback.lastGoodPerKey(LONG, 10);
        for (int i = 0; i < 2; i++) {
            fallback.succeeded("good", CallContext.plain().key(new Key(() -> here("equals and hashCode of a key"))));
        }
        awaitSeen("equals and hashCode of a key");
    }
}
