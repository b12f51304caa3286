package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.ContextCarrier;
import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreakerOpenException;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.spring.annotation.Resilient;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;

/** What names stand for: beans, what is made for them, or what a catalog of one's own says. */
class CatalogsTest {

    static class Client {

        @dev.mainstay.spring.annotation.CircuitBreaker(value = "inventory", failureRateThreshold = "10")
        public String single() {
            return "single";
        }

        @Resilient("inventory")
        public String pipeline() {
            return "pipeline";
        }

        @dev.mainstay.spring.annotation.ThreadPoolBulkhead("pool")
        public String pooled() {
            return Thread.currentThread().getName();
        }
    }

    static class Beans {

        @Bean
        static Pipeline anyName() {
            return Pipeline.of("inventory", CircuitBreaker.ofDefaults("inventory"));
        }
    }

    @Test
    void aPolicyOfAPipelineIsTheOneOfItsNameAndWinsOverInlineValues() {
        try (LogOf log = new LogOf(BeanPolicyCatalog.class);
                AnnotationConfigApplicationContext context = Contexts.start(Beans.class, Client.class)) {
            Client client = context.getBean(Client.class);
            CircuitBreaker breaker =
                    (CircuitBreaker) context.getBean(Pipeline.class).policies().get(0);

            breaker.transitionToForcedOpenState();

            assertThatThrownBy(client::single).isInstanceOf(CircuitBreakerOpenException.class);
            assertThatThrownBy(client::pipeline).isInstanceOf(CircuitBreakerOpenException.class);
            assertThat(breaker.config().failureRateThreshold()).isEqualTo(50);
            assertThat(log.lines())
                    .anyMatch(line -> line.contains(
                            "Inline values {failure-rate-threshold=10} of CircuitBreaker 'inventory' are ignored"));
        }
    }

    @Test
    void poolsThatAreMadeForAnAnnotationAreClosedWithTheContext() {
        ThreadPoolBulkhead pool;
        try (AnnotationConfigApplicationContext context = Contexts.start(Beans.class, Client.class)) {
            pool = context.getBean(PolicyCatalog.class).policy(ThreadPoolBulkhead.class, "pool", Map.of());
            assertThat(context.getBean(Client.class).pooled())
                    .isNotEqualTo(Thread.currentThread().getName());
        }
        assertThatThrownBy(() -> pool.call(() -> "late")).isInstanceOf(CallRejectedException.class);
    }

    private static final ThreadLocal<String> REQUEST = new ThreadLocal<>();

    static class Pooled {

        @dev.mainstay.spring.annotation.ThreadPoolBulkhead("carried")
        public String request() {
            return REQUEST.get();
        }
    }

    @Test
    void whatTheCatalogCarriesGoesAlongToOtherThreads() {
        try (AnnotationConfigApplicationContext context = Contexts.start(OwnCatalog.class, Pooled.class)) {
            REQUEST.set("42");

            assertThat(context.getBean(Pooled.class).request()).isEqualTo("42");
        } finally {
            REQUEST.remove();
        }
    }

    /** A catalog of one pipeline, whose composition changes. */
    static final class Live implements PolicyCatalog {

        final AtomicReference<Pipeline> current = new AtomicReference<>(Pipeline.of("inventory"));
        volatile boolean enabled = true;
        volatile Fallback<?> fallback;

        @Override
        public PipelineHandle pipeline(String name) {
            return new PipelineHandle() {
                @Override
                public String name() {
                    return name;
                }

                @Override
                public Pipeline current() {
                    return current.get();
                }
            };
        }

        @Override
        public <P extends Policy> P policy(Class<P> kind, String name, Map<String, String> inline) {
            return PolicyKind.of(kind) == null
                    ? null
                    : kind.cast(PolicyKind.of(kind)
                            .make(name, inline, null, getClass().getClassLoader()));
        }

        @Override
        public Set<String> pipelineNames() {
            return Set.of("inventory");
        }

        @Override
        public boolean isEnabled() {
            return enabled;
        }

        @Override
        public ContextCarrier contextCarrier() {
            return () -> {
                String carried = REQUEST.get();
                return () -> {
                    String before = REQUEST.get();
                    REQUEST.set(carried);
                    return () -> REQUEST.set(before);
                };
            };
        }

        @Override
        public Fallback<?> fallback(String pipelineName) {
            return fallback;
        }
    }

    static class OwnCatalog {

        @Bean
        static Live live() {
            return new Live();
        }
    }

    @Test
    void aCatalogOfOnesOwnIsAskedAndItsPipelineMayChange() {
        try (AnnotationConfigApplicationContext context = Contexts.start(OwnCatalog.class, Client.class)) {
            Client client = context.getBean(Client.class);
            Live live = context.getBean(Live.class);
            assertThat(client.pipeline()).isEqualTo("pipeline");
            CircuitBreaker open = CircuitBreaker.ofDefaults("added");
            open.transitionToForcedOpenState();

            live.current.set(Pipeline.of("inventory", open));

            assertThatThrownBy(client::pipeline).isInstanceOf(CircuitBreakerOpenException.class);
        }
    }

    @Test
    void theFallbackOfAPipelineAnswersWhereTheMethodHasNone() {
        try (AnnotationConfigApplicationContext context = Contexts.start(OwnCatalog.class, Client.class)) {
            Live live = context.getBean(Live.class);
            CircuitBreaker open = CircuitBreaker.ofDefaults("added");
            open.transitionToForcedOpenState();
            live.fallback = Fallback.of("configured");
            live.current.set(Pipeline.of("inventory", open));

            assertThat(context.getBean(Client.class).pipeline()).isEqualTo("configured");
        }
    }

    @Test
    void oneSwitchLetsAllCallsGoStraightThrough() {
        try (AnnotationConfigApplicationContext context = Contexts.start(OwnCatalog.class, Client.class)) {
            Live live = context.getBean(Live.class);
            CircuitBreaker open = CircuitBreaker.ofDefaults("added");
            open.transitionToForcedOpenState();
            live.current.set(Pipeline.of("inventory", open));

            live.enabled = false;

            assertThat(context.getBean(Client.class).pipeline()).isEqualTo("pipeline");
        }
    }

    @Test
    void aPolicyThatIsNoBeanAndHasNoDefaultsIsNotMade() {
        try (AnnotationConfigApplicationContext context = Contexts.start()) {
            assertThatThrownBy(() -> context.getBean(PolicyCatalog.class).policy(Pipeline.class, "unknown", Map.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("define it as a bean");
        }
    }
}
