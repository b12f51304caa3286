package dev.mainstay.breaker;

import dev.mainstay.Verdict;
import dev.mainstay.breaker.StateChanged.Why;
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
    final long probeNanos;
    final boolean usesAlarms;
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
        probes = config.permittedNumberOfCallsInHalfOpenState();
        probeNanos = Nanos.of(config.maxWaitDurationInHalfOpenState());
        usesAlarms = config.automaticTransitionFromOpenToHalfOpen();
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

    /** Whether these calls are reason enough to open, and which; null if not. */
    @Nullable
    Why reasonToOpen(Tally tally) {
        return tally.calls() < minimumCalls ? null : reasonToOpen(tally.failures(), tally.slowCalls(), tally.calls());
    }

    private @Nullable Why reasonToOpen(long failures, long slowCalls, long calls) {
        if (failures * 100.0 >= config.failureRateThreshold() * calls) {
            return Why.FAILURE_RATE;
        }
        return timesCalls && slowCalls * 100.0 >= config.slowCallRateThreshold() * calls ? Why.SLOW_CALL_RATE : null;
    }

    /** What the probes that have ended decide, whatever the others will do; null as long as that depends on them. */
    @Nullable
    Why decision(Tally ended, int streak) {
        if (ended.failures() > 0 && config.singleFailedProbeReopens()) {
            return Why.PROBE_FAILED;
        }
        if (streak >= consecutiveFailures) {
            return Why.CONSECUTIVE_FAILURES;
        }
        Why reopen = reasonToOpen(ended.failures(), ended.slowCalls(), Math.max(probes, ended.calls()));
        if (reopen != null) {
            return reopen;
        }
        long left = Math.max(0, probes - ended.calls());
        boolean couldReopen = left > 0
                && (config.singleFailedProbeReopens()
                        || streak + left >= consecutiveFailures
                        || reasonToOpen(ended.failures() + left, ended.slowCalls() + left, probes) != null);
        return couldReopen ? null : Why.PROBES_PASSED;
    }
}
