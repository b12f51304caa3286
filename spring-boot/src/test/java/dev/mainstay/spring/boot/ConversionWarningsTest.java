package dev.mainstay.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names and values that are not what was written. */
class ConversionWarningsTest {

    @ParameterizedTest
    @CsvSource({"on, true", "off, false", "yes, true", "007, 7", "1:30, 90", "~, null"})
    void namesThatYamlReadsAsSomethingElse(String written, String read) {
        assertThat(warningsOf("mainstay:\n  pipelines:\n    " + written + ":\n      timed: true\n"))
                .containsExactly("mainstay.pipelines has the name '" + read
                        + "'. YAML reads on, yes and the like as true or false, ~ as null, 007 as 7 and 1:30 as"
                        + " 90: put a"
                        + " name in quotes if it is none of these");
    }

    @ParameterizedTest
    @CsvSource({"order/service, orderservice", "Größe, Gre"})
    void namesThatLoseCharacters(String written, String read) {
        assertThat(warningsOf("mainstay:\n  retries:\n    " + written + ":\n      max-attempts: 2\n"))
                .containsExactly("mainstay.retries has the name '" + written + "', which counts as '" + read
                        + "': only the letters a to z, digits, dashes and underscores are kept. Write \"[" + written
                        + "]\" to keep it as it is");
    }

    @Test
    void namesThatVariablesCannotTellApart() {
        assertThat(warningsOf("""
                        mainstay.pipelines:
                          order-service: {timed: true}
                          orderService: {timed: true}
                        """))
                .containsExactly("mainstay.pipelines has the names [order-service, orderService], which environment"
                        + " variables cannot tell apart: are they meant to be one?");
    }

    @ParameterizedTest
    @CsvSource({"010, 8", "1:30, 90"})
    void numbersThatYamlReadsAsOthers(String written, String read) {
        assertThat(warningsOf("mainstay.pipelines.a.retry.max-attempts: " + written + " # so\n"))
                .containsExactly(
                        "'mainstay.pipelines.a.retry.max-attempts' at Byte array resource [application.yaml] - 1:42"
                                + " is written as " + written + ", which YAML reads as " + read
                                + ": put it in quotes, or write the number in full");
    }

    @Test
    void durationsWithoutAUnit() {
        assertThat(warningsOf("mainstay.pipelines.a.retry.max-duration: 10\n"))
                .containsExactly(
                        "'mainstay.pipelines.a.retry.max-duration' at Byte array resource [application.yaml] - 1:42"
                                + " is 10, a duration without a unit, which counts as 10 ms: write 10ms");
    }

    @Test
    void namesOfBeansThatAreTruthValues() {
        assertThat(warningsOf("mainstay.pipelines.a.retry.classifier: off\nmainstay.enabled: false\n"))
                .filteredOn(warning -> warning.contains("classifier"))
                .containsExactly(
                        "'mainstay.pipelines.a.retry.classifier' at Byte array resource [application.yaml] - 1:40 is"
                                + " false. YAML reads on, off, yes and no as true and false: put it in quotes if"
                                + " another name was"
                                + " meant");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mainstay.pipelines.a.retry.max-attempts: 10",
                "mainstay.pipelines.a.retry.max-attempts: 1_0",
                "mainstay.pipelines.a.circuit-breaker.failure-rate-threshold: 33.50",
                "mainstay.pipelines.a.retry.max-duration: 10s",
                "mainstay.pipelines.a.timed: yes",
                "mainstay.pipelines: {order-service: {timed: true}, \"[payment.v2]\": {timed: true}}"
            })
    void whatIsReadAsItIsWritten(String yaml) {
        assertThat(warningsOf(yaml)).isEmpty();
    }

    private static java.util.List<String> warningsOf(String yaml) {
        try (LogOf log = new LogOf(ConfigurationReader.class)) {
            ConfigurationReader.warn(Yaml.environment(yaml, java.util.Map.of()));
            return log.messages();
        }
    }
}
