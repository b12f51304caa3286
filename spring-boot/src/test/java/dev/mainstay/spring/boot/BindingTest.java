package dev.mainstay.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.spring.options.BackoffOptions;
import dev.mainstay.spring.options.FailureThresholdOptions;
import dev.mainstay.spring.options.LimitOptions;
import dev.mainstay.spring.options.MainstayOptions;
import dev.mainstay.spring.options.PipelineOptions;
import dev.mainstay.spring.options.SlidingWindowOptions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertiesPropertySource;

/** What files, environment variables and system properties say, and which of them counts. */
class BindingTest {

    @Test
    void partsMayBeWrittenAsOneValue() {
        PipelineOptions a = pipeline("a", """
                mainstay:
                  pipelines:
                    a:
                      retry:
                        backoff: 5s
                        overload-backoff: 50
                        budget: none
                        max-duration: PT9S
                        retry-exceptions: [java.io.IOException, java.util.concurrent.TimeoutException]
                      rate-limiter:
                        limits: [5/1s, 100/1m]
                      circuit-breaker:
                        sliding-window: 50
                        failure-threshold: 5/60s
                        initial-state: half-open
                """);

        assertThat(a.retry().backoff()).isEqualTo(BackoffOptions.of("5s"));
        assertThat(a.retry().overloadBackoff()).isEqualTo(BackoffOptions.of("50ms"));
        assertThat(a.retry().budget().shared()).isEqualTo("none");
        assertThat(a.retry().maxDuration()).hasSeconds(9);
        assertThat(a.retry().retryExceptions())
                .containsExactly("java.io.IOException", "java.util.concurrent.TimeoutException");
        assertThat(a.rateLimiter().limits()).containsExactly(LimitOptions.of("5/1s"), LimitOptions.of("100/1m"));
        assertThat(a.circuitBreaker().slidingWindow()).isEqualTo(SlidingWindowOptions.of("50"));
        assertThat(a.circuitBreaker().failureThreshold()).isEqualTo(FailureThresholdOptions.of("5/60s"));
        assertThat(a.circuitBreaker().initialState()).isEqualTo(CircuitBreaker.State.HALF_OPEN);
    }

    @Test
    void andPartByPart() {
        PipelineOptions a = pipeline("a", """
                mainstay.pipelines.a:
                  retry.backoff:
                    type: linear
                    initial: 1s
                    increment: 2s
                    max: 10s
                  rate-limiter.limits:
                    - {type: at-most, limit: 5, period: 1s}
                """);

        assertThat(a.retry().backoff())
                .isEqualTo(new BackoffOptions(
                        BackoffOptions.Type.LINEAR,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(2),
                        null,
                        Duration.ofSeconds(10),
                        null,
                        null));
        assertThat(a.rateLimiter().limits())
                .containsExactly(new LimitOptions(LimitOptions.Type.AT_MOST, 5, Duration.ofSeconds(1), null));
    }

    @Test
    void anEmptySectionIsThePolicyWithItsDefaults() {
        Yaml.application("""
                mainstay:
                  pipelines:
                    a:
                      retry: {}
                      circuit-breaker:
                      bulkhead: ~
                    b:
                """).run(context -> {
            var catalog = context.getBean(dev.mainstay.spring.PolicyCatalog.class);
            assertThat(catalog.pipeline("a").current().policies())
                    .extracting(each -> each.getClass().getSimpleName())
                    .containsExactly("Retry", "CircuitBreaker", "Bulkhead");
            assertThat(catalog.pipeline("b").current().policies()).isEmpty();
        });
    }

    @Test
    void aListOfAHigherSourceReplacesThatOfALowerOne() {
        MainstayOptions options = options(
                "mainstay.pipelines.a.retry.retry-exceptions: [a.A, b.B, c.C]",
                Map.of("MAINSTAY_PIPELINES_A_RETRY_RETRYEXCEPTIONS_0", "x.X"));

        assertThat(options.pipelines().get("a").retry().retryExceptions()).containsExactly("x.X");
        assertThat(options(
                                "mainstay.pipelines.a.retry.retry-exceptions: [a.A, b.B, c.C]",
                                Map.of("MAINSTAY_PIPELINES_A_RETRY_RETRYEXCEPTIONS", "x.X,y.Y"))
                        .pipelines()
                        .get("a")
                        .retry()
                        .retryExceptions())
                .containsExactly("x.X", "y.Y");
    }

    @Test
    void aVariableReachesANameWithCapitalsDashesOrUnderscores() {
        for (String name : new String[] {"orderService", "order-service", "order_service", "orderservice"}) {
            MainstayOptions options = options(
                    "mainstay.pipelines." + name + ".retry: {max-attempts: 2, max-duration: 5s}",
                    Map.of("MAINSTAY_PIPELINES_ORDERSERVICE_RETRY_MAXATTEMPTS", "7"));

            assertThat(options.pipelines()).containsOnlyKeys(name);
            assertThat(options.pipelines().get(name).retry().maxAttempts()).isEqualTo(7);
            assertThat(options.pipelines().get(name).retry().maxDuration()).hasSeconds(5);
        }
    }

    @Test
    void aVariableMayHaveUnderscoresForDashes() {
        MainstayOptions options = options(
                "mainstay.pipelines.order-service.timed: true",
                Map.of("MAINSTAY_PIPELINES_ORDER_SERVICE_RETRY_MAX_ATTEMPTS", "7"));

        assertThat(options.pipelines()).containsOnlyKeys("order-service");
        assertThat(options.pipelines().get("order-service").retry().maxAttempts())
                .isEqualTo(7);
    }

    @Test
    void variablesAloneMakeAPipeline() {
        MainstayOptions options = options("", Map.of("MAINSTAY_PIPELINES_A_CIRCUITBREAKER_FAILURERATETHRESHOLD", "33"));

        assertThat(options.pipelines().get("a").circuitBreaker().failureRateThreshold())
                .isEqualTo(33);
    }

    @Test
    void aSystemPropertyCountsMoreThanAVariable() {
        ConfigurableEnvironment environment = Yaml.environment(
                "mainstay.pipelines.a.retry.max-attempts: 2", Map.of("MAINSTAY_PIPELINES_A_RETRY_MAXATTEMPTS", "3"));
        environment
                .getPropertySources()
                .addFirst(new MapPropertySource("first", Map.of("mainstay.pipelines.a.retry.max-attempts", "4")));

        assertThat(ConfigurationReader.read(environment)
                        .options()
                        .pipelines()
                        .get("a")
                        .retry()
                        .maxAttempts())
                .isEqualTo(4);
    }

    @Test
    void aNameWithDotsStandsInBrackets() {
        assertThat(options("mainstay.pipelines:\n  \"[payment.v2]\":\n    timed: true", Map.of())
                        .pipelines())
                .containsOnlyKeys("payment.v2");
    }

    /** Spring Boot's rule: the empty value is found first, and nothing below it is looked at. */
    @Test
    void anEmptySectionOfAHigherSourceHidesThatOfALowerOne() {
        ConfigurableEnvironment environment =
                Yaml.environment("mainstay.pipelines.a: {timed: true, retry: {max-attempts: 2}}", Map.of());
        java.util.Properties higher = new java.util.Properties();
        higher.setProperty("mainstay.pipelines.a", "");
        higher.setProperty("mainstay.pipelines.a.retry", "");
        environment.getPropertySources().addFirst(new PropertiesPropertySource("higher", higher));

        PipelineOptions a =
                ConfigurationReader.read(environment).options().pipelines().get("a");

        assertThat(a).isNotNull();
    }

    private static PipelineOptions pipeline(String name, String yaml) {
        return options(yaml, Map.of()).pipelines().get(name);
    }

    private static MainstayOptions options(String yaml, Map<String, String> variables) {
        return ConfigurationReader.read(Yaml.environment(yaml, variables)).options();
    }
}
