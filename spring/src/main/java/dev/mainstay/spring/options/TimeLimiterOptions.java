package dev.mainstay.spring.options;

import dev.mainstay.ContextCarrier;
import dev.mainstay.TimeLimiterConfig;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The options of a time limiter, those of {@link TimeLimiterConfig.Builder} under their names.
 *
 * @param enabled whether the pipeline has this policy
 * @param timeoutDuration how long a call may take
 * @param onExecutor the Executor bean on which synchronous calls run, so that callers are released on time whatever
 *     they do
 * @param onCallersThread synchronous calls run on the caller's thread, which is interrupted
 * @param contextCarrier the ContextCarrier bean for what goes along to that executor
 * @param cancelOnTimeout whether a call is cancelled when its time is up
 * @param onDiscard the Consumer bean that gets results that came too late
 * @param stackTraces whether the exception of a rejection has a stack trace
 * @param timeSource the bean that is the clock
 */
public record TimeLimiterOptions(
        @Option("Whether the pipeline has this policy; true if its section is there, even empty, or order "
                + "names it. False leaves out that of a base.")
        @Nullable
        Boolean enabled,

        @Option("How long a call may take; 1 s by default.") @Nullable
        Duration timeoutDuration,

        @Option(
                value = "The Executor bean on which synchronous calls run, so that callers are released on time "
                        + "whatever they do.",
                displaces = "onCallersThread")
        @Nullable
        String onExecutor,

        @Option(
                value = "Synchronous calls run on the caller's thread, which is interrupted; the default. Takes "
                        + "back the on-executor of a base.",
                displaces = "onExecutor")
        @Nullable
        Boolean onCallersThread,

        @Option("The ContextCarrier bean for what goes along to that executor; what the pipeline carries "
                + "by default.")
        @Nullable
        String contextCarrier,

        @Option("Whether a call is cancelled when its time is up; true by default.") @Nullable
        Boolean cancelOnTimeout,

        @Option("The Consumer bean that gets results that came too late; none by default.") @Nullable
        String onDiscard,

        @Option("Whether the exception of a rejection has a stack trace; false by default.") @Nullable
        Boolean stackTraces,

        @Option("The bean that is the clock; the only TimeSource bean, or the system's, by default.") @Nullable
        String timeSource)
        implements PolicyOptions {

    /** Nothing said. */
    public static TimeLimiterOptions none() {
        return OptionText.parse(TimeLimiterOptions.class, java.util.Map.of());
    }

    @SuppressWarnings("unchecked") // type arguments of beans are not looked at
    void applyTo(TimeLimiterConfig.Builder builder, NamedBeans beans) {
        Settings.set(timeoutDuration, builder::timeoutDuration);
        Settings.bean(beans, "onExecutor", onExecutor, Executor.class, builder::onExecutor);
        Settings.flag(onCallersThread, builder::onCallersThread);
        Settings.bean(beans, "contextCarrier", contextCarrier, ContextCarrier.class, builder::contextCarrier);
        Settings.set(cancelOnTimeout, builder::cancelOnTimeout);
        Settings.bean(beans, "onDiscard", onDiscard, Consumer.class, builder::onDiscard);
        Settings.set(stackTraces, builder::stackTraces);
        Settings.bean(beans, "timeSource", timeSource, TimeSource.class, builder::timeSource);
    }
}
