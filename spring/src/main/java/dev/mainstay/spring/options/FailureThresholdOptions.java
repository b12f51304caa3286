package dev.mainstay.spring.options;

import dev.mainstay.breaker.CircuitBreakerConfig;
import dev.mainstay.safe.Require;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A number of failures that opens a circuit breaker. As text: {@code 5/10} for five of the last ten calls, {@code
 * 5/60s} for five in a minute. One value.
 *
 * @param failures how many must fail
 * @param calls of how many calls
 * @param period in how long
 */
public record FailureThresholdOptions(
        @Option("How many calls must fail; required.") @Nullable
        Integer failures,

        @Option("Of how many calls; instead of period.") @Nullable
        Integer calls,

        @Option("In how long; instead of calls.") @Nullable Duration period) {

    /** {@code 5/10} or {@code 5/60s}. */
    public static FailureThresholdOptions of(String text) {
        String[] parts = OptionText.ratio(text, "5/10 or 5/60s");
        int failures = OptionText.integer(parts[0]);
        return parts[1].chars().allMatch(Character::isDigit)
                ? new FailureThresholdOptions(failures, OptionText.integer(parts[1]), null)
                : new FailureThresholdOptions(failures, null, OptionText.duration(parts[1]));
    }

    void applyTo(CircuitBreakerConfig.Builder builder) {
        int number = Settings.required("failureThreshold failures", failures, "at least 1");
        Require.check(
                (calls == null) != (period == null),
                "failureThreshold",
                calls == null ? "without calls and period" : "of calls and of a period",
                "with either calls or period");
        if (calls != null) {
            builder.failureThreshold(number, calls);
        } else {
            builder.failureThreshold(number, Require.present("failureThreshold period", period));
        }
    }
}
