package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.safe.Require;
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
 * @param cancelOnTimeout whether a call whose time is up is cancelled, by an interrupt if it is synchronous; true by
 *     default
 * @param stackTraces whether time-outs have a stack trace; false by default
 * @param onDiscard who gets a result that came too late, or null
 * @param timeSource the clock
 */
public record TimeLimiterConfig(
        Duration timeoutDuration,
        @Nullable Executor executor,
        ContextCarrier contextCarrier,
        boolean cancelOnTimeout,
        boolean stackTraces,
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
        builder.cancelOnTimeout = cancelOnTimeout;
        builder.stackTraces = stackTraces;
        builder.onDiscard = onDiscard;
        builder.timeSource = timeSource;
        return builder;
    }

    /** Collects options. Not safe for use by many threads. */
    public static final class Builder {

        private Duration timeoutDuration = Duration.ofSeconds(1);
        private @Nullable Executor executor;
        private ContextCarrier contextCarrier = ContextCarrier.none();
        private boolean cancelOnTimeout = true;
        private boolean stackTraces;
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
         * Whether a call is cancelled when its time is up; true by default: the thread that runs it is interrupted, an
         * asynchronous call's stage is cancelled, and its {@link CallContext#onCancel} actions run. If not, what has
         * begun goes on undisturbed to its own end, and its result is {@linkplain #onDiscard discarded}. The caller of
         * a synchronous call on its own thread gets the time-out only then; on an {@linkplain #onExecutor executor},
         * and of an asynchronous call, on time. A call that the executor has not begun never runs either way.
         *
         * <p>A caller who cancels the future, or is interrupted, ends the call as ever.
         */
        public Builder cancelOnTimeout(boolean cancelOnTimeout) {
            this.cancelOnTimeout = cancelOnTimeout;
            return this;
        }

        /**
         * Whether a {@link CallTimeoutException} has a stack trace, which costs microseconds; false by default. It is
         * that of the caller where the call runs on the caller's thread, otherwise that of the thread which found the
         * time to be up.
         */
        public Builder stackTraces(boolean stackTraces) {
            this.stackTraces = stackTraces;
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
            return new TimeLimiterConfig(
                    timeoutDuration, executor, contextCarrier, cancelOnTimeout, stackTraces, onDiscard, timeSource);
        }
    }
}
