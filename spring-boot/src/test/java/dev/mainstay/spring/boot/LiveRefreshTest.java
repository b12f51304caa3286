package dev.mainstay.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.PolicyEvent;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.event.EventLog;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.retry.Retry;
import dev.mainstay.spring.PolicyCatalog;
import dev.mainstay.spring.options.InvalidOptionException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;

/** What changes in the environment reaches the policies. */
class LiveRefreshTest {

    private static final String BEFORE = "mainstay.pipelines.a.circuit-breaker: {consecutive-failures: 1}";

    @Test
    void aPolicyKeepsStateMetersAndListeners() {
        Yaml.application(BEFORE)
                .withConfiguration(AutoConfigurations.of(MetricsAutoConfiguration.class))
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .run(context -> {
                    MeterRegistry registry = context.getBean(MeterRegistry.class);
                    CircuitBreaker breaker = breaker(context);
                    EventLog log = EventLog.ofLast(100);
                    breaker.subscribe(MainstayEvent.class, log);
                    assertThatThrownBy(() -> breaker.run(() -> {
                                throw new IllegalStateException("down");
                            }))
                            .hasMessage("down");

                    change(context, BEFORE.replace("}", ", failure-rate-threshold: 33}"));

                    assertThat(breaker(context)).isSameAs(breaker);
                    assertThat(breaker.config().failureRateThreshold()).isEqualTo(33);
                    assertThat(breaker.state()).isEqualTo(CircuitBreaker.State.OPEN);
                    assertThat(log.events(PolicyEvent.Reconfigured.class)).hasSize(1);
                    assertThat(registry.get("mainstay.breaker.calls")
                                    .tags("name", "a", "outcome", "failure")
                                    .functionCounter()
                                    .count())
                            .isEqualTo(1);
                });
    }

    @Test
    void aKeyThatIsGoneHasItsDefaultAgain() {
        Yaml.application("mainstay.retries.r: {max-attempts: 7, max-duration: 5s}")
                .run(context -> {
                    change(context, "mainstay.retries.r: {max-duration: 5s}");

                    assertThat(context.getBean(PolicyCatalog.class)
                                    .policy(Retry.class, "r", Map.of())
                                    .config()
                                    .maxAttempts())
                            .isEqualTo(3);
                });
    }

    @Test
    void aWrongChangeKeepsTheOldAndSaysSo() {
        Yaml.application(BEFORE).run(context -> {
            Yaml.configure(
                    context.getEnvironment(),
                    "mainstay.pipelines.a.circuit-breaker: {consecutive-failures: -1}",
                    Map.of());
            MainstayRefresh refresh = context.getBean(MainstayRefresh.class);

            assertThatThrownBy(refresh::refresh)
                    .isInstanceOf(InvalidOptionException.class)
                    .hasMessageStartingWith("circuit breaker 'a': consecutiveFailures is -1 but must be at least 0");
            try (LogOf log = new LogOf(MainstayRefresh.class)) {
                context.publishEvent(new EnvironmentChangeEvent());
                assertThat(log.messages())
                        .containsExactly(
                                "The change of configuration is not made, and all policies stay as they are: circuit"
                                        + " breaker 'a': consecutiveFailures is -1 but must be at least 0"
                                        + " (mainstay.pipelines.a.circuit-breaker.consecutive-failures)");
            }
            assertThat(breaker(context).config().consecutiveFailures()).isEqualTo(1);
        });
    }

    @Test
    void aWrongKeyKeepsTheOldAsWell() {
        Yaml.application(BEFORE).run(context -> {
            Yaml.configure(context.getEnvironment(), BEFORE + "\nmainstay.pipelines.a.rety: {}", Map.of());

            assertThatThrownBy(context.getBean(MainstayRefresh.class)::refresh)
                    .isInstanceOf(UnknownKeyException.class)
                    .hasMessageContaining("did you mean retry?");
        });
    }

    @Test
    void theSwitchIsLive() {
        Yaml.application("mainstay.pipelines.a.circuit-breaker.initial-state: forced-open")
                .run(context -> {
                    PolicyCatalog catalog = context.getBean(PolicyCatalog.class);

                    change(
                            context,
                            "mainstay.enabled: false\nmainstay.pipelines.a.circuit-breaker.initial-state: forced-open");

                    assertThat(catalog.isEnabled()).isFalse();
                    assertThat(catalog.pipeline("a").current().get(() -> "through"))
                            .isEqualTo("through");
                });
    }

    private static void change(AssertableApplicationContext context, String yaml) {
        Yaml.configure(context.getEnvironment(), yaml, Map.of());
        context.publishEvent(new EnvironmentChangeEvent());
    }

    private static CircuitBreaker breaker(AssertableApplicationContext context) {
        return context.getBean(PolicyCatalog.class).policy(CircuitBreaker.class, "a", Map.of());
    }
}
