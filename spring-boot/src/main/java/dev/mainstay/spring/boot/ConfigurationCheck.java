package dev.mainstay.spring.boot;

import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.env.Environment;

/**
 * Reads the configuration before any bean is made: what is wrong with it is then told by itself, and not as the cause
 * of the cause of a bean that could not be made.
 */
final class ConfigurationCheck implements BeanFactoryPostProcessor {

    private final Environment environment;

    ConfigurationCheck(Environment environment) {
        this.environment = environment;
    }

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
        ConfigurationReader.read(environment);
        ConfigurationReader.warn(environment);
    }
}
