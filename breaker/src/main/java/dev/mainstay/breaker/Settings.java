package dev.mainstay.breaker;

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
    }

    boolean isSlow(long nanos) {
        return nanos > slowNanos;
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
