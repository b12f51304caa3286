package dev.mainstay.spring.options;

import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiterConfig;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The options of a rate limiter, those of {@link RateLimiterConfig.Builder} under their names.
 *
 * @param enabled whether the pipeline has this policy
 * @param limitForPeriod how many permits come back in each limit-refresh-period
 * @param limitRefreshPeriod in how long limit-for-period permits come back
 * @param burst how many permits can be had at once after a pause
 * @param limit one limit: 100/1s, or at-most with its parts
 * @param limits several limits: a call gets its permits from all of them or from none
 * @param timeoutDuration how long a call may wait for its permits
 * @param stackTraces whether the exception of a rejection has a stack trace
 * @param timeSource the bean that is the clock
 * @param keyed an instance for each key of calls instead of one for all
 */
public record RateLimiterOptions(
        @Option("Whether the pipeline has this policy; true if its section is there, even empty, or order "
                + "names it. False leaves out that of a base.")
        @Nullable
        Boolean enabled,

        @Option(
                value = "How many permits come back in each limit-refresh-period; required, unless limit or "
                        + "limits are given.",
                displaces = {"limit", "limits"})
        @Nullable
        Integer limitForPeriod,

        @Option(
                value = "In how long limit-for-period permits come back; required with it.",
                displaces = {"limit", "limits"})
        @Nullable
        Duration limitRefreshPeriod,

        @Option(
                value = "How many permits can be had at once after a pause; as many as limit-for-period by "
                        + "default.",
                displaces = {"limit", "limits"})
        @Nullable
        Integer burst,

        @Option(
                value = "One limit: 100/1s, or at-most with its parts; instead of the three before.",
                displaces = {"limits", "limitForPeriod", "limitRefreshPeriod", "burst"})
        @Nullable
        LimitOptions limit,

        @Option(
                value = "Several limits: a call gets its permits from all of them or from none; instead of the "
                        + "four before.",
                displaces = {"limit", "limitForPeriod", "limitRefreshPeriod", "burst"})
        @Nullable
        List<LimitOptions> limits,

        @Option("How long a call may wait for its permits; 0 by default, which is not at all.") @Nullable
        Duration timeoutDuration,

        @Option("Whether the exception of a rejection has a stack trace; false by default.") @Nullable
        Boolean stackTraces,

        @Option("The bean that is the clock; the only TimeSource bean, or the system's, by default.") @Nullable
        String timeSource,

        @Option("An instance for each key of calls instead of one for all; off by default.") @Nullable
        KeyedOptions keyed)
        implements PolicyOptions {

    /** Nothing said. */
    public static RateLimiterOptions none() {
        return OptionText.parse(RateLimiterOptions.class, java.util.Map.of());
    }

    void applyTo(RateLimiterConfig.Builder builder, NamedBeans beans) {
        Settings.set(limitForPeriod, builder::limitForPeriod);
        Settings.set(limitRefreshPeriod, builder::limitRefreshPeriod);
        Settings.set(burst, builder::burst);
        Settings.set(limit, one -> builder.limit(one.rateLimit()));
        Settings.set(
                limits,
                all -> builder.limits(all.stream().map(LimitOptions::rateLimit).toArray(RateLimit[]::new)));
        Settings.set(timeoutDuration, builder::timeoutDuration);
        Settings.set(stackTraces, builder::stackTraces);
        Settings.bean(beans, "timeSource", timeSource, TimeSource.class, builder::timeSource);
    }
}
