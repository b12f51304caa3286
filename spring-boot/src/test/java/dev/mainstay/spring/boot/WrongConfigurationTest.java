package dev.mainstay.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.PropertiesPropertySource;
import org.springframework.core.env.StandardEnvironment;

/** What is wrong stops the start, and the report names file, line, option and what is allowed. */
@ExtendWith(OutputCaptureExtension.class)
class WrongConfigurationTest {

    private static final String FILE = " at Byte array resource [application.yaml] - ";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            pipelines.a.retry.max-attemps: 3 | 'mainstay.pipelines.a.retry.max-attemps'@1:41 has 'max-attemps', which \
            is no option: did you mean max-attempts?; allowed there are enabled, max-attempts,
            pipelines.a.retrys.max-attempts: 3 | 'mainstay.pipelines.a.retrys.max-attempts'@1:43 has 'retrys', which \
            is no option: did you mean retry?; allowed there are base, order,
            pipeline.a.timed: true | 'mainstay.pipeline.a.timed'@1:28 has 'pipeline', which is no option: did you \
            mean pipelines?; allowed there are enabled, context-propagation, annotations, metrics, defaults, configs, \
            pipelines,
            pipelines.payment.v2.timed: true | 'mainstay.pipelines.payment.v2.timed'@1:38 has 'v2', which is no \
            option; allowed there are base,
            pipelines.a.retry.max-attempts.now: 3 | 'mainstay.pipelines.a.retry.max-attempts.now'@1:46 has 'now' \
            below an option that has no parts.
            pipelines.a.retry.max-attempts: many | 'mainstay.pipelines.a.retry.max-attempts'@1:42 is 'many' but must \
            be a whole number.
            pipelines.a.retry.max-duration: 1.5s | 'mainstay.pipelines.a.retry.max-duration'@1:42 is '1.5s' but must \
            be a duration such as 500ms, 10s, 2m or PT10S.
            pipelines.a.retry.max-duration: off | 'mainstay.pipelines.a.retry.max-duration'@1:42 is 'false' but must \
            be a duration such as 500ms, 10s, 2m or PT10S.
            pipelines.a.retry.backoff: soon | 'mainstay.pipelines.a.retry.backoff'@1:37 is 'soon' but must be a \
            duration, none, or parts such as initial and max.
            pipelines.a.retry: 3 | 'mainstay.pipelines.a.retry'@1:29 is '3' but must be left empty, with its options \
            below it.
            pipelines.a: true | 'mainstay.pipelines.a'@1:23 is 'true' but must be left empty, with its options below it.
            pipelines.a.circuit-breaker.initial-state: off | \
            'mainstay.pipelines.a.circuit-breaker.initial-state'@1:53 is 'false' but must be one of closed, open, \
            half-open, disabled, forced-open, metrics-only. YAML reads on, off, yes and no as true and false: put the \
            value in quotes.
            pipelines.a.circuit-breaker.failure-rate-threshold: 0.5 | circuit breaker 'a': failureRateThreshold is \
            0.5 but must be a percentage of 1 or more: write 50.0 for a share of 0.5 \
            (mainstay.pipelines.a.circuit-breaker.failure-rate-threshold). It is written@1:62.
            pipelines.a.retry.max-duration: -1s | retry 'a': maxDuration is PT-1S but must be a duration above zero \
            (mainstay.pipelines.a.retry.max-duration). It is written@1:42.
            defaults.retry.max-attempts: 0 | retry 'r': maxAttempts is 0 but must be at least 1
            pipelines.a.retry.classifier: mine | retry 'a': classifier is mine but must be the name of a bean of type \
            Classifier, of which there is none (mainstay.pipelines.a.retry.classifier). It is written@1:40.
            pipelines.a.fallback: mine | pipeline 'a': fallback is mine but must be the name of a bean of type \
            Fallback, of which there is none (mainstay.pipelines.a.fallback). It is written@1:32.
            pipelines.a.base: low | mainstay.pipelines.a.base is 'low' but must be one of mainstay.configs, of which \
            there is none. It is written@1:28.
            pipelines.a.order: [retry, retry] | mainstay.pipelines.a.order has 'retry' twice. It is written@1:30.
            """)
    void inAFile(String line, String report) {
        String yaml = "mainstay." + line + "\nmainstay.retries.r: {}\n";

        assertThat(reportOf(yaml, Map.of()).getDescription()).startsWith(report.replace("@", FILE));
    }

    @Test
    void theLineOfABaseOrOfTheDefaultsIsFound() {
        assertThat(reportOf("""
                                mainstay.configs.slow.circuit-breaker.minimum-number-of-calls: 50
                                mainstay.pipelines.a.base: slow
                                mainstay.pipelines.a.circuit-breaker.sliding-window-size: 10
                                """, Map.of()).getDescription())
                .isEqualTo(
                        "circuit breaker 'a': minimumNumberOfCalls is 50 but must be at most 10, since the window never"
                                + " holds more (mainstay.pipelines.a.circuit-breaker.minimum-number-of-calls). It"
                                + " is written"
                                + FILE + "1:64.");
        assertThat(reportOf("mainstay.defaults.retry.max-attempts: 0\nmainstay.retries.r: {}", Map.of())
                        .getDescription())
                .endsWith("It is written" + FILE + "1:39.");
    }

    @Test
    void allWrongKeysAreToldAtOnce() {
        assertThat(reportOf("mainstay.pipelines.a: {timd: true, ordr: retry}", Map.of())
                        .getDescription())
                .contains("did you mean timed?")
                .contains("did you mean order?");
    }

    @Test
    void inAnEnvironmentVariable() {
        assertThat(reportOf("", Map.of("MAINSTAY_PIPELINES_A_CIRCUITBREAKER_FAILURERATETRESHOLD", "33"))
                        .getDescription())
                .isEqualTo("Environment variable 'MAINSTAY_PIPELINES_A_CIRCUITBREAKER_FAILURERATETRESHOLD' sets no"
                        + " option of"
                        + " Mainstay: did you mean"
                        + " MAINSTAY_PIPELINES_A_CIRCUITBREAKER_FAILURERATETHRESHOLD? Take the key"
                        + " that a file would have, leave out its dashes, also in names, and write its dots as"
                        + " underscores: MAINSTAY_PIPELINES_ORDERSERVICE_RETRY_MAXATTEMPTS.");
        assertThat(reportOf("", Map.of("MAINSTAY_PIPELINES_A_RETRY_MAXATTEMPTS", "x"))
                        .getDescription())
                .isEqualTo(
                        "'mainstay.pipelines.a.retry.max-attempts' at \"MAINSTAY_PIPELINES_A_RETRY_MAXATTEMPTS\" from"
                                + " property source \"systemEnvironment\" is 'x' but must be a whole number.");
    }

    @Test
    void aVariableThatReachesOnlyHalfOfAName() {
        assertThat(reportOf(
                                "mainstay.pipelines.order-service.timed: true",
                                Map.of("MAINSTAY_PIPELINES_ORDER_SERVICE_RETRY_MAXATTEMPTS", "7"))
                        .getDescription())
                .startsWith(
                        "Environment variable 'MAINSTAY_PIPELINES_ORDER_SERVICE_RETRY_MAXATTEMPTS' sets no option of"
                                + " Mainstay");
    }

    @Test
    void aVariableForANameWithDots() {
        assertThat(reportOf(
                                "mainstay.pipelines:\n  \"[payment.v2]\":\n    timed: true",
                                Map.of("MAINSTAY_PIPELINES_PAYMENTV2_RETRY_MAXATTEMPTS", "7"))
                        .getDescription())
                .isEqualTo(
                        "Environment variables cannot name 'payment.v2' of mainstay.pipelines, only a name of letters,"
                                + " digits and dashes: set its options by a file, a system property or"
                                + " SPRING_APPLICATION_JSON.");
    }

    @Test
    void aVariableForOneElementOfAList() {
        assertThat(reportOf(
                                "mainstay.pipelines.a.retry.retry-exceptions: [a.A, b.B]",
                                Map.of("MAINSTAY_PIPELINES_A_RETRY_RETRYEXCEPTIONS_1", "x.X"))
                        .getDescription())
                .isEqualTo("'mainstay.pipelines.a.retry.retryexceptions[1]' at"
                        + " \"MAINSTAY_PIPELINES_A_RETRY_RETRYEXCEPTIONS_1\" from property source"
                        + " \"systemEnvironment\" sets"
                        + " a part of a list whose beginning is elsewhere. One source replaces a list as a whole:"
                        + " give all"
                        + " of its elements there, from 0 on, or in one value with commas between them.");
    }

    /** What runs containers sets variables from the names of services, and one may be called mainstay. */
    @Test
    void aVariableThatIsNotMeantForUsIsOnlyWarnedOf() {
        try (LogOf log = new LogOf(ConfigurationReader.class)) {
            Yaml.application("", Map.of("MAINSTAY_SERVICE_HOST", "10.0.0.1"))
                    .run(context -> assertThat(context).hasNotFailed());

            assertThat(log.messages())
                    .anyMatch(line -> line.startsWith("Environment variable 'MAINSTAY_SERVICE_HOST' sets no option"));
        }
    }

    @Test
    void inASystemProperty() {
        ConfigurableEnvironment environment = Yaml.environment("", Map.of());
        Properties properties = new Properties();
        properties.setProperty("mainstay.pipelines.a.retry.max-attemps", "3");
        environment
                .getPropertySources()
                .replace(
                        StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME,
                        new PropertiesPropertySource(
                                StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME, properties));

        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> ConfigurationReader.read(environment)))
                .isInstanceOf(UnknownKeyException.class)
                .hasMessageStartingWith("'mainstay.pipelines.a.retry.max-attemps' at"
                        + " \"mainstay.pipelines.a.retry.max-attemps\" from property source \"systemProperties\" has"
                        + " 'max-attemps', which is no option: did you mean max-attempts?");
    }

    @Test
    void itStopsTheStartEvenIfBeansAreLazy() {
        Yaml.application("mainstay.pipelines.a.retry.max-attempts: 0\nspring.main.lazy-initialization: true")
                .withBean(org.springframework.boot.LazyInitializationBeanFactoryPostProcessor.class)
                .run(context -> assertThat(context).hasFailed());
    }

    /** All of it: the factories file, the environment of analyzers, and what is printed. */
    @Test
    void theReportOfAnApplication(CapturedOutput output) {
        SpringApplication application = new SpringApplication(App.class);
        application.setDefaultProperties(Map.of("mainstay.pipelines.a.retry.max-attempts", "0"));

        org.assertj.core.api.Assertions.assertThatThrownBy(() -> application.run())
                .isNotNull();

        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains("retry 'a': maxAttempts is 0 but must be at least 1"
                        + " (mainstay.pipelines.a.retry.max-attempts). It"
                        + " is written at \"mainstay.pipelines.a.retry.max-attempts\" from property source")
                .contains("Action:");
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class App {}

    private static FailureAnalysis reportOf(String yaml, Map<String, String> variables) {
        FailureAnalysis[] report = new FailureAnalysis[1];
        Yaml.application(yaml, variables).run(context -> {
            assertThat(context).hasFailed();
            report[0] = Yaml.report(Yaml.environment(yaml, variables), context.getStartupFailure());
        });
        return report[0];
    }
}
