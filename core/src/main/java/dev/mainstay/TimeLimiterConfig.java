package dev.mainstay;

import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The options of a {@link TimeLimiter}. Immutable.
 *
 * @param timeoutDuration how long a call may take; 1 s by default, a huge one means forever
 * @param executor where synchronous calls run so that the caller is released on time whatever they do; null (the
 *     default) for the caller's own thread, which is interrupted
 * @param contextCarrier what is carried along to that executor
 * @param onDiscard who gets a result that came too late, or null
 * @param timeSource the clock
 */
public record TimeLimiterConfig(
        Duration timeoutDuration,
        @Nullable Executor executor,
        ContextCarrier contextCarrier,
        @Nullable Consumer<@Nullable Object> onDiscard,
        TimeSource timeSource) {

    /** What messages call the policy. */
    static final String KIND = "time limiter";

    private static final TimeLimiterConfig DEFAULTS = builder().build();

    /** Checks every option; {@link #builder()} is how people come here. */
    public TimeLimiterConfig {
        Require.positive("timeoutDuration", timeoutDuration);
        contextCarrier = Require.present("contextCarrier", contextCarrier).careful();
        Require.present("timeSource", timeSource);
    }

    /** What holds if nothing is said. */
    public static TimeLimiterConfig defaults() {
        return DEFAULTS;
    }

    /** Begins with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Begins with these options. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.timeoutDuration = timeoutDuration;
        builder.executor = executor;
        builder.contextCarrier = contextCarrier;
        builder.onDiscard = onDiscard;
        builder.timeSource = timeSource;
        return builder;
    }

    /** Collects options. Not safe for use by many threads. */
    public static final class Builder {

        private Duration timeoutDuration = Duration.ofSeconds(1);
        private @Nullable Executor executor;
        private ContextCarrier contextCarrier = ContextCarrier.none();
        private @Nullable Consumer<@Nullable Object> onDiscard;
        private TimeSource timeSource = TimeSource.system();

        private Builder() {}

        /** How long a call may take; 1 s by default. */
        public Builder timeoutDuration(Duration timeoutDuration) {
            this.timeoutDuration = timeoutDuration;
            return this;
        }

        /**
         * Runs synchronous calls on this executor, so that the caller is released on time even if the call cannot be
         * interrupted.
         */
        public Builder onExecutor(Executor executor) {
            this.executor = Require.present("onExecutor", executor);
            return this;
        }

        /** Runs synchronous calls on the caller's own thread and interrupts it when the time is up; the default. */
        public Builder onCallersThread() {
            this.executor = null;
            return this;
        }

        /** What is carried along when a call goes to the executor; nothing but our own context by default. */
        public Builder contextCarrier(ContextCarrier contextCarrier) {
            this.contextCarrier = contextCarrier;
            return this;
        }

        /**
         * Gets each result, null among them, that came too late: the place to close a connection that nobody will use.
         */
        public Builder onDiscard(Consumer<@Nullable Object> onDiscard) {
            this.onDiscard = Require.present("onDiscard", onDiscard);
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
        public TimeLimiterConfig build() {
            return Require.configured(KIND, this::config);
        }

        private TimeLimiterConfig config() {
            return new TimeLimiterConfig(timeoutDuration, executor, contextCarrier, onDiscard, timeSource);
        }
    }
}
