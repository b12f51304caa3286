package dev.mainstay.spring.boot;

import dev.mainstay.micrometer.MainstayMetrics;
import dev.mainstay.micrometer.MeterNaming;
import dev.mainstay.spring.boot.MainstayProperties.Metrics;
import dev.mainstay.spring.options.ConfiguredPolicyCatalog;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;

/**
 * Meters of all policies, as a {@code MeterBinder}: Spring Boot binds it to the meter registries when those are made,
 * and nothing here asks for one before.
 */
@AutoConfiguration(after = MainstayAutoConfiguration.class)
@ConditionalOnClass({MeterRegistry.class, MainstayMetrics.class})
public final class MainstayMetricsAutoConfiguration {

    @Bean
    @ConditionalOnBean(ConfiguredPolicyCatalog.class)
    @ConditionalOnMissingBean
    @ConditionalOnProperty(name = "mainstay.metrics.enabled", matchIfMissing = true)
    MainstayMetrics mainstayMetrics(
            ConfiguredPolicyCatalog catalog, MainstayProperties properties, ObjectProvider<MeterNaming> naming) {
        MainstayMetrics.Builder builder = MainstayMetrics.builder(catalog);
        naming.ifUnique(builder::naming);
        Metrics metrics = properties.metrics();
        if (metrics != null) {
            Map<String, String> tags = metrics.tags() == null ? Map.of() : metrics.tags();
            tags.forEach(builder::tags);
            List<Double> percentiles = metrics.percentiles() == null ? List.of() : metrics.percentiles();
            builder.percentiles(
                    percentiles.stream().mapToDouble(Double::doubleValue).toArray());
            builder.histogram(Boolean.TRUE.equals(metrics.histogram()));
        }
        return builder.build();
    }
}
