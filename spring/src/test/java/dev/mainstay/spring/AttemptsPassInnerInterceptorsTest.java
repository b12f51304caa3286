package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.spring.annotation.CircuitBreaker;
import dev.mainstay.spring.annotation.Retry;
import dev.mainstay.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.aopalliance.intercept.MethodInterceptor;
import org.junit.jupiter.api.Test;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.annotation.AnnotationMatchingPointcut;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Role;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;

/** Each attempt goes through what stands inside, as a transaction does, and none goes through what stands outside. */
class AttemptsPassInnerInterceptorsTest {

    @Configuration(proxyBeanMethods = false)
    @EnableAsync
    static class Advice {

        final List<String> seen = new ArrayList<>();

        /** Without an order, and registered first: as a transaction's advisor is. */
        @Bean
        @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
        DefaultPointcutAdvisor aTransaction() {
            return advisor("transaction");
        }

        @Bean
        @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
        DefaultPointcutAdvisor outer() {
            DefaultPointcutAdvisor advisor = advisor("outer");
            advisor.setOrder(0);
            return advisor;
        }

        private DefaultPointcutAdvisor advisor(String name) {
            MethodInterceptor interceptor = invocation -> {
                seen.add(name);
                return invocation.proceed();
            };
            return new DefaultPointcutAdvisor(new AnnotationMatchingPointcut(null, Retry.class, true), interceptor);
        }

        @Bean
        static VirtualTime time() {
            return VirtualTime.create();
        }

        @Bean
        static dev.mainstay.retry.Retry retry(VirtualTime time) {
            return dev.mainstay.retry.Retry.of("stock", config -> config.timeSource(time));
        }

        @Bean
        Executor taskExecutor() {
            return work -> {
                seen.add("executor");
                work.run();
            };
        }
    }

    static class Client {

        @Retry("stock")
        public String stock(String item) {
            throw new IllegalStateException("down");
        }

        @Retry("stock")
        public CompletableFuture<String> later() {
            return CompletableFuture.failedFuture(new IllegalStateException("down"));
        }

        @Async
        @Retry("stock")
        public CompletableFuture<String> elsewhere() {
            return CompletableFuture.failedFuture(new IllegalStateException("down"));
        }
    }

    @Test
    void ofAPlainMethod() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Advice.class, Client.class)) {
            assertThatThrownBy(() -> context.getBean(Client.class).stock("x")).hasMessage("down");

            assertThat(context.getBean(Advice.class).seen)
                    .containsExactly("outer", "transaction", "transaction", "transaction");
        }
    }

    @Test
    void ofAMethodThatGivesAStage() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Advice.class, Client.class)) {
            CompletableFuture<String> later = context.getBean(Client.class).later();

            assertThatThrownBy(() -> context.getBean(VirtualTime.class).await(later))
                    .hasMessage("down");
            assertThat(context.getBean(Advice.class).seen)
                    .containsExactly("outer", "transaction", "transaction", "transaction");
        }
    }

    @Test
    void anAsynchronousMethodIsGuardedOnItsOwnThread() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Advice.class, Client.class)) {
            AnnotationOrder.requireAsyncOutermost(context.getBean(Client.class));
        }
    }

    static class Single {

        @CircuitBreaker("single")
        public String call() {
            return "";
        }
    }

    @Test
    void nothingIsCopiedWhereNothingStandsInside() {
        List<Boolean> behind = new ArrayList<>();
        MethodInterceptor ours = invocation -> {
            behind.add(InnerInterceptors.areBehind(invocation));
            return invocation.proceed();
        };
        ProxyFactory factory = new ProxyFactory(new Single());
        factory.addAdvice(ours);
        factory.addAdvice(ours);

        ((Single) factory.getProxy()).call();

        assertThat(behind).containsExactly(true, false);
    }
}
