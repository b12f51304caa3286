package dev.mainstay.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreakerOpenException;
import dev.mainstay.spring.BeanPolicyCatalog;
import dev.mainstay.spring.EnableMainstay;
import dev.mainstay.spring.PolicyCatalog;
import dev.mainstay.spring.annotation.Resilient;
import dev.mainstay.spring.options.ConfiguredPolicyCatalog;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Configuration;

/** Annotated methods and the pipelines of a file. */
class AnnotatedTest {

    static class Inventory {

        final AtomicInteger calls = new AtomicInteger();

        @Resilient("inventory")
        public int stockOf(String item) {
            if (calls.incrementAndGet() < 3) {
                throw new IllegalStateException("down");
            }
            return item.length();
        }

        @dev.mainstay.spring.annotation.CircuitBreaker("inventory")
        public void check() {}
    }

    @Test
    void aMethodHasThePipelineOfItsName() {
        Yaml.application("mainstay.pipelines.inventory: {retry: {backoff: none}, circuit-breaker: {}}")
                .withBean(Inventory.class)
                .run(context -> assertThat(context.getBean(Inventory.class).stockOf("sku"))
                        .isEqualTo(3));
    }

    @Test
    void aSingleAnnotationSharesThePolicyOfThatPipeline() {
        Yaml.application("mainstay.pipelines.inventory: {circuit-breaker: {}}")
                .withBean(Inventory.class)
                .run(context -> {
                    Inventory inventory = context.getBean(Inventory.class);
                    inventory.check();

                    context.getBean(PolicyCatalog.class)
                            .policy(CircuitBreaker.class, "inventory", Map.of())
                            .transitionToForcedOpenState();

                    assertThatThrownBy(inventory::check).isInstanceOf(CircuitBreakerOpenException.class);
                    assertThatThrownBy(() -> inventory.stockOf("sku")).isInstanceOf(CircuitBreakerOpenException.class);
                });
    }

    @Test
    void anUnknownPipelineStopsTheStart() {
        Yaml.application("mainstay.pipelines.other: {retry: {}}")
                .withBean(Inventory.class)
                .run(context -> assertThat(Yaml.report(Yaml.environment("", Map.of()), context.getStartupFailure())
                                .getDescription())
                        .isEqualTo("AnnotatedTest.Inventory.stockOf(String): there is no pipeline"
                                + " 'inventory'; there are"
                                + " [other]. Write one of these, or define a Pipeline bean with"
                                + " the name 'inventory'"));
    }

    @Test
    void oneSwitchTurnsAnnotationsOff() {
        Yaml.application("mainstay: {enabled: false, pipelines: {inventory: {retry: {}, circuit-breaker: {}}}}")
                .withBean(Inventory.class)
                .run(context -> assertThatThrownBy(
                                () -> context.getBean(Inventory.class).stockOf("sku"))
                        .hasMessage("down"));
    }

    @Test
    void keysForAnnotationsAreKnown() {
        Yaml.application("mainstay.annotations: {unadvised: fail, self-calls: warn, order: 5}")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void theAnnotationForPlainSpringDoesNoHarm() {
        Yaml.application("mainstay.pipelines.inventory: {retry: {backoff: none}, circuit-breaker: {}}")
                .withUserConfiguration(Plain.class)
                .withBean(Inventory.class)
                .run(context -> {
                    assertThat(context)
                            .hasSingleBean(ConfiguredPolicyCatalog.class)
                            .hasSingleBean(BeanPolicyCatalog.class);
                    assertThat(context.getBean(Inventory.class).stockOf("sku")).isEqualTo(3);
                });
    }

    @Configuration(proxyBeanMethods = false)
    @EnableMainstay
    static class Plain {}
}
