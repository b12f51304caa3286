package dev.mainstay.verification.model;

import dev.mainstay.PolicyEvent;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.Idempotence;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.retry.DelayFunction;
import dev.mainstay.retry.RetriesExhaustedException;
import dev.mainstay.retry.RetryBudget;
import dev.mainstay.retry.RetryConfig;
import dev.mainstay.retry.RetryDenial;
import dev.mainstay.retry.RetryEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** What a retry decides, as its documentation has it. */
final class NaiveRetry {

    private static final int SUPPRESSED_AT_MOST = 3;

    /**
     * The options, as the real one and as the model has them.
     *
     * @param budget null for the retry's own
     */
    record Options(
            RetryConfig config,
            NaiveBackoff backoff,
            NaiveBackoff overloadBackoff,
            @Nullable NaiveBudget budget) {}

    private final String name;
    private final Agenda agenda;
    private final Ledger ledger;
    private final Random draws;
    private final NaiveBudget own;
    private Options options;

    /** What is suppressed in the failures that came out of calls: they may be the same again in others. */
    private final IdentityHashMap<Throwable, List<Throwable>> suppressed = new IdentityHashMap<>();

    /** @param ownBudget the real retry's own */
    NaiveRetry(String name, Options options, RetryBudget ownBudget, Random draws, Agenda agenda, Ledger ledger) {
        this.name = name;
        this.options = options;
        this.own = NaiveBudget.standard(ownBudget);
        this.draws = draws;
        this.agenda = agenda;
        this.ledger = ledger;
    }

    private static NaiveBudget budgetOf(Options options, NaiveBudget own) {
        return options.budget == null ? own : options.budget;
    }

    void reconfigure(Options other) {
        Options before = options;
        options = other;
        ledger.tell(new PolicyEvent.Reconfigured(name, agenda.clock(), before.config, other.config));
    }

    boolean isIdle() {
        return own.isFull();
    }

    NaiveBudget budget() {
        return budgetOf(options, own);
    }

    void readGauges() {
        ledger.gauge("retry.budget", budget().tokens());
    }

    /** @param deadline when the call's time is up; never, if that is the largest number */
    Call start(CallContext context, long deadline) {
        ledger.count("retry.attempts");
        return new Call(context, deadline);
    }

    /** The attempts of one call. */
    final class Call {

        private final Options options = NaiveRetry.this.options;
        private final NaiveBudget budget = budgetOf(options, own);
        private final long start = agenda.now();
        private final long deadline;
        private CallContext context;
        private int attempt = 1;
        private long backoff;
        private boolean paid;
        private boolean waits;
        private boolean stopped;
        private boolean abandoned;
        private boolean ended;
        private @Nullable String result;
        private @Nullable Throwable failure;
        private final List<Throwable> earlier = new ArrayList<>();

        private Call(CallContext context, long deadline) {
            this.context = context;
            this.deadline = deadline;
        }

        int attempt() {
            return attempt;
        }

        @Nullable
        String result() {
            return result;
        }

        @Nullable
        Throwable failure() {
            return failure;
        }

        boolean hasEnded() {
            return ended;
        }

        /** An attempt has ended so. How long to wait before the next; negative if there is none. */
        long ended(Ending ending) {
            Throwable before = failure;
            result = ending.result();
            failure = ending.failure();
            Verdict verdict = ending.by(options.config.classifier(), deadline <= agenda.now());
            if (verdict == Verdict.SUCCESS) {
                if (attempt == 1) {
                    budget.callSucceeded();
                    return end("success");
                }
                budget.retrySucceeded();
                tell(new RetryEvent.RetrySucceeded(name, agenda.clock(), context, attempt, result));
                return end("success_after_retry");
            }
            if (before != null && before != failure && earlier.size() < SUPPRESSED_AT_MOST && !isEarlier(before)) {
                earlier.add(before);
            }
            boolean sent = !(failure instanceof CallRejectedException);
            if (attempt > 1 && !sent) {
                budget.giveBack();
            }
            if (!verdict.isFailure() || isFinal(failure)) {
                tell(new RetryEvent.RetryIgnored(name, agenda.clock(), context, attempt, result, failure));
                return end("not_retryable");
            }
            if (context.idempotent() == Idempotence.NO) {
                tell(new RetryEvent.RetryIgnored(name, agenda.clock(), context, attempt, result, failure));
                return fail("not_retryable");
            }
            if (stopped) {
                return fail(failed());
            }
            if (attempt >= options.config.maxAttempts()) {
                ledger.tell(new RetryEvent.RetriesExhausted(name, agenda.clock(), context, attempt, result, failure));
                return fail(failed());
            }
            long asked = options.config.maxRetryAfter().isZero() ? 0 : ending.askedNanos();
            if (asked > options.config.maxRetryAfter().toNanos()) {
                return denied(RetryDenial.RETRY_AFTER);
            }
            Duration own = ownDelay();
            if (own != null && own.isNegative()) {
                tell(new RetryEvent.RetryIgnored(name, agenda.clock(), context, attempt, result, failure));
                return fail("not_retryable");
            }
            long delay = delay(verdict, asked, own);
            if (!endsInTime(delay)) {
                return denied(RetryDenial.DEADLINE);
            }
            if (!budget.tryReserve()) {
                return denied(RetryDenial.BUDGET);
            }
            paid = true;
            waits = delay > 0;
            ledger.tell(
                    new RetryEvent.RetryScheduled(name, agenda.clock(), context, attempt + 1, delay, result, failure));
            return delay;
        }

        /** Tells how the call has ended, unless it had ended for its caller before. */
        private void tell(RetryEvent end) {
            if (!abandoned) {
                ledger.tell(end);
            }
        }

        private boolean isEarlier(Throwable other) {
            return earlier.stream().anyMatch(each -> each == other);
        }

        private static boolean isFinal(@Nullable Throwable failure) {
            return failure instanceof Error
                    || failure instanceof InterruptedException
                    || failure instanceof CancellationException
                    || (failure instanceof CallRejectedException rejection
                            && (rejection.reason() == RejectionReason.INTERRUPTED
                                    || rejection.reason() == RejectionReason.CANCELLED));
        }

        private String failed() {
            return attempt == 1 ? "failure" : "failure_after_retry";
        }

        /** What the user's function says, if there is one and it says something. */
        private @Nullable Duration ownDelay() {
            DelayFunction function = options.config.delayFunction();
            return function == null ? null : function.delay(attempt, result, failure);
        }

        private long delay(Verdict verdict, long asked, @Nullable Duration own) {
            NaiveBackoff kind = verdict == Verdict.OVERLOAD ? options.overloadBackoff : options.backoff;
            backoff = own == null ? kind.delay(attempt, backoff) : own.toNanos();
            return asked <= 0 ? backoff : Math.max(backoff, asked) + (long) (draws.nextDouble() * asked / 10);
        }

        private boolean endsInTime(long delay) {
            Duration maxDuration = options.config.maxDuration();
            long last = maxDuration == null ? Long.MAX_VALUE : start + maxDuration.toNanos();
            return agenda.now() + delay < Math.min(last, deadline);
        }

        private long denied(RetryDenial reason) {
            ledger.count("retry.denied{reason=" + reason.name().toLowerCase(Locale.ROOT) + "}");
            ledger.tell(new RetryEvent.RetryDenied(name, agenda.clock(), context, reason, result, failure));
            return fail(failed());
        }

        private long fail(String outcome) {
            if (failure == null && options.config.failAfterMaxAttempts()) {
                failure = new RetriesExhaustedException(name, attempt, result);
            }
            return end(outcome);
        }

        private long end(String outcome) {
            ended = true;
            ledger.count("retry.calls{outcome=" + outcome + "}");
            for (Throwable other : failure == null ? List.<Throwable>of() : earlier) {
                List<Throwable> in = suppressedIn(failure);
                if (in.size() < SUPPRESSED_AT_MOST && !in.contains(other) && !leadsTo(failure, other)) {
                    in.add(other);
                }
            }
            return -1;
        }

        /** The wait is over. False if there is no other attempt after all. */
        boolean begin() {
            if (!paid) {
                return false;
            }
            paid = false;
            if (waits && !endsInTime(0)) {
                budget.giveBack();
                denied(RetryDenial.DEADLINE);
                return false;
            }
            attempt++;
            context = context.attempt(attempt, result, failure, context);
            ledger.count("retry.attempts");
            return true;
        }

        /** The call is given up, and its caller knows. */
        void abandon() {
            abandoned = true;
            stop();
        }

        /** The call is given up. */
        void stop() {
            stopped = true;
            if (paid) {
                paid = false;
                budget.giveBack();
                fail(failed());
            }
        }

        /** What the caller gets, as {@link Lines} has it. */
        String line() {
            return failure == null ? "result " + result : Lines.of(failure, suppressedIn(failure));
        }
    }

    private boolean leadsTo(Throwable failure, Throwable from) {
        return from == failure || suppressedIn(from).stream().anyMatch(each -> leadsTo(failure, each));
    }

    private List<Throwable> suppressedIn(Throwable failure) {
        return suppressed.computeIfAbsent(failure, ignored -> new ArrayList<>());
    }
}
