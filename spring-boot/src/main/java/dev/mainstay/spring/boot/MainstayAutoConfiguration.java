package dev.mainstay.spring.boot;

import dev.mainstay.ContextCarrier;
import dev.mainstay.micrometer.ContextPropagation;
import dev.mainstay.spring.AnnotationConfiguration;
import dev.mainstay.spring.PolicyCatalog;
import dev.mainstay.spring.options.ConfiguredPolicyCatalog;
import dev.mainstay.spring.options.NamedBeans;
import dev.mainstay.spring.options.PolicyCustomizer;
import dev.mainstay.time.TimeSource;
import io.micrometer.context.ContextRegistry;
import java.util.ArrayList;
import java.util.List;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Role;
import org.springframework.core.env.Environment;

/**
 * Makes the {@link PolicyCatalog} of what is configured below {@code mainstay}, and puts it around annotated methods. A
 * catalog of your own takes its place.
 */
@AutoConfiguration
@EnableConfigurationProperties(MainstayProperties.class)
@Import(AnnotationConfiguration.class)
public final class MainstayAutoConfiguration {

    /** The name of the bean that carries context along, which yours may have. */
    static final String CARRIER = "mainstayContextCarrier";

    /** What {@code @EnableMainstay} brings as a fallback: somebody may have that on a class, too. */
    private static final String BEAN_CATALOG = "dev.mainstay.spring.BeanPolicyCatalog";

    @Bean
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static ConfigurationCheck mainstayConfigurationCheck(Environment environment) {
        return new ConfigurationCheck(environment);
    }

    /** Not lazy even where all beans are: what is wrong stops the start. */
    @Bean
    @Lazy(false)
    @ConditionalOnMissingBean(value = PolicyCatalog.class, ignoredType = BEAN_CATALOG)
    ConfiguredPolicyCatalog mainstayConfiguredPolicyCatalog(
            Environment environment,
            ListableBeanFactory beans,
            ObjectProvider<PolicyCustomizer<?>> customizers,
            ObjectProvider<TimeSource> timeSource,
            @Qualifier(CARRIER) ObjectProvider<ContextCarrier> carrier) {
        List<PolicyCustomizer<?>> inOrder = new ArrayList<>();
        customizers.orderedStream().forEach(inOrder::add);
        ConfiguredPolicyCatalog.Builder builder = ConfiguredPolicyCatalog.builder(
                        ConfigurationReader.read(environment).options())
                .beans(NamedBeans.of(beans))
                .customizers(inOrder);
        timeSource.ifUnique(builder::timeSource);
        carrier.ifAvailable(builder::contextCarrier);
        return builder.build();
    }

    @Bean
    @ConditionalOnBean(ConfiguredPolicyCatalog.class)
    @ConditionalOnMissingBean
    MainstayRefresh mainstayRefresh(ConfiguredPolicyCatalog catalog, Environment environment) {
        return new MainstayRefresh(catalog, environment);
    }

    /** The MDC alone, where nothing else is there: configurations within this one come first. */
    @Bean(CARRIER)
    @ConditionalOnMissingBean(name = CARRIER)
    @ConditionalOnProperty(name = "mainstay.context-propagation", matchIfMissing = true)
    ContextCarrier mainstayMdcCarrier() {
        return new MdcCarrier();
    }

    /** MDC, and what Micrometer's context propagation knows: the trace, and whatever else has an accessor. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({ContextRegistry.class, ContextPropagation.class})
    @ConditionalOnProperty(name = "mainstay.context-propagation", matchIfMissing = true)
    static final class WithContextPropagation {

        @Bean(CARRIER)
        @ConditionalOnMissingBean(name = CARRIER)
        ContextCarrier mainstayContextCarrier() {
            return new MdcCarrier().and(ContextPropagation.carrier());
        }
    }
}
