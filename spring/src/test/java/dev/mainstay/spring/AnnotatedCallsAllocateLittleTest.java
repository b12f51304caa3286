package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.retry.RetryBudget;
import dev.mainstay.spring.annotation.CircuitBreaker;
import dev.mainstay.spring.annotation.Retry;
import java.lang.management.ManagementFactory;
import java.util.concurrent.Callable;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.junit.jupiter.api.Test;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.annotation.AnnotationMatchingPointcut;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Role;

/**
 * What a guarded call allocates beside the same call through an interceptor that does nothing. The tests of this module
 * run with the first-tier compiler, so that the figures are what the code does.
 */
class AnnotatedCallsAllocateLittleTest {

    private static final int WARM_UP = 5_000;
    private static final int CALLS = 20_000;
    private static final int ROUNDS = 5;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    static class Client {

        boolean again;

        @CircuitBreaker(name = "client", fallback = "offline")
        public String breaker() {
            return "done";
        }

        String offline(Exception failure) {
            return "offline";
        }

        @Retry("client")
        public String retried() {
            again = !again;
            return again ? "again" : "done";
        }

        @Retry("client")
        public String atOnce() {
            return "done";
        }
    }

    static class Policies {

        @Bean
        static dev.mainstay.retry.Retry retry() {
            // A failure would cost what Spring's reflection allocates for one.
            return dev.mainstay.retry.Retry.of(
                    "client",
                    config -> config.backoff(Backoff.none())
                            .budget(RetryBudget.none())
                            .retryOnResult("again"::equals));
        }
    }

    /** With an interceptor between ours and the method, invocations are copied. */
    static class Inside {

        @Bean
        @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
        static DefaultPointcutAdvisor inside() {
            return new DefaultPointcutAdvisor(new AnnotationMatchingPointcut(null, Retry.class, true), new Nothing());
        }
    }

    static class Nothing implements MethodInterceptor {

        @Override
        public Object invoke(MethodInvocation invocation) throws Throwable {
            return invocation.proceed();
        }
    }

    @Test
    void aBreakerAddsAtMost32Bytes() throws Exception {
        Client bare = bare();
        try (AnnotationConfigApplicationContext context = Contexts.start(Policies.class, Client.class)) {
            Client guarded = context.getBean(Client.class);

            long less = bytesPerCall(bare::breaker);
            long more = bytesPerCall(guarded::breaker);

            assertThat(more - less).isBetween(1L, 32L);
        }
    }

    @Test
    void aSecondAttemptAddsAtMost192Bytes() throws Exception {
        assertThat(secondAttempt(Policies.class, Client.class)).isBetween(1L, 192L);
    }

    @Test
    void oneThatOtherInterceptorsFollowAddsACopyOfTheInvocation() throws Exception {
        long copy =
                secondAttempt(Policies.class, Inside.class, Client.class) - secondAttempt(Policies.class, Client.class);

        assertThat(copy).isBetween(1L, 72L);
    }

    private static long secondAttempt(Class<?>... classes) throws Exception {
        try (AnnotationConfigApplicationContext context = Contexts.start(classes)) {
            Client guarded = context.getBean(Client.class);
            return bytesPerCall(guarded::retried) - bytesPerCall(guarded::atOnce);
        }
    }

    private static Client bare() {
        ProxyFactory factory = new ProxyFactory(new Client());
        factory.setProxyTargetClass(true);
        factory.addAdvice(new Nothing());
        return (Client) factory.getProxy();
    }

    private static long bytesPerCall(Callable<?> call) throws Exception {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < WARM_UP; i++) {
            call.call();
        }
        for (int round = 0; round < ROUNDS; round++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                call.call();
            }
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        return least / CALLS;
    }
}
