package dev.mainstay.spring.options;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How options are laid over others. */
class MergeTest {

    @Test
    void sectionsAreLaidOverEachOtherOptionByOption() {
        PipelineOptions merged = Records.over(
                pipeline("retry.max-attempts", "5", "retry.max-duration", "9s", "bulkhead.max-concurrent-calls", "3"),
                pipeline("retry.max-attempts", "2", "timed", "true"));

        assertThat(merged.retry().maxAttempts()).isEqualTo(2);
        assertThat(merged.retry().maxDuration()).isEqualTo(Duration.ofSeconds(9));
        assertThat(merged.bulkhead().maxConcurrentCalls()).isEqualTo(3);
        assertThat(merged.timed()).isTrue();
    }

    @Test
    void aListReplacesTheOneBelow() {
        RetryOptions merged = Records.over(retry("ignore-exceptions", "a.A,b.B"), retry("ignore-exceptions", "c.C"));

        assertThat(merged.ignoreExceptions()).containsExactly("c.C");
    }

    @Test
    void inheritedStandsForTheListBelow() {
        RetryOptions merged =
                Records.over(retry("ignore-exceptions", "a.A,b.B"), retry("ignore-exceptions", "inherited,c.C,a.A"));

        assertThat(merged.ignoreExceptions()).containsExactly("a.A", "b.B", "c.C");
    }

    @Test
    void inheritedIsNothingWhereNothingIsBelow() {
        RetryOptions merged = Records.over(null, retry("ignore-exceptions", "inherited,c.C"));

        assertThat(merged.ignoreExceptions()).containsExactly("c.C");
    }

    @Test
    void aBackoffIsOneValue() {
        RetryOptions merged =
                Records.over(retry("backoff.initial", "1s", "backoff.multiplier", "3"), retry("backoff.type", "fixed"));

        assertThat(merged.backoff())
                .isEqualTo(new BackoffOptions(BackoffOptions.Type.FIXED, null, null, null, null, null, null));
    }

    @Test
    void whatTakesAnothersPlaceDropsItFromBelow() {
        RetryOptions merged = Records.over(
                retry("classifier", "mine", "max-attempts", "4"),
                retry("retry-exceptions", "a.A", "unlimited-attempts", "true"));

        assertThat(merged.classifier()).isNull();
        assertThat(merged.maxAttempts()).isNull();
        assertThat(merged.retryExceptions()).containsExactly("a.A");
    }

    @Test
    void aFlagThatIsFalseTakesNoPlace() {
        RetryOptions merged = Records.over(retry("max-attempts", "4"), retry("unlimited-attempts", "false"));

        assertThat(merged.maxAttempts()).isEqualTo(4);
    }

    @Test
    void basesCountLessThanThePipelineAndMoreThanTheDefaults() {
        ConfiguredPolicyCatalog catalog = ConfiguredPolicyCatalog.builder(MainstayOptions.of(Map.of(
                        "defaults.retry.max-attempts", "9",
                        "defaults.retry.max-duration", "9s",
                        "defaults.retry.max-retry-after", "9s",
                        "defaults.retry.fail-after-max-attempts", "false",
                        "configs.low.retry.max-attempts", "8",
                        "configs.low.retry.max-duration", "8s",
                        "configs.low.retry.max-retry-after", "8s",
                        "configs.high.retry.max-duration", "7s",
                        "pipelines.a.base", "low,high",
                        "pipelines.a.retry.max-attempts", "2")))
                .build();

        var config =
                catalog.policy(dev.mainstay.retry.Retry.class, "a", Map.of()).config();

        assertThat(config.maxAttempts()).isEqualTo(2);
        assertThat(config.maxDuration()).isEqualTo(Duration.ofSeconds(7));
        assertThat(config.maxRetryAfter()).isEqualTo(Duration.ofSeconds(8));
        assertThat(config.failAfterMaxAttempts()).isFalse();
    }

    @Test
    void aBaseMayHaveABase() {
        ConfiguredPolicyCatalog catalog = ConfiguredPolicyCatalog.builder(MainstayOptions.of(Map.of(
                        "configs.all.bulkhead.max-concurrent-calls", "4",
                        "configs.some.base", "all",
                        "pipelines.a.base", "some")))
                .build();

        assertThat(catalog.pipeline("a").current().policies())
                .extracting(each -> each.getClass().getSimpleName())
                .containsExactly("Bulkhead");
    }

    @Test
    void defaultsAlonePutNoPolicyIntoAPipeline() {
        ConfiguredPolicyCatalog catalog = ConfiguredPolicyCatalog.builder(MainstayOptions.of(
                        Map.of("defaults.retry.max-attempts", "9", "pipelines.a.bulkhead.enabled", "true")))
                .build();

        assertThat(catalog.pipeline("a").current().policies())
                .extracting(each -> each.getClass().getSimpleName())
                .containsExactly("Bulkhead");
    }

    @Test
    void contradictionsAtOnePlaceAreFound() {
        assertThat(Records.contradiction(retry("max-attempts", "4", "unlimited-attempts", "true")))
                .isEqualTo(List.of("max-attempts", "unlimited-attempts"));
        assertThat(Records.contradiction(retry("max-attempts", "4"))).isNull();
    }

    private static PipelineOptions pipeline(String... values) {
        return OptionText.parse(PipelineOptions.class, map(values));
    }

    private static RetryOptions retry(String... values) {
        return OptionText.parse(RetryOptions.class, map(values));
    }

    private static Map<String, String> map(String... values) {
        Map<String, String> map = new java.util.LinkedHashMap<>();
        for (int i = 0; i < values.length; i += 2) {
            map.put(values[i], values[i + 1]);
        }
        return map;
    }
}
