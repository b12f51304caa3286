package dev.mainstay.spring;

import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;

/**
 * Puts calls of annotated methods through what guards them. It is made before all other beans are, and so asks for the
 * rest at its first call.
 */
final class GuardInterceptor implements MethodInterceptor {

    private final ObjectProvider<GuardedMethods> provider;
    private volatile @Nullable GuardedMethods methods;

    GuardInterceptor(ObjectProvider<GuardedMethods> methods) {
        this.provider = methods;
    }

    @Override
    public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
        GuardedMethods known = methods;
        if (known == null) {
            known = provider.getObject();
            methods = known;
        }
        return known.isEnabled() ? known.of(invocation).invoke(invocation) : invocation.proceed();
    }
}
