package dev.mainstay.spring;

import org.springframework.aop.config.AopConfigUtils;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Role;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;

/**
 * The beans that guard annotated methods, for configurations that bring a {@link PolicyCatalog} themselves. {@link
 * EnableMainstay} is for all others.
 */
@Configuration(proxyBeanMethods = false)
@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
@Import({AnnotationConfiguration.ProxyCreator.class, ReactorConfiguration.class})
public class AnnotationConfiguration {

    /** For Spring. */
    public AnnotationConfiguration() {}

    @Bean
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static DefaultPointcutAdvisor mainstayGuardAdvisor(
            ObjectProvider<GuardedMethods> methods, Environment environment) {
        // It is made before all beans that it may advise, and so must need none of them.
        DefaultPointcutAdvisor advisor =
                new DefaultPointcutAdvisor(new GuardedClasses(), new GuardInterceptor(methods));
        advisor.setOrder(AnnotationSettings.of(environment).order());
        return advisor;
    }

    @Bean
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static GuardedMethods mainstayGuardedMethods(
            ConfigurableListableBeanFactory beans,
            ObjectProvider<PolicyCatalog> catalog,
            ObjectProvider<ReactiveGuard> reactiveGuard) {
        return new GuardedMethods(beans, new GuardedClasses(), catalog, reactiveGuard);
    }

    @Bean
    @Lazy(false)
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static AnnotationCheck mainstayAnnotationCheck(
            ConfigurableListableBeanFactory beans, GuardedMethods methods, Environment environment) {
        return new AnnotationCheck(beans, new GuardedClasses(), methods, AnnotationSettings.of(environment));
    }

    /** Sees to it that there is something that makes proxies. */
    static final class ProxyCreator implements ImportBeanDefinitionRegistrar {

        @Override
        public void registerBeanDefinitions(AnnotationMetadata importing, BeanDefinitionRegistry registry) {
            AopConfigUtils.registerAutoProxyCreatorIfNecessary(registry);
        }
    }
}
