package dev.mainstay.spring;

import org.springframework.aop.framework.AopProxyUtils;

/** The beans behind their proxies. */
final class Targets {

    private Targets() {}

    @SuppressWarnings("unchecked")
    static <T> T of(T proxy) {
        Object target = AopProxyUtils.getSingletonTarget(proxy);
        return target == null ? proxy : (T) target;
    }
}
