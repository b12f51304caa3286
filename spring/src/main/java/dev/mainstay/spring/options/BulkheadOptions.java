package dev.mainstay.spring.options;

import dev.mainstay.bulkhead.BulkheadConfig;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The options of a bulkhead, those of {@link BulkheadConfig.Builder} under their names.
 *
 * @param enabled whether the pipeline has this policy
 * @param maxConcurrentCalls how many calls may be in progress at a time
 * @param maxWaitDuration how long a call may wait for a slot
 * @param maxQueuedCalls how many calls may wait for a slot
 * @param stackTraces whether the exception of a rejection has a stack trace
 * @param timeSource the bean that is the clock
 * @param keyed an instance for each key of calls instead of one for all
 */
public record BulkheadOptions(
        @Option("Whether the pipeline has this policy; true if its section is there, even empty, or order "
                + "names it. False leaves out that of a base.")
        @Nullable
        Boolean enabled,

        @Option("How many calls may be in progress at a time; 25 by default.") @Nullable
        Integer maxConcurrentCalls,

        @Option("How long a call may wait for a slot; 0 by default, which is not at all.") @Nullable
        Duration maxWaitDuration,

        @Option("How many calls may wait for a slot; as many as max-concurrent-calls by default.") @Nullable
        Integer maxQueuedCalls,

        @Option("Whether the exception of a rejection has a stack trace; false by default.") @Nullable
        Boolean stackTraces,

        @Option("The bean that is the clock; the only TimeSource bean, or the system's, by default.") @Nullable
        String timeSource,

        @Option("An instance for each key of calls instead of one for all; off by default.") @Nullable
        KeyedOptions keyed)
        implements PolicyOptions {

    /** Nothing said. */
    public static BulkheadOptions none() {
        return OptionText.parse(BulkheadOptions.class, java.util.Map.of());
    }

    void applyTo(BulkheadConfig.Builder builder, NamedBeans beans) {
        Settings.set(maxConcurrentCalls, builder::maxConcurrentCalls);
        Settings.set(maxWaitDuration, builder::maxWaitDuration);
        Settings.set(maxQueuedCalls, builder::maxQueuedCalls);
        Settings.set(stackTraces, builder::stackTraces);
        Settings.bean(beans, "timeSource", timeSource, TimeSource.class, builder::timeSource);
    }
}
