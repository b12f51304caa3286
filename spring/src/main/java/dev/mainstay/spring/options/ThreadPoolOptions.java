package dev.mainstay.spring.options;

import dev.mainstay.ContextCarrier;
import dev.mainstay.bulkhead.ThreadPoolBulkheadConfig;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The options of a bulkhead with threads of its own, those of {@link ThreadPoolBulkheadConfig.Builder} under their
 * names.
 *
 * @param enabled whether the pipeline has this policy
 * @param maxThreads how many calls run at a time
 * @param queueCapacity how many calls may wait for a thread
 * @param maxWaitDuration how long a call may wait in the queue
 * @param keepAliveDuration how long a thread stays without work before it ends
 * @param executor the Executor bean that runs the calls instead of threads of ours
 * @param contextCarrier the ContextCarrier bean for what goes along to the thread
 * @param interruptOnCancel whether a running call is interrupted when it is cancelled
 * @param stackTraces whether the exception of a rejection has a stack trace
 * @param timeSource the bean that is the clock
 */
public record ThreadPoolOptions(
        @Option("Whether the pipeline has this policy; true if its section is there, even empty, or order "
                + "names it. False leaves out that of a base.")
        @Nullable
        Boolean enabled,

        @Option("How many calls run at a time; as many as there are processors by default.") @Nullable
        Integer maxThreads,

        @Option("How many calls may wait for a thread; 100 by default, 0 allowed.") @Nullable
        Integer queueCapacity,

        @Option("How long a call may wait in the queue; 10 s by default.") @Nullable
        Duration maxWaitDuration,

        @Option(value = "How long a thread stays without work before it ends; 10 s by default.", displaces = "executor")
        @Nullable
        Duration keepAliveDuration,

        @Option(
                value = "The Executor bean that runs the calls instead of threads of ours; cannot be changed "
                        + "live.",
                displaces = "keepAliveDuration")
        @Nullable
        String executor,

        @Option("The ContextCarrier bean for what goes along to the thread; what the pipeline carries by " + "default.")
        @Nullable
        String contextCarrier,

        @Option("Whether a running call is interrupted when it is cancelled; true by default.") @Nullable
        Boolean interruptOnCancel,

        @Option("Whether the exception of a rejection has a stack trace; false by default.") @Nullable
        Boolean stackTraces,

        @Option("The bean that is the clock; the only TimeSource bean, or the system's, by default.") @Nullable
        String timeSource)
        implements PolicyOptions {

    /** Nothing said. */
    public static ThreadPoolOptions none() {
        return OptionText.parse(ThreadPoolOptions.class, java.util.Map.of());
    }

    void applyTo(ThreadPoolBulkheadConfig.Builder builder, NamedBeans beans) {
        Settings.set(maxThreads, builder::maxThreads);
        Settings.set(queueCapacity, builder::queueCapacity);
        Settings.set(maxWaitDuration, builder::maxWaitDuration);
        Settings.set(keepAliveDuration, builder::keepAliveDuration);
        Settings.bean(beans, "executor", executor, Executor.class, builder::executor);
        Settings.bean(beans, "contextCarrier", contextCarrier, ContextCarrier.class, builder::contextCarrier);
        Settings.set(interruptOnCancel, builder::interruptOnCancel);
        Settings.set(stackTraces, builder::stackTraces);
        Settings.bean(beans, "timeSource", timeSource, TimeSource.class, builder::timeSource);
    }
}
