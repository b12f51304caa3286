package dev.mainstay.bulkhead;

import dev.mainstay.safe.Require;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The options of a {@link Bulkhead}. Immutable.
 *
 * @param maxConcurrentCalls how many calls may be in progress at a time; 25 by default
 * @param maxWaitDuration how long a call may wait for a slot; zero (the default) means not at all, a huge one as long
 *     as its deadline allows
 * @param maxQueuedCalls how many calls may wait at a time; as many as may be in progress by default
 * @param stackTraces whether rejections have a stack trace; false by default
 * @param timeSource the clock
 */
public record BulkheadConfig(
        int maxConcurrentCalls,
        Duration maxWaitDuration,
        int maxQueuedCalls,
        boolean stackTraces,
        TimeSource timeSource) {

    /** What messages call the policy. */
    static final String KIND = "bulkhead";

    private static final BulkheadConfig DEFAULTS = builder().build();

    /** Checks every option, alone and together; {@link #builder()} is how people come here. */
    public BulkheadConfig {
        Require.atLeast("maxConcurrentCalls", maxConcurrentCalls, 1);
        Require.notNegative("maxWaitDuration", maxWaitDuration);
        Require.atLeast("maxQueuedCalls", maxQueuedCalls, 0);
        Require.check(
                maxQueuedCalls > 0 || maxWaitDuration.isZero(),
                "maxQueuedCalls",
                maxQueuedCalls,
                "at least 1 if calls may wait (maxWaitDuration is " + maxWaitDuration + ")");
        Require.present("timeSource", timeSource);
    }

    /** What holds if nothing is said. */
    public static BulkheadConfig defaults() {
        return DEFAULTS;
    }

    /** Begins with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Begins with these options. A {@code maxQueuedCalls} that equals {@code maxConcurrentCalls} goes on following it.
     */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.maxConcurrentCalls = maxConcurrentCalls;
        builder.maxWaitDuration = maxWaitDuration;
        builder.maxQueuedCalls = maxQueuedCalls == maxConcurrentCalls ? null : maxQueuedCalls;
        builder.stackTraces = stackTraces;
        builder.timeSource = timeSource;
        return builder;
    }

    /** Collects options. Not safe for use by many threads. */
    public static final class Builder {

        private int maxConcurrentCalls = 25;
        private Duration maxWaitDuration = Duration.ZERO;
        private @Nullable Integer maxQueuedCalls;

        /** Whether the number was set here, and not taken over from other options. */
        private boolean queueAsked;

        private boolean stackTraces;
        private TimeSource timeSource = TimeSource.system();

        private Builder() {}

        /** How many calls may be in progress at a time, at least 1; 25 by default. */
        public Builder maxConcurrentCalls(int maxConcurrentCalls) {
            this.maxConcurrentCalls = maxConcurrentCalls;
            return this;
        }

        /**
         * How long a call may wait for a slot; zero by default, which rejects at once. A call never waits beyond its
         * deadline, whatever is said here.
         */
        public Builder maxWaitDuration(Duration maxWaitDuration) {
            this.maxWaitDuration = maxWaitDuration;
            return this;
        }

        /**
         * How many calls may wait at a time, synchronous and asynchronous ones together; as many as may be in progress
         * unless said. At least 1 if calls may wait at all; not to be set without a {@link #maxWaitDuration}, which
         * would do nothing.
         */
        public Builder maxQueuedCalls(int maxQueuedCalls) {
            this.maxQueuedCalls = maxQueuedCalls;
            this.queueAsked = true;
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
         * @throws IllegalArgumentException naming the option that is wrong, its value and what is allowed
         */
        public BulkheadConfig build() {
            return Require.configured(KIND, this::config);
        }

        private BulkheadConfig config() {
            Require.present("maxWaitDuration", maxWaitDuration);
            Require.check(
                    !queueAsked || maxQueuedCalls == null || maxQueuedCalls <= 0 || !maxWaitDuration.isZero(),
                    "maxQueuedCalls",
                    String.valueOf(maxQueuedCalls),
                    "left alone while no call may wait: add maxWaitDuration, which is zero");
            int queued = maxQueuedCalls == null ? maxConcurrentCalls : maxQueuedCalls;
            return new BulkheadConfig(maxConcurrentCalls, maxWaitDuration, queued, stackTraces, timeSource);
        }
    }
}
