package dev.mainstay.spring.options;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.ContextCarrier;
import dev.mainstay.Pipeline;
import dev.mainstay.backoff.RandomSource;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.retry.DelayFunction;
import dev.mainstay.time.VirtualTime;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a builder can be told, files can say, and it reaches the builder. */
class EveryOptionHasAKeyTest {

    /** Options of every policy that no builder has. */
    private static final Set<String> OURS = Set.of("enabled", "keyed");

    /** For each option of any policy a value that is not the default. */
    private static final Map<String, String> SAMPLES = Map.ofEntries(
            Map.entry("slidingWindow", "60s"),
            Map.entry("slidingWindowSize", "50"),
            Map.entry("minimumNumberOfCalls", "7"),
            Map.entry("failureRateThreshold", "33.5"),
            Map.entry("failureThreshold", "5/10"),
            Map.entry("noFailureThreshold", "true"),
            Map.entry("consecutiveFailures", "4"),
            Map.entry("slowCallDurationThreshold", "700ms"),
            Map.entry("noSlowCalls", "true"),
            Map.entry("slowCallRateThreshold", "60"),
            Map.entry("waitDurationInOpenState", "5s"),
            Map.entry("maxRetryAfter", "7s"),
            Map.entry("permittedNumberOfCallsInHalfOpenState", "9"),
            Map.entry("requiredSuccessesInHalfOpenState", "2"),
            Map.entry("singleFailedProbeReopens", "true"),
            Map.entry("maxWaitDurationInHalfOpenState", "3s"),
            Map.entry("automaticTransitionFromOpenToHalfOpen", "true"),
            Map.entry("initialState", "forced-open"),
            Map.entry("stackTraces", "true"),
            Map.entry("classifier", "classifier"),
            Map.entry("recordExceptions", "java.io.IOException"),
            Map.entry("retryExceptions", "java.io.IOException"),
            Map.entry("ignoreExceptions", "java.io.IOException"),
            Map.entry("overloadExceptions", "java.io.IOException"),
            Map.entry("recordException", "predicate"),
            Map.entry("retryOnException", "predicate"),
            Map.entry("ignoreException", "predicate"),
            Map.entry("recordResult", "predicate"),
            Map.entry("retryOnResult", "predicate"),
            Map.entry("inspectCauses", "true"),
            Map.entry("retryAfter", "retryAfter"),
            Map.entry("timeSource", "time"),
            Map.entry("random", "random"),
            Map.entry("maxAttempts", "8"),
            Map.entry("unlimitedAttempts", "true"),
            Map.entry("backoff", "20ms"),
            Map.entry("overloadBackoff", "3s"),
            Map.entry("delayFunction", "delays"),
            Map.entry("budget", "none"),
            Map.entry("maxDuration", "9s"),
            Map.entry("failAfterMaxAttempts", "false"),
            Map.entry("limitForPeriod", "99"),
            Map.entry("limitRefreshPeriod", "9s"),
            Map.entry("burst", "3"),
            Map.entry("limit", "5/1s"),
            Map.entry("limits", "5/1s,100/1m"),
            Map.entry("timeoutDuration", "77ms"),
            Map.entry("maxConcurrentCalls", "3"),
            Map.entry("maxWaitDuration", "55ms"),
            Map.entry("maxQueuedCalls", "2"),
            Map.entry("maxThreads", "33"),
            Map.entry("queueCapacity", "11"),
            Map.entry("keepAliveDuration", "44s"),
            Map.entry("executor", "executor"),
            Map.entry("onExecutor", "executor"),
            Map.entry("onCallersThread", "true"),
            Map.entry("contextCarrier", "carrier"),
            Map.entry("interruptOnCancel", "false"),
            Map.entry("cancelOnTimeout", "false"),
            Map.entry("onDiscard", "consumer"));

    /** What has to be said before an option has an effect. */
    private static final Map<String, Map<String, String>> BEFORE = Map.of(
            "noFailureThreshold", Map.of("failure-threshold", "5/10"),
            "noSlowCalls", Map.of("slow-call-duration-threshold", "1s"),
            "slowCallRateThreshold", Map.of("slow-call-duration-threshold", "1s"),
            "maxQueuedCalls", Map.of("max-wait-duration", "1s"),
            "onCallersThread", Map.of("on-executor", "executor"));

    private static final NamedBeans BEANS = new Beans()
            .with("classifier", Classifier.builder().build())
            .with("predicate", (Predicate<Object>) each -> true)
            .with("retryAfter", (BiFunction<Object, Throwable, Duration>) (result, failure) -> null)
            .with("time", VirtualTime.create())
            .with("random", RandomSource.seeded(1))
            .with("delays", (DelayFunction) (attempt, result, failure) -> null)
            .with("executor", (Executor) Runnable::run)
            .with("carrier", (ContextCarrier) () -> () -> () -> {})
            .with("consumer", (Consumer<Object>) each -> {});

    static List<PolicyKind<?, ?, ?, ?>> kinds() {
        return PolicyKind.ALL;
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void ofPolicies(PolicyKind<?, ?, ?, ?> kind) {
        Set<String> keys = namesOf(kind.optionsType());
        keys.removeAll(OURS);

        assertThat(keys).isEqualTo(optionsOf(kind.builderType()));
    }

    @Test
    void ofKeyedInstances() {
        assertThat(namesOf(KeyedOptions.class)).isEqualTo(optionsOf(KeyedRegistry.Builder.class));
    }

    @Test
    void ofPipelines() {
        Set<String> options = optionsOf(Pipeline.Builder.class);
        options.removeAll(Set.of("policy", "policies")); // said by sections and order

        assertThat(namesOf(PipelineOptions.class)).containsAll(options);
    }

    /** So that a kind of policy that is added to a module is not forgotten. */
    @Test
    void everyPolicyWithAConfigIsAKind() {
        assertThat(PolicyKind.ALL.stream()
                        .map(each -> each.builderType().getEnclosingClass().getSimpleName()))
                .containsExactlyInAnyOrder(
                        "TimeLimiterConfig",
                        "RetryConfig",
                        "CircuitBreakerConfig",
                        "RateLimiterConfig",
                        "BulkheadConfig",
                        "ThreadPoolBulkheadConfig");
    }

    static Stream<Object[]> keys() {
        return PolicyKind.ALL.stream()
                .flatMap(kind -> namesOf(kind.optionsType()).stream()
                        .filter(name -> !OURS.contains(name))
                        .map(name -> new Object[] {kind, name}));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("keys")
    <O extends Record & PolicyOptions, B, C> void reachesTheBuilder(PolicyKind<O, B, C, ?> kind, String name) {
        assertThat(SAMPLES).as("a value of %s that is not the default", name).containsKey(name);
        Map<String, String> before = new HashMap<>(BEFORE.getOrDefault(name, Map.of()));
        if (kind.section().equals("rate-limiter")) {
            before.putAll(Map.of("limit-for-period", "10", "limit-refresh-period", "1s"));
        }
        Map<String, String> option = Map.of(OptionText.kebab(name), SAMPLES.get(name));

        O base = OptionText.parse(kind.optionsType(), before);
        O over = Records.over(base, OptionText.parse(kind.optionsType(), option));

        assertThat(config(kind, over)).isNotEqualTo(config(kind, base));
    }

    private static <O extends Record & PolicyOptions, B, C> C config(PolicyKind<O, B, C, ?> kind, O options) {
        B builder = kind.builder().get();
        kind.apply().apply(options, builder, BEANS);
        return kind.build().apply(builder);
    }

    private static Set<String> namesOf(Class<?> options) {
        return Arrays.stream(options.getRecordComponents())
                .map(RecordComponent::getName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> optionsOf(Class<?> builder) {
        return Arrays.stream(builder.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
                .map(method -> method.getName())
                .filter(name -> !name.equals("build"))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
