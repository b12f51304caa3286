package dev.mainstay.breaker;

import dev.mainstay.Gate;
import dev.mainstay.breaker.StateChanged.Why;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.Nanos;
import org.jspecify.annotations.Nullable;

/** The options in the form in which calls need them, and the thresholds' meaning. Immutable. */
final class Settings {

    final CircuitBreakerConfig config;
    final int minimumCalls;
    final boolean timesCalls;
    final boolean readsClock;
    final int consecutiveFailures;
    final int probes;
    private final int failureThreshold;
    private final int requiredSuccesses;
    final long probeNanos;
    final boolean usesAlarms;

    /** What the gate asks for after each transition. */
    final Gate.Judging judging;

    private final long mostAskedNanos;
    private final long slowNanos;

    Settings(CircuitBreakerConfig config) {
        this.config = config;
        minimumCalls = config.minimumNumberOfCalls();
        timesCalls = config.slowCallDurationThreshold() != null;
        readsClock = timesCalls || config.slidingWindow() instanceof SlidingWindow.Time;
        slowNanos = config.slowCallDurationThreshold() == null
                ? Long.MAX_VALUE
                : Nanos.of(config.slowCallDurationThreshold());
        consecutiveFailures = config.consecutiveFailures() == 0 ? Integer.MAX_VALUE : config.consecutiveFailures();
        failureThreshold = config.failureThreshold() == 0 ? Integer.MAX_VALUE : config.failureThreshold();
        requiredSuccesses = config.requiredSuccessesInHalfOpenState();
        probes = config.permittedNumberOfCallsInHalfOpenState();
        probeNanos = Nanos.of(config.maxWaitDurationInHalfOpenState());
        usesAlarms = config.automaticTransitionFromOpenToHalfOpen();
        judging = new Gate.Judging(config.classifier(), timesCalls, readsClock);
        mostAskedNanos = Nanos.of(config.maxRetryAfter());
    }

    boolean isSlow(long nanos) {
        return nanos > slowNanos;
    }

    /**
     * How long the other side wants to be left alone, if this call failed and says so; negative otherwise. Functions of
     * the user's say that: one that throws has said nothing.
     */
    long askedNanos(Verdict verdict, @Nullable Object result, @Nullable Throwable failure) {
        if (!verdict.isFailure()) {
            return -1;
        }
        try {
            return Math.min(config.classifier().retryAfterNanos(result, failure), mostAskedNanos);
        } catch (Throwable broken) {
            return -1;
        }
    }

    /**
     * How long to stay open for the n-th time in a row. A source of random numbers of the user's that throws does
     * without jitter.
     */
    long openNanos(int openings, long before) {
        try {
            return config.waitDurationInOpenState().delayNanos(openings, before, config.random());
        } catch (Throwable broken) {
            return config.waitDurationInOpenState().delayNanos(openings, before, () -> 0.5);
        }
    }

    boolean countsStreaks() {
        return consecutiveFailures != Integer.MAX_VALUE;
    }

    /** Whether the calls of the window are reason enough to open, and which; null if not. */
    @Nullable
    Why reasonToOpen(Tally tally) {
        if (tally.failures() >= failureThreshold) {
            return Why.FAILURE_COUNT;
        }
        if (tally.calls() < minimumCalls) {
            return null;
        }
        return !countsFailures() && isFailureRate(tally.failures(), tally.calls())
                ? Why.FAILURE_RATE
                : slowReason(tally.slowCalls(), tally.calls());
    }

    /** What the probes that have ended decide, whatever the others will do; null as long as that depends on them. */
    @Nullable
    Why decision(Tally ended, int streak) {
        long all = Math.max(probes, ended.calls());
        Why reopen = reasonToReopen(ended.failures(), ended.slowCalls(), streak, all);
        if (reopen != null) {
            return reopen;
        }
        long left = all - ended.calls();
        boolean couldReopen = left > 0
                && reasonToReopen(ended.failures() + left, ended.slowCalls() + left, streak + left, all) != null;
        return couldReopen ? null : Why.PROBES_PASSED;
    }

    /** @param all how many probes decide, of which those that are still out succeed quickly */
    private @Nullable Why reasonToReopen(long failures, long slowCalls, long streak, long all) {
        if (requiredSuccesses > 0) {
            return all - failures < requiredSuccesses ? Why.PROBES_FAILED : slowReason(slowCalls, all);
        }
        if (failures > 0 && config.singleFailedProbeReopens()) {
            return Why.PROBE_FAILED;
        }
        if (streak >= consecutiveFailures) {
            return Why.CONSECUTIVE_FAILURES;
        }
        return isProbeFailureRate(failures, all) ? Why.FAILURE_RATE : slowReason(slowCalls, all);
    }

    /**
     * Of f failures in the last c calls, probes keep to the share. It is compared in whole numbers, without rounding.
     */
    private boolean isProbeFailureRate(long failures, long all) {
        if (countsFailures() && config.slidingWindow() instanceof SlidingWindow.Calls window) {
            return failures * window.size() >= failureThreshold * all;
        }
        return isFailureRate(failures, all);
    }

    private boolean isFailureRate(long failures, long calls) {
        return failures * 100.0 >= config.failureRateThreshold() * calls;
    }

    private @Nullable Why slowReason(long slowCalls, long calls) {
        return timesCalls && slowCalls * 100.0 >= config.slowCallRateThreshold() * calls ? Why.SLOW_CALL_RATE : null;
    }

    private boolean countsFailures() {
        return failureThreshold != Integer.MAX_VALUE;
    }

    /** The thresholds of the window in words: {@code 50.0 % failures of at least 20 calls, last 100 calls}. */
    String thresholds() {
        String slow =
                config.slowCallDurationThreshold() == null ? "" : config.slowCallRateThreshold() + " % slow calls";
        String or = slow.isEmpty() ? "" : " or ";
        String minimum = " of at least " + config.minimumNumberOfCalls() + " calls";
        String ofWindow = config.failureThreshold() == 0
                ? config.failureRateThreshold() + " % failures" + or + slow + minimum + ", " + config.slidingWindow()
                : config.failureThreshold() + " failures in the " + config.slidingWindow() + or + slow
                        + (slow.isEmpty() ? "" : minimum);
        return ofWindow
                + (config.consecutiveFailures() == 0 ? "" : ", or " + config.consecutiveFailures() + " in a row");
    }
}
