package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.ratelimit.RateLimitExceededException;
import dev.mainstay.spring.annotation.CircuitBreaker;
import dev.mainstay.spring.annotation.RateLimiter;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.springframework.aop.framework.Advised;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Scope;
import org.springframework.context.annotation.ScopedProxyMode;

/** Prototypes, lazy beans, clients that a factory makes, parents and children of contexts. */
class BeansOfManyKindsTest {

    static class Limited {

        @RateLimiter(name = "limited", limitForPeriod = "1", limitRefreshPeriod = "1h")
        public String call() {
            return "done";
        }
    }

    static class Prototypes {

        @Bean
        @Scope("prototype")
        static Limited limited() {
            return new Limited();
        }
    }

    @Test
    void prototypesShareWhatGuardsThem() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Prototypes.class)) {
            context.getBean(Limited.class).call();

            assertThatThrownBy(context.getBean(Limited.class)::call).isInstanceOf(RateLimitExceededException.class);
        }
    }

    static class Scoped {

        @Bean
        @Scope(value = "prototype", proxyMode = ScopedProxyMode.TARGET_CLASS)
        static Limited limited() {
            return new Limited();
        }
    }

    @Test
    void aBeanBehindAScopedProxyIsGuardedOnce() {
        try (LogOf log = new LogOf(AnnotationCheck.class);
                AnnotationConfigApplicationContext context = Contexts.start(Scoped.class)) {
            Limited limited = context.getBean(Limited.class);

            assertThat(limited.call()).isEqualTo("done");
            assertThatThrownBy(limited::call).isInstanceOf(RateLimitExceededException.class);
            assertThat(log.lines()).isEmpty();
        }
    }

    static class Broken {

        @CircuitBreaker(name = "x", fallback = "nothing")
        public String call() {
            return "";
        }
    }

    static class LazyBeans {

        static final AtomicBoolean MADE = new AtomicBoolean();

        @Bean
        @Lazy
        static Broken broken() {
            MADE.set(true);
            return new Broken();
        }
    }

    @Test
    void aLazyBeanIsLookedAtBeforeItIsMade() {
        assertThat(Contexts.whyNot(LazyBeans.class)).contains("its fallback 'nothing' is not there");
        assertThat(LazyBeans.MADE).isFalse();
    }

    interface Base {

        @CircuitBreaker
        String ping();
    }

    /** What an HTTP client's factory makes of an interface. */
    interface Remote extends Base {

        @CircuitBreaker(name = "remote", fallback = "offline")
        String get(String path);

        default String offline(String path, Exception failure) {
            return "offline: " + path;
        }
    }

    static class RemoteFactory implements FactoryBean<Remote> {

        @Override
        public Remote getObject() {
            return (Remote) Proxy.newProxyInstance(
                    getClass().getClassLoader(),
                    new Class<?>[] {Remote.class},
                    (proxy, method, arguments) -> method.isDefault()
                            ? java.lang.reflect.InvocationHandler.invokeDefault(proxy, method, arguments)
                            : fail());
        }

        private static Object fail() {
            throw new IllegalStateException("down");
        }

        @Override
        public Class<?> getObjectType() {
            return Remote.class;
        }
    }

    @Test
    void aDeclarativeClientIsGuardedAndItsDefaultMethodIsAFallback() {
        try (AnnotationConfigApplicationContext context = Contexts.start(RemoteFactory.class)) {
            assertThat(context.getBean(Remote.class).get("/stock")).isEqualTo("offline: /stock");
        }
    }

    @Test
    void aDeclarativeClientIsKnownByItsInterface() {
        try (LogOf log = new LogOf(GuardedMethods.class);
                AnnotationConfigApplicationContext context = Contexts.start(RemoteFactory.class)) {
            Remote remote = context.getBean(Remote.class);

            assertThatThrownBy(remote::ping).hasMessage("down");

            assertThat(calls(context, "BeansOfManyKindsTest.Remote.ping")).isEqualTo(1);
            assertThat(log.lines()).hasSize(2);
        }
    }

    interface Shop {

        String sell();
    }

    static class First implements Shop {

        @CircuitBreaker("first")
        @Override
        public String sell() {
            return "first";
        }
    }

    static class Second implements Shop {

        @CircuitBreaker("second")
        @Override
        public String sell() {
            return "second";
        }
    }

    @Test
    void twoBeansBehindOneInterfaceAreToldApart() {
        try (AnnotationConfigApplicationContext context = Contexts.start(First.class, Second.class)) {
            Map<String, Shop> shops = context.getBeansOfType(Shop.class);
            assertThat(shops.values()).allMatch(shop -> Proxy.isProxyClass(shop.getClass()));

            shops.values().forEach(Shop::sell);

            assertThat(calls(context, "first")).isEqualTo(1);
            assertThat(calls(context, "second")).isEqualTo(1);
        }
    }

    @Test
    void theSameConfigurationInParentAndChildGuardsOnce() {
        try (AnnotationConfigApplicationContext parent = Contexts.start();
                AnnotationConfigApplicationContext child = Contexts.of(Map.of(), First.class)) {
            child.setParent(parent);
            child.refresh();
            Shop shop = child.getBean(Shop.class);

            shop.sell();

            assertThat(Arrays.stream(((Advised) shop).getAdvisors())
                            .filter(advisor -> advisor.getAdvice() instanceof GuardInterceptor))
                    .hasSize(1);
            assertThat(calls(child, "first")).isEqualTo(1);
        }
    }

    @Test
    void aBeanThatIsCalledBeforeTheStartIsOverIsGuarded() {
        try (AnnotationConfigApplicationContext context = Contexts.start(First.class, Impatient.class)) {
            assertThat(calls(context, "first")).isEqualTo(1);
        }
    }

    static class Impatient {

        Impatient(Shop shop) {
            shop.sell();
        }
    }

    private static long calls(AnnotationConfigApplicationContext context, String name) {
        return context.getBean(PolicyCatalog.class)
                .policy(dev.mainstay.breaker.CircuitBreaker.class, name, Map.of())
                .tally()
                .calls();
    }
}
