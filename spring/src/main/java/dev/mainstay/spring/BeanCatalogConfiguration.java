package dev.mainstay.spring;

import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Fallback;
import org.springframework.context.annotation.Role;

/** The catalog that holds unless an application has one of its own. */
@Configuration(proxyBeanMethods = false)
@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
class BeanCatalogConfiguration {

    @Bean
    @Fallback
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static BeanPolicyCatalog mainstayPolicyCatalog(ConfigurableListableBeanFactory beans) {
        return new BeanPolicyCatalog(beans, beans.getBeanClassLoader());
    }
}
