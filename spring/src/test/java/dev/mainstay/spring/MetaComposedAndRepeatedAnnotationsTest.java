package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.breaker.CircuitBreakerOpenException;
import dev.mainstay.spring.annotation.CircuitBreaker;
import dev.mainstay.spring.annotation.RateLimiter;
import dev.mainstay.spring.annotation.Retry;
import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.core.annotation.AliasFor;

/** Annotations on classes, interfaces, parents, and on annotations of one's own. */
class MetaComposedAndRepeatedAnnotationsTest {

    @Retention(RetentionPolicy.RUNTIME)
    @Retry(name = "remote", maxAttempts = "2", retryExceptions = IOException.class)
    @CircuitBreaker
    @interface Remote {

        @AliasFor(annotation = CircuitBreaker.class, attribute = "name")
        String value();

        @AliasFor(annotation = Retry.class, attribute = "maxAttempts")
        String attempts() default "2";
    }

    static class Composed {

        int calls;

        @Remote("composed")
        public String twice() throws IOException {
            calls++;
            throw new IOException("gone");
        }
    }

    @Test
    void anAnnotationOfOnesOwnBringsThemAlong() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Composed.class)) {
            Composed composed = context.getBean(Composed.class);

            assertThatThrownBy(composed::twice).isInstanceOf(IOException.class);
            assertThat(Targets.of(composed).calls).isEqualTo(2);
            assertThat(breaker(context, "composed").tally().failures()).isEqualTo(2);
        }
    }

    @CircuitBreaker("class")
    static class Whole {

        public String stock() {
            return "stock";
        }

        String notPublic() {
            return "not public";
        }

        @RateLimiter(name = "r", limitForPeriod = "9", limitRefreshPeriod = "1s", fallback = "offline")
        public String limited() {
            return "limited";
        }

        public String offline() {
            return "offline";
        }

        @Override
        public String toString() {
            return "a whole";
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Whole;
        }

        @Override
        public int hashCode() {
            return 7;
        }
    }

    @Test
    void onAClassItGuardsThePublicMethodsButNotThoseOfObjectNorTheFallback() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Whole.class)) {
            Whole whole = context.getBean(Whole.class);
            breaker(context, "class").transitionToForcedOpenState();

            assertThatThrownBy(whole::stock).isInstanceOf(CircuitBreakerOpenException.class);
            assertThat(whole.limited()).isEqualTo("offline");
            assertThat(whole.offline()).isEqualTo("offline");
            assertThat(whole.notPublic()).isEqualTo("not public");
            assertThat(whole).hasToString("a whole").isEqualTo(whole).hasSameHashCodeAs(whole);
        }
    }

    @CircuitBreaker("face")
    interface Face {

        String stock();

        @CircuitBreaker("price")
        int price();
    }

    static class Implementation implements Face {

        @Override
        public String stock() {
            return "stock";
        }

        @Override
        public int price() {
            return 1;
        }
    }

    @Test
    void onAnInterfaceItGuardsWhatImplementsIt() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Implementation.class)) {
            Face face = context.getBean(Face.class);
            breaker(context, "face").transitionToForcedOpenState();

            assertThatThrownBy(face::stock).isInstanceOf(CircuitBreakerOpenException.class);
            assertThat(face.price()).isEqualTo(1);
            breaker(context, "price").transitionToForcedOpenState();
            assertThatThrownBy(face::price).isInstanceOf(CircuitBreakerOpenException.class);
        }
    }

    static class Child extends Whole {}

    @Test
    void onAParentItGuardsTheChild() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Child.class)) {
            breaker(context, "class").transitionToForcedOpenState();

            assertThatThrownBy(context.getBean(Child.class)::stock).isInstanceOf(CircuitBreakerOpenException.class);
        }
    }

    interface Store<K> {

        String find(K key);
    }

    static class Stocks implements Store<String> {

        @CircuitBreaker("generic")
        @Override
        public String find(String key) {
            return key;
        }
    }

    static class OpenStore<K> {

        @CircuitBreaker("bridged")
        public String find(K key) {
            return "" + key;
        }
    }

    static class Closed extends OpenStore<Integer> {

        @Override
        public String find(Integer key) {
            return "closed " + key;
        }
    }

    @Test
    void aCallThatComesThroughABridgeIsGuarded() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Stocks.class, Closed.class)) {
            @SuppressWarnings("unchecked")
            Store<String> store = context.getBean(Store.class);
            OpenStore<Integer> bridged = context.getBean(Closed.class);

            assertThat(store.find("a")).isEqualTo("a");
            assertThat(bridged.find(1)).isEqualTo("closed 1");
            assertThat(breaker(context, "generic").tally().calls()).isEqualTo(1);
            assertThat(breaker(context, "bridged").tally().calls()).isEqualTo(1);
        }
    }

    private static dev.mainstay.breaker.CircuitBreaker breaker(
            AnnotationConfigApplicationContext context, String name) {
        return context.getBean(PolicyCatalog.class).policy(dev.mainstay.breaker.CircuitBreaker.class, name, Map.of());
    }
}
