package dev.mainstay.spring;

import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Fallback;
import org.springframework.context.annotation.Role;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.ClassUtils;

/** The guard of methods with reactive results, where {@code mainstay-reactor} is on the class path. */
@Configuration(proxyBeanMethods = false)
@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
@Conditional(ReactorConfiguration.OnReactor.class)
class ReactorConfiguration {

    @Bean
    @Fallback
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static ReactiveGuard mainstayReactiveGuard() {
        return new ReactorGuard();
    }

    /** Whether the module is there. */
    static final class OnReactor implements Condition {

        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return ClassUtils.isPresent("dev.mainstay.reactor.Guarded", context.getClassLoader());
        }
    }
}
