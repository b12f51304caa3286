package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Fallback;
import dev.mainstay.Guard;
import dev.mainstay.PolicyAccess;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.spring.annotation.CircuitBreaker;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import reactor.core.publisher.Mono;

/** With a guard for them, methods with reactive results start, and their calls are made when somebody subscribes. */
class AReactiveGuardIsAskedTest {

    static class Client {

        int calls;

        @CircuitBreaker(name = "client", fallback = "offline")
        public Mono<String> call() {
            return Mono.fromCallable(() -> {
                calls++;
                return "done";
            });
        }

        Mono<String> offline() {
            return Mono.just("offline");
        }
    }

    static class Waiting {

        @Bean
        static ReactiveGuard reactiveGuard() {
            return new ReactiveGuard() {
                @Override
                public boolean guards(Class<?> result) {
                    return result == Mono.class;
                }

                @Override
                public Object around(
                        Class<?> result,
                        Guard guard,
                        CallBody<Object> body,
                        Fallback<Object> ofMethods,
                        Fallback<Object> ofValues) {
                    assertThat(ofMethods).isNotNull();
                    assertThat(ofValues).isNull();
                    return Mono.fromCallable(() -> PolicyAccess.<Object>call(
                            guard, CallContext.plain(), context -> ((Mono<?>) body.in(context)).block()));
                }
            };
        }
    }

    @Test
    void whenSomebodySubscribes() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Waiting.class, Client.class)) {
            Mono<String> call = context.getBean(Client.class).call();
            dev.mainstay.breaker.CircuitBreaker breaker = context.getBean(PolicyCatalog.class)
                    .policy(dev.mainstay.breaker.CircuitBreaker.class, "client", Map.of());
            assertThat(breaker.tally().calls()).isZero();

            assertThat(call.block()).isEqualTo("done");

            assertThat(breaker.tally().calls()).isEqualTo(1);
        }
    }
}
