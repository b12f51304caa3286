package dev.mainstay.verification.overflow;

import dev.mainstay.Guard;
import dev.mainstay.Permit;
import dev.mainstay.Pipeline;
import dev.mainstay.PolicyAccess;
import dev.mainstay.PolicyEvent;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.CheckedRunnable;
import dev.mainstay.call.CheckedSupplier;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import java.time.Duration;
import java.util.List;

/**
 * Makes synchronous calls at the end of the stack, in every form, and fails if a permit is lost, a lock is held or a
 * context stays bound.
 */
public final class SynchronousCallsAtTheEdge {

    @SuppressWarnings("StaticAssignmentOfThrowable") // what is thrown at the edge must not have to be made there
    private static final RuntimeException FAILURE = new IllegalStateException("down");

    private SynchronousCallsAtTheEdge() {}

    /** A way to make a call, and what it leaves behind. */
    private abstract static class Way extends StackEdge {

        /** Makes a call that succeeds, with room to spare; it throws if anything is lost. */
        abstract void healthy() throws Exception;

        @Override
        protected void settle() {
            try {
                healthy();
            } catch (Exception lost) {
                throw new AssertionError(lost);
            }
            if (CallContext.current() != CallContext.plain()) {
                throw new AssertionError("a context stays bound: " + CallContext.current());
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        int overflows = Integer.parseInt(arguments[0]);
        for (String way : List.of(arguments[1].split(",", -1))) {
            long begun = System.nanoTime();
            way(way).overflow(overflows);
            System.out.println(way + " " + (System.nanoTime() - begun) / 1_000_000 + " ms");
        }
    }

    private static Way way(String name) {
        Bulkhead bulkhead = Bulkhead.of("bulkhead", c -> c.maxConcurrentCalls(1));
        Bulkhead waiting = Bulkhead.of("waiting", c -> c.maxConcurrentCalls(1).maxWaitDuration(Duration.ofMillis(1)));
        return switch (name) {
            case "success" -> calls(bulkhead, bulkhead, () -> {});
            case "failure" -> calls(bulkhead, bulkhead, SynchronousCallsAtTheEdge::fail);
            case "waiting" -> calls(waiting, waiting, () -> {});
            case "full" -> full(bulkhead);
            case "listened" -> {
                bulkhead.subscribe(PolicyEvent.CallEnded.class, event -> {});
                yield calls(bulkhead, bulkhead, () -> {});
            }
            case "classified" -> classified();
            case "value" -> values(bulkhead);
            case "permit" -> permits(bulkhead);
            case "pipeline" -> {
                Pipeline pipeline = Pipeline.of("p", Retry.ofDefaults("r"), CircuitBreaker.ofDefaults("c"), bulkhead);
                yield calls(pipeline, bulkhead, () -> {});
            }
            case "run" -> {
                Bulkhead second = Bulkhead.of("second", c -> c.maxConcurrentCalls(1));
                RateLimiter limiter = RateLimiter.of("l", RateLimit.atMost(1_000_000, Duration.ofMillis(1)));
                yield calls(Pipeline.of("p", bulkhead, second, limiter), second, SynchronousCallsAtTheEdge::fail);
            }
            case "context" -> calls(bulkhead.with(context -> context.cost(2)), bulkhead, () -> {});
            case "probe" -> probes();
            case "budget" -> budget();
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static void fail() {
        throw FAILURE;
    }

    private static void call(Guard guard, CheckedRunnable<RuntimeException> body) {
        try {
            guard.run(body);
        } catch (IllegalStateException expected) {
            if (expected != FAILURE) {
                throw expected;
            }
        }
    }

    private static Way calls(Guard guard, Bulkhead inner, CheckedRunnable<RuntimeException> body) {
        return new Way() {
            @Override
            protected void operate() {
                call(guard, body);
            }

            @Override
            void healthy() {
                inner.run(() -> {});
                call(guard, () -> {});
                require(inner.inUse() == 0, inner.explain());
                require(inner.queued() == 0, inner.explain());
                require(PolicyAccess.isIdle(inner), inner.explain());
            }
        };
    }

    /** Calls that are rejected because a slot is taken all the time. */
    private static Way full(Bulkhead bulkhead) {
        Permit only = bulkhead.acquirePermit();
        return new Way() {

            /**
             * Linked with room to spare: the JDK may throw something else if a lambda of ours is linked at the edge.
             */
            private final CheckedSupplier<String, RuntimeException> body = () -> "never";

            @Override
            protected void operate() {
                Outcome<String> outcome = bulkhead.tryCall(body);
                require(outcome.isRejected(), "it is full");
            }

            @Override
            void healthy() {
                require(bulkhead.inUse() == 1, bulkhead.explain());
                require(only != null, "the permit is kept");
            }
        };
    }

    private static Way classified() {
        CircuitBreaker breaker = CircuitBreaker.of(
                "breaker",
                c -> c.minimumNumberOfCalls(100)
                        .classifier(Classifier.builder()
                                .recordResult(result -> false)
                                .classify((result, failure) -> failure == null ? null : Verdict.ERROR)
                                .build()));
        Bulkhead inner = Bulkhead.of("inner", c -> c.maxConcurrentCalls(1));
        return calls(Pipeline.of("p", breaker, inner), inner, () -> {});
    }

    private static Way values(Bulkhead bulkhead) {
        return new Way() {

            private final CheckedSupplier<String, RuntimeException> body = () -> "value";

            @Override
            protected void operate() {
                bulkhead.tryCall(body).get();
            }

            @Override
            void healthy() {
                require("value".equals(bulkhead.tryCall(body).get()), "it is free");
                require(bulkhead.inUse() == 0, bulkhead.explain());
            }
        };
    }

    /** A permit that the caller was given is the caller's to give back, wherever its own stack ends. */
    private static Way permits(Bulkhead bulkhead) {
        return new Way() {

            private Permit taken;

            @Override
            protected void operate() {
                Permit permit = bulkhead.tryAcquirePermit().get();
                taken = permit;
                permit.release();
                taken = null;
            }

            @Override
            void healthy() {
                if (taken != null) {
                    taken.release();
                    taken = null;
                }
                bulkhead.run(() -> {});
                require(bulkhead.inUse() == 0, bulkhead.explain());
            }
        };
    }

    /** A half-open breaker with places for few probes. */
    private static Way probes() {
        return new Way() {

            private CircuitBreaker breaker = halfOpen();

            private CircuitBreaker halfOpen() {
                CircuitBreaker opened = CircuitBreaker.of(
                        "breaker",
                        c -> c.permittedNumberOfCallsInHalfOpenState(2)
                                .waitDurationInOpenState(Duration.ofNanos(1))
                                .maxWaitDurationInHalfOpenState(Duration.ofHours(1)));
                opened.transitionToOpenState();
                while (opened.state() != CircuitBreaker.State.HALF_OPEN) {
                    Thread.onSpinWait();
                }
                return opened;
            }

            @Override
            protected void prepare() {
                breaker = halfOpen();
            }

            @Override
            protected void operate() {
                try {
                    breaker.run(() -> {
                        throw new ThreadDeath();
                    });
                } catch (ThreadDeath ignoredByTheBreaker) {
                    // The probe gives its place back.
                }
            }

            @Override
            void healthy() {
                for (int i = 0; i < 2; i++) {
                    breaker.run(() -> {});
                }
                require(breaker.state() == CircuitBreaker.State.CLOSED, breaker.explain());
            }
        };
    }

    private static Way budget() {
        RetryBudget budget = RetryBudget.of(3, 0);
        Retry retry = Retry.of(
                "retry",
                c -> c.maxAttempts(2)
                        .backoff(dev.mainstay.backoff.Backoff.none())
                        .budget(budget));
        int[] attempts = new int[1];
        return new Way() {
            @Override
            protected void operate() {
                attempts[0] = 0;
                retry.run(() -> {
                    if (attempts[0]++ == 0) {
                        throw FAILURE;
                    }
                });
            }

            @Override
            void healthy() {
                require(budget.tokens() == 3, "tokens " + budget.tokens());
            }
        };
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
