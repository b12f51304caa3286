package dev.mainstay.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.ContextCarrier;
import dev.mainstay.Fallback;
import dev.mainstay.micrometer.MainstayMetrics;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryConfig;
import dev.mainstay.spring.PolicyCatalog;
import dev.mainstay.spring.options.ConfiguredPolicyCatalog;
import dev.mainstay.spring.options.PolicyCustomizer;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/** Beans, meters and context around the policies. */
class SurroundingsTest {

    private static final String BREAKER = "mainstay.pipelines.a: {circuit-breaker: {}}";

    @Test
    void beansByNameCustomizersAndTheClock() {
        Yaml.application("mainstay.pipelines.a: {fallback: nothing, retry: {max-attempts: 4}}")
                .withUserConfiguration(Beans.class)
                .run(context -> {
                    PolicyCatalog catalog = context.getBean(PolicyCatalog.class);
                    RetryConfig config =
                            catalog.policy(Retry.class, "a", Map.of()).config();

                    assertThat(catalog.fallback("a")).isSameAs(context.getBean("nothing"));
                    assertThat(config.maxAttempts()).isEqualTo(6);
                    assertThat(config.timeSource()).isSameAs(context.getBean(TimeSource.class));
                });
    }

    @Configuration(proxyBeanMethods = false)
    static class Beans {

        @Bean
        Fallback<String> nothing() {
            return Fallback.of("nothing");
        }

        @Bean
        VirtualTime time() {
            return VirtualTime.create();
        }

        @Bean
        @Order(2)
        PolicyCustomizer<RetryConfig.Builder> last() {
            return PolicyCustomizer.of(RetryConfig.Builder.class, "a", retry -> retry.maxAttempts(6));
        }

        @Bean
        @Order(1)
        PolicyCustomizer<RetryConfig.Builder> first() {
            return PolicyCustomizer.of(RetryConfig.Builder.class, "a", retry -> retry.maxAttempts(5));
        }
    }

    @Test
    void aCatalogOfYourOwnTakesThePlaceOfOurs() {
        Yaml.application(BREAKER)
                .withBean("mine", PolicyCatalog.class, Own::new)
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(PolicyCatalog.class)
                        .doesNotHaveBean(MainstayMetrics.class)
                        .doesNotHaveBean(MainstayRefresh.class));
    }

    private static final class Own implements PolicyCatalog {

        @Override
        public PipelineHandle pipeline(String name) {
            return null;
        }

        @Override
        public <P extends dev.mainstay.Policy> P policy(Class<P> kind, String name, Map<String, String> inline) {
            throw new IllegalArgumentException(name);
        }

        @Override
        public Set<String> pipelineNames() {
            return Set.of();
        }
    }

    @Test
    void nothingHereMakesTheRegistry() {
        AtomicInteger made = new AtomicInteger();
        Yaml.application(BREAKER)
                .withBean(
                        MeterRegistry.class,
                        () -> {
                            made.incrementAndGet();
                            return new SimpleMeterRegistry();
                        },
                        definition -> definition.setLazyInit(true))
                .run(context -> {
                    context.getBean(MainstayMetrics.class);
                    context.getBean(PolicyCatalog.class);

                    assertThat(made).hasValue(0);
                });
    }

    @Test
    void withoutMicrometerThereAreNone() {
        Yaml.application(BREAKER)
                .withClassLoader(new FilteredClassLoader("io.micrometer", "dev.mainstay.micrometer"))
                .run(context -> assertThat(context).hasNotFailed().hasBean("mainstayContextCarrier"));
    }

    @Test
    void metersMayBeOff() {
        Yaml.application(BREAKER + "\nmainstay.metrics.enabled: false")
                .run(context -> assertThat(context).doesNotHaveBean(MainstayMetrics.class));
    }

    /** The same meter in both is that of the first; tags tell them apart, and each takes its own away. */
    @Test
    void twoContextsOnOneRegistry() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry() {
            @Override
            public void close() {
                // Spring Boot would close it with the first of the contexts.
            }
        };
        metered(registry, "").run(first -> {
            metered(registry, "").run(same -> assertThat(breakers(registry)).isEqualTo(1));
            assertThat(breakers(registry)).isEqualTo(1);
            metered(registry, "\nmainstay.metrics.tags.context: second")
                    .run(other -> assertThat(breakers(registry)).isEqualTo(2));
            assertThat(breakers(registry)).isEqualTo(1);
        });
        assertThat(breakers(registry)).isZero();
    }

    private static ApplicationContextRunner metered(MeterRegistry registry, String more) {
        return Yaml.application(BREAKER + more)
                .withConfiguration(AutoConfigurations.of(MetricsAutoConfiguration.class))
                .withBean(MeterRegistry.class, () -> registry);
    }

    private static int breakers(MeterRegistry registry) {
        return registry.find("mainstay.breaker.failure.rate").gauges().size();
    }

    @Test
    void theMdcGoesAlong() {
        Yaml.application("mainstay.pipelines.a: {thread-pool: {max-threads: 1}}")
                .run(context -> {
                    MDC.put("user", "ann");
                    try {
                        Thread[] thread = new Thread[1];
                        String user = context.getBean(PolicyCatalog.class)
                                .pipeline("a")
                                .current()
                                .get(() -> {
                                    thread[0] = Thread.currentThread();
                                    return MDC.get("user");
                                });

                        assertThat(thread[0]).isNotSameAs(Thread.currentThread());
                        assertThat(user).isEqualTo("ann");
                    } finally {
                        MDC.clear();
                    }
                });
    }

    @Test
    void nothingGoesAlongIfThatIsOff() {
        Yaml.application("mainstay: {context-propagation: false, pipelines: {a: {thread-pool: {max-threads: 1}}}}")
                .run(context -> {
                    assertThat(context.getBean(PolicyCatalog.class).contextCarrier())
                            .isSameAs(ContextCarrier.none());
                });
    }

    @Test
    void aCarrierOfYourOwnByItsName() {
        ContextCarrier mine = () -> () -> () -> {};
        Yaml.application(BREAKER)
                .withBean("mainstayContextCarrier", ContextCarrier.class, () -> mine)
                .run(context -> assertThat(context.getBean(PolicyCatalog.class).contextCarrier())
                        .isSameAs(mine));
    }

    @Test
    void itIsClosedWithTheContext() {
        ConfiguredPolicyCatalog[] catalog = new ConfiguredPolicyCatalog[1];
        Yaml.application("mainstay.thread-pools.p: {max-threads: 1}")
                .run(context -> catalog[0] = context.getBean(ConfiguredPolicyCatalog.class));

        org.assertj.core.api.Assertions.assertThatThrownBy(() -> catalog[0]
                        .policy(dev.mainstay.bulkhead.ThreadPoolBulkhead.class, "p", Map.of())
                        .run(() -> {}))
                .isInstanceOf(dev.mainstay.outcome.CallRejectedException.class);
    }
}
