package dev.mainstay.spring;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.config.AopConfigUtils;
import org.springframework.aop.framework.Advised;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.framework.ProxyConfig;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.util.ClassUtils;

/** How a bean is proxied, or will be, and what of it a proxy cannot reach. */
final class Proxying {

    private final ConfigurableListableBeanFactory beans;
    private final Class<?> type;

    /** The bean as others see it, if it has been made; of what a factory bean makes, nothing is known. */
    private final @Nullable Object made;

    private final boolean byInterface;

    Proxying(ConfigurableListableBeanFactory beans, String bean, Class<?> type) {
        this.beans = beans;
        this.type = type;
        Object singleton = beans.containsSingleton(bean) ? beans.getSingleton(bean) : null;
        this.made = singleton instanceof FactoryBean ? null : singleton;
        boolean proxied = made != null && AopUtils.isAopProxy(made);
        this.byInterface = proxied ? AopUtils.isJdkDynamicProxy(made) : willBeByInterface(bean);
    }

    private boolean willBeByInterface(String bean) {
        if (type.isInterface() || java.lang.reflect.Proxy.isProxyClass(type)) {
            return true;
        }
        if (ClassUtils.getAllInterfacesForClass(type).length == 0) {
            return false;
        }
        return !(AutoProxyUtils.shouldProxyTargetClass(beans, bean)
                || (beans.containsBean(AopConfigUtils.AUTO_PROXY_CREATOR_BEAN_NAME)
                        && beans.getBean(AopConfigUtils.AUTO_PROXY_CREATOR_BEAN_NAME) instanceof ProxyConfig creator
                        && creator.isProxyTargetClass()));
    }

    /** Why a proxy does not see the calls of a method; null if it does. */
    @Nullable
    String obstacle(Method method) {
        int modifiers = method.getModifiers();
        if (Modifier.isStatic(modifiers)) {
            return "it is static. Make it a method of the bean";
        }
        if (Modifier.isPrivate(modifiers)) {
            return "it is private, and so only called by the bean itself. Move it to a bean of its own";
        }
        if (byInterface) {
            return isInInterface(method)
                    ? null
                    : "the bean is seen through its interfaces, which do not have it. Add it to one, or proxy classes"
                            + " (proxyTargetClass = true)";
        }
        if (Modifier.isFinal(modifiers)) {
            return "it is final. Take final away (Kotlin: open, or the compiler's plugin for Spring)";
        }
        if (Modifier.isFinal(type.getModifiers())) {
            return "its class is final. Take final away (Kotlin: open, or the compiler's plugin for Spring)";
        }
        return null;
    }

    private boolean isInInterface(Method method) {
        return method.getDeclaringClass().isInterface()
                || Arrays.stream(ClassUtils.getAllInterfacesForClass(type))
                        .anyMatch(each -> ClassUtils.hasMethod(each, method.getName(), method.getParameterTypes())
                                || hasGeneric(each, method));
    }

    /** Whether the interface declares the method with type variables, which the class has replaced. */
    private static boolean hasGeneric(Class<?> face, Method method) {
        return Arrays.stream(face.getMethods())
                .anyMatch(each -> AopUtils.getMostSpecificMethod(each, method.getDeclaringClass())
                        .equals(method));
    }

    /** Whether the bean has been made, and no interceptor of ours is around it. */
    boolean isUnadvised() {
        if (made == null) {
            return false;
        }
        Object layer = made;
        while (layer != null && AopUtils.isAopProxy(layer)) {
            if (!(layer instanceof Advised advised)
                    || Arrays.stream(advised.getAdvisors())
                            .anyMatch(advisor -> advisor.getAdvice() instanceof GuardInterceptor)) {
                return false;
            }
            layer = AopProxyUtils.getSingletonTarget(layer);
        }
        return true;
    }
}
