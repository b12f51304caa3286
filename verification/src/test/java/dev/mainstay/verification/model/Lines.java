package dev.mainstay.verification.model;

import dev.mainstay.PolicyEvent;
import dev.mainstay.breaker.CircuitBreakerOpenException;
import dev.mainstay.breaker.StateChanged;
import dev.mainstay.bulkhead.BulkheadFullException;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.ratelimit.RateLimitExceededException;
import dev.mainstay.retry.RetriesExhaustedException;
import dev.mainstay.retry.RetryEvent;
import dev.mainstay.time.Deadline;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Everything that an event or the end of a call says, in one line that can be compared. */
final class Lines {

    private Lines() {}

    static String of(MainstayEvent event) {
        String what = event.getClass().getSimpleName() + " of " + event.policy() + " at " + event.nanoTime() + ": ";
        if (event instanceof PolicyEvent.CallRejected rejected) {
            return what + rejected.reason() + ", " + rejected.retryAfterNanos() + ", " + of(rejected.context());
        }
        if (event instanceof PolicyEvent.CallEnded ended) {
            return what + ended.verdict() + ", " + ended.durationNanos() + ", " + of(ended.context());
        }
        if (event instanceof PolicyEvent.TimedOut timedOut) {
            return what + timedOut.timeoutNanos() + ", " + of(timedOut.context());
        }
        if (event instanceof StateChanged changed) {
            return what + changed.from() + ", " + changed.to() + ", " + changed.why() + ", " + changed.numbers() + ", "
                    + changed.waitNanos() + ", " + of(changed.context()) + ", " + nameOf(changed.failure());
        }
        if (event instanceof RetryEvent.RetryScheduled scheduled) {
            return what + scheduled.attempt() + ", " + scheduled.delayNanos() + ", " + scheduled.result() + ", "
                    + nameOf(scheduled.failure()) + ", " + of(scheduled.context());
        }
        if (event instanceof RetryEvent.RetriesExhausted exhausted) {
            return what + exhausted.attempts() + ", " + exhausted.result() + ", " + nameOf(exhausted.failure()) + ", "
                    + of(exhausted.context());
        }
        if (event instanceof RetryEvent.RetryDenied denied) {
            return what + denied.reason() + ", " + denied.result() + ", " + nameOf(denied.failure()) + ", "
                    + of(denied.context());
        }
        if (event instanceof RetryEvent.RetrySucceeded succeeded) {
            return what + succeeded.attempts() + ", " + succeeded.result() + ", " + of(succeeded.context());
        }
        if (event instanceof RetryEvent.RetryIgnored ignored) {
            return what + ignored.attempts() + ", " + ignored.result() + ", " + nameOf(ignored.failure()) + ", "
                    + of(ignored.context());
        }
        if (event instanceof PolicyEvent.Reconfigured reconfigured) {
            return what + System.identityHashCode(reconfigured.from()) + " to "
                    + System.identityHashCode(reconfigured.to());
        }
        // The others carry nothing but values.
        return what + event;
    }

    private static String of(@Nullable CallContext context) {
        if (context == null) {
            return "no call";
        }
        Deadline deadline = context.deadline();
        return "attempt " + context.attempt() + ", key " + context.key() + ", cost " + context.cost() + ", "
                + context.idempotent() + ", " + context.priority() + ", deadline "
                + (deadline == null ? "none" : deadline.nanoTime()) + ", after " + context.lastResult() + ", "
                + nameOf(context.lastFailure());
    }

    /** A rejection that says no more than every policy's does. */
    static String rejected(String type, String policy, RejectionReason reason, long retryAfterNanos) {
        return type
                + List.of(
                        policy,
                        reason,
                        retryAfterNanos < 0 ? "no retryAfter" : "retryAfter " + Duration.ofNanos(retryAfterNanos));
    }

    /** How a call ended that was allowed to be rejected. */
    static String of(Outcome<?> outcome) {
        Rejection rejection = outcome.rejection();
        if (rejection == null) {
            return "result " + outcome.get();
        }
        Duration retryAfter = rejection.retryAfter();
        return rejected(rejection.policyName(), rejection.reason(), retryAfter == null ? -1 : retryAfter.toNanos());
    }

    /** A rejection that came as a value. */
    static String rejected(String policy, RejectionReason reason, long retryAfterNanos) {
        return rejected("rejection", policy, reason, retryAfterNanos);
    }

    /** How a call's future stands. */
    static String of(CompletableFuture<?> future) {
        if (!future.isDone()) {
            return "open";
        }
        Throwable failure = Stages.failureOf(future);
        return failure == null ? "result " + future.join() : of(failure);
    }

    /** That of a call whose future was cancelled. */
    static final String CANCELLED = of(new CancellationException());

    /** What a failure says, and what is suppressed in it. */
    static String of(Throwable failure) {
        return of(failure, Arrays.asList(failure.getSuppressed()));
    }

    /** What a failure would say if these were suppressed in it. */
    static String of(Throwable failure, List<Throwable> suppressed) {
        return nameOf(failure)
                + (suppressed.isEmpty()
                        ? ""
                        : " after " + suppressed.stream().map(Lines::nameOf).toList());
    }

    /** Our own failures say everything they know, others who they are. */
    static String nameOf(@Nullable Throwable failure) {
        if (failure == null) {
            return "no failure";
        }
        if (failure instanceof CircuitBreakerOpenException open) {
            return numbers(open) + List.of(open.state(), open.since(), open.openedBy());
        }
        if (failure instanceof BulkheadFullException full) {
            return numbers(full) + List.of(full.limit(), full.inUse(), full.queued());
        }
        if (failure instanceof RateLimitExceededException exceeded) {
            return numbers(exceeded)
                    + List.of(
                            exceeded.permits(),
                            exceeded.limit(),
                            exceeded.period(),
                            exceeded.burst(),
                            exceeded.remaining());
        }
        if (failure instanceof CallRejectedException rejected) {
            return numbers(rejected);
        }
        if (failure instanceof CallTimeoutException timeout) {
            return "timeout" + List.of(timeout.policyName(), timeout.timeout(), nameOf(timeout.getCause()));
        }
        if (failure instanceof RetriesExhaustedException exhausted) {
            return "exhausted"
                    + List.of(exhausted.policyName(), exhausted.attempts(), String.valueOf(exhausted.result()));
        }
        return failure.getClass().getSimpleName() + " " + failure.getMessage();
    }

    private static String numbers(CallRejectedException rejected) {
        return rejected(
                rejected.getClass().getSimpleName(),
                rejected.policyName(),
                rejected.reason(),
                rejected.retryAfterNanos());
    }
}
