package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.retry.Retry;
import dev.mainstay.spring.annotation.Resilient;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import org.aopalliance.intercept.MethodInterceptor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.aop.Advisor;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.NameMatchMethodPointcut;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Role;
import org.springframework.core.Ordered;
import reactor.adapter.JdkFlowAdapter;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Methods that give a Mono, a Flux or another reactive type: each subscription is a call. */
class ReactiveResultsTest {

    static class Client {

        final AtomicInteger invocations = new AtomicInteger();
        int failures;

        @Resilient("client")
        public Mono<String> mono() {
            int invocation = invocations.incrementAndGet();
            return invocation <= failures ? Mono.error(new IOException("no")) : Mono.just("call " + invocation);
        }

        @Resilient("client")
        public Mono<String> never() {
            invocations.incrementAndGet();
            return Mono.never();
        }

        @Resilient("client")
        public Mono<String> throwing() throws IOException {
            invocations.incrementAndGet();
            throw new IOException("no");
        }

        @Resilient("client")
        public Mono<String> none() {
            return null;
        }

        @Resilient(value = "client", fallback = "offline")
        public Flux<String> flux(int items) {
            invocations.incrementAndGet();
            return Flux.just("a", "b").take(items).concatWith(Mono.error(new IOException("no")));
        }

        Flux<String> offline(int items, IOException failure) {
            return Flux.just("offline", "and no more");
        }

        @Resilient(value = "client", fallback = "silent")
        public Mono<String> answeredByNothing() {
            return Mono.error(new IOException("no"));
        }

        Mono<String> silent() {
            return Mono.empty();
        }

        @Resilient("client")
        public Flow.Publisher<String> ofTheJdk() {
            return JdkFlowAdapter.publisherToFlowPublisher(Mono.just("call " + invocations.incrementAndGet()));
        }
    }

    static class Configuration {

        @Bean
        static VirtualTime time() {
            return VirtualTime.create();
        }

        @Bean
        static Bulkhead bulkhead(VirtualTime time) {
            return Bulkhead.of("client", c -> c.maxConcurrentCalls(1).timeSource(time));
        }

        @Bean
        static CircuitBreaker breaker(VirtualTime time) {
            return CircuitBreaker.of("client", c -> c.timeSource(time));
        }

        @Bean
        static Pipeline pipeline(VirtualTime time, Bulkhead bulkhead, CircuitBreaker breaker) {
            return Pipeline.of(
                    "client",
                    TimeLimiter.of(
                            "client",
                            c -> c.timeoutDuration(Duration.ofSeconds(2)).timeSource(time)),
                    Retry.of("client", c -> c.maxAttempts(2).timeSource(time)),
                    breaker,
                    bulkhead);
        }

        @Bean
        static AtomicInteger inner() {
            return new AtomicInteger();
        }

        /** Goes inside of ours. */
        @Bean
        @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
        static Advisor counting(AtomicInteger inner) {
            NameMatchMethodPointcut methods = new NameMatchMethodPointcut();
            methods.addMethodName("mono");
            DefaultPointcutAdvisor advisor = new DefaultPointcutAdvisor(methods, (MethodInterceptor) invocation -> {
                inner.incrementAndGet();
                return invocation.proceed();
            });
            advisor.setOrder(Ordered.LOWEST_PRECEDENCE);
            return advisor;
        }
    }

    private final AnnotationConfigApplicationContext context = Contexts.start(Configuration.class, Client.class);
    private final Client client = context.getBean(Client.class);
    private final VirtualTime time = context.getBean(VirtualTime.class);
    private final Bulkhead bulkhead = context.getBean(Bulkhead.class);
    private final CircuitBreaker breaker = context.getBean(CircuitBreaker.class);

    @AfterEach
    void nothingIsInUse() {
        assertThat(bulkhead.inUse()).isZero();
        context.close();
    }

    @Test
    void theMethodIsInvokedWhenSomebodySubscribes() {
        Mono<String> call = client.mono();
        assertThat(breaker.tally().calls()).isZero();

        assertThat(call.block()).isEqualTo("call 1");
        assertThat(call.block()).isEqualTo("call 2");
        assertThat(breaker.tally().calls()).isEqualTo(2);
    }

    @Test
    void aRetryInvokesItAgainWithAllThatIsInsideOfTheGuard() {
        Targets.<Client>of(client).failures = 1;
        CompletableFuture<String> call = client.mono().toFuture();
        time.advance(Duration.ofSeconds(1));

        assertThat(call).isCompletedWithValue("call 2");
        assertThat(context.getBean(AtomicInteger.class)).hasValue(2);
    }

    @Test
    void aTimeLimitCancelsTheSource() {
        CompletableFuture<String> call = client.never().toFuture();
        assertThat(bulkhead.inUse()).isEqualTo(1);

        time.advance(Duration.ofSeconds(2));

        assertThatThrownBy(call::join).hasCauseInstanceOf(CallTimeoutException.class);
    }

    @Test
    void aCancelGivesThePermitBack() {
        Disposable call = client.never().subscribe();
        assertThat(bulkhead.inUse()).isEqualTo(1);

        call.dispose();

        assertThat(bulkhead.inUse()).isZero();
        assertThat(breaker.tally().calls()).isZero();
    }

    @Test
    void aRejectionComesAsASignal() {
        breaker.transitionToForcedOpenState();

        Mono<String> call = client.mono();

        assertThatThrownBy(call::block).isInstanceOf(CallRejectedException.class);
    }

    @Test
    void aMethodThatThrowsOrGivesNullFailsTheCall() throws IOException {
        CompletableFuture<String> throwing = client.throwing().toFuture();
        time.advance(Duration.ofSeconds(1));
        assertThatThrownBy(throwing::join).hasCauseInstanceOf(IOException.class);
        assertThat(Targets.<Client>of(client).invocations).hasValue(2);

        CompletableFuture<String> none = client.none().toFuture();
        time.advance(Duration.ofSeconds(1));
        assertThatThrownBy(none::join).hasMessageContaining("gave null instead of a reactor.core.publisher.Mono");
    }

    @Test
    void aFallbackAnswersForAFluxThatHasGivenNothing() {
        CompletableFuture<List<String>> call = client.flux(0).collectList().toFuture();
        time.advance(Duration.ofSeconds(1));

        assertThat(call).isCompletedWithValue(List.of("offline", "and no more"));
        assertThat(Targets.<Client>of(client).invocations).hasValue(2);
    }

    @Test
    void andNotForOneThatHas() {
        List<String> items = new ArrayList<>();
        CompletableFuture<Void> call =
                client.flux(2).doOnNext(items::add).then().toFuture();

        assertThatThrownBy(call::join).hasCauseInstanceOf(IOException.class);
        assertThat(items).containsExactly("a", "b");
        assertThat(Targets.<Client>of(client).invocations).hasValue(1);
    }

    @Test
    void aFallbackMayAnswerWithNothing() {
        CompletableFuture<String> call = client.answeredByNothing().toFuture();
        time.advance(Duration.ofSeconds(1));

        assertThat(call).isCompletedWithValue(null);
    }

    @Test
    void otherReactiveTypesAreAdapted() {
        assertThat(JdkFlowAdapter.flowPublisherToFlux(client.ofTheJdk())
                        .collectList()
                        .block())
                .containsExactly("call 1");
        assertThat(breaker.tally().calls()).isEqualTo(1);
    }
}
