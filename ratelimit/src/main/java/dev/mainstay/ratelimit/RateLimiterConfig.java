package dev.mainstay.ratelimit;

import dev.mainstay.safe.Require;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The options of a {@link RateLimiter}. Immutable. There is no sensible default for the limit: it must be given, as
 * {@link Builder#limitForPeriod} and {@link Builder#limitRefreshPeriod} or as {@link Builder#limits}.
 *
 * @param limits the limits that all hold at once, at least one
 * @param timeoutDuration how long a call may wait for its permits; 0 by default, which is not at all; a huge one means
 *     forever
 * @param stackTraces whether rejections have a stack trace; false by default
 * @param timeSource the clock
 */
public record RateLimiterConfig(
        List<RateLimit> limits, Duration timeoutDuration, boolean stackTraces, TimeSource timeSource) {

    /** What messages call the policy. */
    static final String KIND = "rate limiter";

    /** Checks every option; {@link #builder()} is how people come here. */
    public RateLimiterConfig {
        limits = List.copyOf(Require.present("limits", limits));
        Require.check(!limits.isEmpty(), "limits", "empty", "at least one");
        Require.notNegative("timeoutDuration", timeoutDuration);
        Require.present("timeSource", timeSource);
    }

    /** Begins with the defaults, which do not suffice. */
    public static Builder builder() {
        return new Builder();
    }

    /** Begins with these options. A burst that is as much as its limit goes on following it. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        if (limits.size() == 1 && limits.get(0) instanceof RateLimit.Smooth smooth) {
            builder.limitForPeriod = smooth.limit();
            builder.limitRefreshPeriod = smooth.period();
            builder.burst = smooth.burst() == smooth.limit() ? null : smooth.burst();
        } else {
            builder.limits = limits;
        }
        builder.timeoutDuration = timeoutDuration;
        builder.stackTraces = stackTraces;
        builder.timeSource = timeSource;
        return builder;
    }

    /** Collects options. Not safe for use by many threads. */
    public static final class Builder {

        private @Nullable Integer limitForPeriod;
        private @Nullable Duration limitRefreshPeriod;
        private @Nullable Integer burst;
        private List<RateLimit> limits = List.of();
        private Duration timeoutDuration = Duration.ZERO;
        private boolean stackTraces;
        private TimeSource timeSource = TimeSource.system();

        private Builder() {}

        /**
         * How many permits come back in each {@link #limitRefreshPeriod}, one by one and evenly; required, unless
         * {@link #limits} are given, which it replaces.
         */
        public Builder limitForPeriod(int limitForPeriod) {
            this.limitForPeriod = limitForPeriod;
            limits = List.of();
            return this;
        }

        /** In how long {@link #limitForPeriod} permits come back; required with it. */
        public Builder limitRefreshPeriod(Duration limitRefreshPeriod) {
            this.limitRefreshPeriod = limitRefreshPeriod;
            limits = List.of();
            return this;
        }

        /**
         * How many permits can be had at once after a pause; as many as {@link #limitForPeriod} by default. 1 spaces
         * permits evenly.
         */
        public Builder burst(int burst) {
            this.burst = burst;
            limits = List.of();
            return this;
        }

        /** One limit of any kind, instead of what was said before. */
        public Builder limit(RateLimit limit) {
            return limits(limit);
        }

        /**
         * Several limits of any kind that hold at once, instead of what was said before: a call gets its permits from
         * all of them or from none.
         */
        public Builder limits(RateLimit... limits) {
            for (RateLimit limit : Require.present("limits", limits)) {
                Require.present("limit", limit);
            }
            Require.check(limits.length > 0, "limits", "empty", "at least one");
            this.limits = List.of(limits);
            limitForPeriod = null;
            limitRefreshPeriod = null;
            burst = null;
            return this;
        }

        /**
         * How long a call may wait for its permits; 0 by default. Not waiting is the safe default: a queue of callers
         * in front of a limit that is used up helps nobody.
         */
        public Builder timeoutDuration(Duration timeoutDuration) {
            this.timeoutDuration = timeoutDuration;
            return this;
        }

        /**
         * Whether the exception of a rejection has a stack trace, which costs microseconds where there is no time to
         * lose; false by default.
         */
        public Builder stackTraces(boolean stackTraces) {
            this.stackTraces = stackTraces;
            return this;
        }

        /** The clock; the system's by default. */
        public Builder timeSource(TimeSource timeSource) {
            this.timeSource = timeSource;
            return this;
        }

        /**
         * The options.
         *
         * @throws IllegalArgumentException naming the option that is wrong or missing, its value and what is allowed
         */
        public RateLimiterConfig build() {
            return Require.configured(KIND, this::config);
        }

        private RateLimiterConfig config() {
            return new RateLimiterConfig(
                    limits.isEmpty() ? List.of(smooth()) : limits, timeoutDuration, stackTraces, timeSource);
        }

        private RateLimit smooth() {
            Integer limit = limitForPeriod;
            Duration period = limitRefreshPeriod;
            if (limit == null) {
                throw missing("limitForPeriod", "at least 1");
            }
            if (period == null) {
                throw missing("limitRefreshPeriod", "a duration above zero");
            }
            return RateLimit.smooth(limit, period, burst == null ? limit : burst);
        }

        private static IllegalArgumentException missing(String option, String allowed) {
            return new IllegalArgumentException(
                    option + " is not given but must be " + allowed + ": there is no sensible default");
        }
    }
}
