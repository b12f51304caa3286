package dev.mainstay.bulkhead;

import dev.mainstay.ContextCarrier;
import dev.mainstay.safe.Require;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The options of a {@link ThreadPoolBulkhead}. Immutable.
 *
 * @param maxThreads how many calls run at a time, each on a thread; as many as there are processors by default
 * @param queueCapacity how many calls may wait for a thread; 100 by default, 0 for none
 * @param maxWaitDuration how long a call may wait for a thread; 10 s by default, a huge one means as long as its
 *     deadline allows
 * @param keepAliveDuration how long a thread of ours stays without work, in real time; 10 s by default
 * @param executor where calls run; null (the default) for threads of the bulkhead's own
 * @param contextCarrier what is carried along to the thread
 * @param interruptOnCancel whether a running call is interrupted when its caller gives up; true by default
 * @param stackTraces whether rejections have a stack trace; false by default
 * @param timeSource the clock
 */
public record ThreadPoolBulkheadConfig(
        int maxThreads,
        int queueCapacity,
        Duration maxWaitDuration,
        Duration keepAliveDuration,
        @Nullable Executor executor,
        ContextCarrier contextCarrier,
        boolean interruptOnCancel,
        boolean stackTraces,
        TimeSource timeSource) {

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(10);
    /** What messages call the policy. */
    static final String KIND = "thread pool bulkhead";

    private static final ThreadPoolBulkheadConfig DEFAULTS = builder().build();

    /** Checks every option; {@link #builder()} is how people come here. */
    public ThreadPoolBulkheadConfig {
        Require.atLeast("maxThreads", maxThreads, 1);
        Require.atLeast("queueCapacity", queueCapacity, 0);
        Require.positive("maxWaitDuration", maxWaitDuration);
        Require.positive("keepAliveDuration", keepAliveDuration);
        contextCarrier = Require.present("contextCarrier", contextCarrier).careful();
        Require.present("timeSource", timeSource);
    }

    /** What holds if nothing is said. */
    public static ThreadPoolBulkheadConfig defaults() {
        return DEFAULTS;
    }

    /** Begins with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Begins with these options. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.maxThreads = maxThreads;
        builder.queueCapacity = queueCapacity;
        builder.maxWaitDuration = maxWaitDuration;
        builder.keepAliveDuration = executor == null ? keepAliveDuration : null;
        builder.executor = executor;
        builder.contextCarrier = contextCarrier;
        builder.interruptOnCancel = interruptOnCancel;
        builder.stackTraces = stackTraces;
        builder.timeSource = timeSource;
        return builder;
    }

    /** Collects options. Not safe for use by many threads. */
    public static final class Builder {

        private int maxThreads = Runtime.getRuntime().availableProcessors();
        private int queueCapacity = 100;
        private Duration maxWaitDuration = LONGEST_WAIT;

        /** Whether that was set here, and not taken over from other options. */
        private boolean waitAsked;

        private @Nullable Duration keepAliveDuration;
        private @Nullable Executor executor;
        private ContextCarrier contextCarrier = ContextCarrier.none();
        private boolean interruptOnCancel = true;
        private boolean stackTraces;
        private TimeSource timeSource = TimeSource.system();

        private Builder() {}

        /**
         * How many calls run at a time, at least 1; as many as there are processors by default. It bounds calls on an
         * executor of yours, too.
         */
        public Builder maxThreads(int maxThreads) {
            this.maxThreads = maxThreads;
            return this;
        }

        /** How many calls may wait for a thread; 100 by default. With 0 a call gets a thread at once or is rejected. */
        public Builder queueCapacity(int queueCapacity) {
            this.queueCapacity = queueCapacity;
            return this;
        }

        /**
         * How long a call may wait in the queue for a thread; 10 s by default, and never beyond its deadline. It is
         * what ends calls that wait for each other: with all threads taken by calls that wait for calls of the same
         * bulkhead, none would ever come free. Not to be set with a queueCapacity of 0, where no call waits.
         */
        public Builder maxWaitDuration(Duration maxWaitDuration) {
            this.maxWaitDuration = maxWaitDuration;
            this.waitAsked = true;
            return this;
        }

        /**
         * How long a thread stays without work before it ends; 10 s by default, long enough that steady traffic does
         * not make a thread per call. Real time, whatever the time source. Only for threads of ours.
         */
        public Builder keepAliveDuration(Duration keepAliveDuration) {
            this.keepAliveDuration = Require.present("keepAliveDuration", keepAliveDuration);
            return this;
        }

        /**
         * Runs calls on this executor, such as one that makes a virtual thread for each, instead of threads of ours. It
         * gets at most {@code maxThreads} calls at a time and is never shut down by us.
         */
        public Builder executor(Executor executor) {
            this.executor = Require.present("executor", executor);
            return this;
        }

        /**
         * What is carried along to the thread; nothing but our own context, and what the pipeline carries, by default.
         */
        public Builder contextCarrier(ContextCarrier contextCarrier) {
            this.contextCarrier = contextCarrier;
            return this;
        }

        /**
         * Whether a running call is interrupted when its future is cancelled or the thread that waits for it is
         * interrupted; true by default, since a time limit would otherwise release nobody. If not, an interrupted
         * caller is released with a {@code CancellationException}, its flag set, and the call goes on. Either way the
         * call keeps its slot until it has really ended.
         */
        public Builder interruptOnCancel(boolean interruptOnCancel) {
            this.interruptOnCancel = interruptOnCancel;
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

        /** The clock; the system's by default. A virtual one goes together with its own {@code executor()}. */
        public Builder timeSource(TimeSource timeSource) {
            this.timeSource = timeSource;
            return this;
        }

        /**
         * The options.
         *
         * @throws IllegalArgumentException naming the option that is wrong, its value and what is allowed
         */
        public ThreadPoolBulkheadConfig build() {
            return Require.configured(KIND, this::config);
        }

        private ThreadPoolBulkheadConfig config() {
            Require.check(
                    executor == null || keepAliveDuration == null,
                    "keepAliveDuration",
                    String.valueOf(keepAliveDuration),
                    "left alone together with executor, whose threads are its own");
            Require.check(
                    !waitAsked || queueCapacity != 0,
                    "maxWaitDuration",
                    String.valueOf(maxWaitDuration),
                    "left alone while no call may wait: set queueCapacity, which is 0, to at least 1");
            return new ThreadPoolBulkheadConfig(
                    maxThreads,
                    queueCapacity,
                    maxWaitDuration,
                    keepAliveDuration == null ? KEEP_ALIVE : keepAliveDuration,
                    executor,
                    contextCarrier,
                    interruptOnCancel,
                    stackTraces,
                    timeSource);
        }
    }
}
