package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Pipeline;
import dev.mainstay.call.CallContext;
import dev.mainstay.ratelimit.KeyedRateLimiter;
import dev.mainstay.ratelimit.RateLimitExceededException;
import dev.mainstay.ratelimit.RateLimiterConfig;
import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.spring.annotation.Bulkhead;
import dev.mainstay.spring.annotation.RateLimiter;
import dev.mainstay.spring.annotation.Resilient;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;

/** One policy for each value of an argument, so many at most, instead of names that are made at run time. */
class KeysTellCallsApartTest {

    record Order(String customer) {}

    static class Client {

        @RateLimiter(name = "tenants", key = "#tenant", limitForPeriod = "1", limitRefreshPeriod = "1h")
        public Object byArgument(String item, String tenant) {
            return CallContext.current().key();
        }

        @RateLimiter(name = "customers", key = "#order.customer", limitForPeriod = "1", limitRefreshPeriod = "1h")
        public Object byExpression(Order order) {
            return CallContext.current().key();
        }

        @RateLimiter(name = "pages", key = "#p0", limitForPeriod = "1", limitRefreshPeriod = "1h")
        public CompletableFuture<String> later(String page) {
            return CompletableFuture.completedFuture(page);
        }

        @Resilient(value = "fetch", key = "#host")
        public Object inAPipeline(String host) {
            return CallContext.current().key();
        }
    }

    static class Pipelines {

        @Bean
        static Pipeline fetch() {
            return Pipeline.of(
                    "fetch",
                    KeyedRateLimiter.of(
                            "hosts",
                            (RateLimiterConfig.Builder config) ->
                                    config.limitForPeriod(1).limitRefreshPeriod(Duration.ofHours(1))));
        }
    }

    @Test
    void anArgumentIsAKey() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Pipelines.class, Client.class)) {
            Client client = context.getBean(Client.class);

            assertThat(client.byArgument("x", "acme")).isEqualTo("acme");
            assertThat(client.byArgument("x", "other")).isEqualTo("other");
            assertThatThrownBy(() -> client.byArgument("x", "acme"))
                    .isInstanceOf(RateLimitExceededException.class)
                    .hasMessageContaining("tenants[acme]");
        }
    }

    @Test
    void anExpressionIsAKey() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Pipelines.class, Client.class)) {
            Client client = context.getBean(Client.class);

            assertThat(client.byExpression(new Order("acme"))).isEqualTo("acme");
            assertThatThrownBy(() -> client.byExpression(new Order("acme")))
                    .isInstanceOf(RateLimitExceededException.class);
        }
    }

    @Test
    void aKeyIsForTheKeyedPoliciesOfAPipeline() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Pipelines.class, Client.class)) {
            Client client = context.getBean(Client.class);

            assertThat(client.inAPipeline("a.example")).isEqualTo("a.example");
            assertThat(client.inAPipeline("b.example")).isEqualTo("b.example");
            assertThatThrownBy(() -> client.inAPipeline("a.example")).isInstanceOf(RateLimitExceededException.class);
        }
    }

    @Test
    void aKeyThatIsNullFailsTheCallAndSaysWhatToWrite() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Pipelines.class, Client.class)) {
            Client client = context.getBean(Client.class);

            assertThatThrownBy(() -> client.byArgument("x", null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the key '#tenant' of ")
                    .hasMessageContaining("Client.byArgument(String, String) is null. Write an expression");
            assertThatThrownBy(() -> client.byExpression(null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the key '#order.customer' of ")
                    .hasMessageContaining("fails");
            assertThat(client.later(null)).isCompletedExceptionally();
        }
    }

    @Test
    void aThousandNamesAreBounded() {
        PolicyKind<?, ?, ?> kind = PolicyKind.of(dev.mainstay.bulkhead.Bulkhead.class);
        try (AnnotationConfigApplicationContext context = Contexts.start()) {
            KeyedRegistry<?> keyed = (KeyedRegistry<?>)
                    kind.find(context.getBean(PolicyCatalog.class), "names", java.util.Map.of(), true);
            for (int i = 0; i < 5_000; i++) {
                int key = i;
                keyed.with(call -> call.key(key)).run(() -> {});
            }

            assertThat(keyed.all()).hasSizeLessThanOrEqualTo(1_001);
        }
    }

    @Test
    void optionsThatAreChangedLaterHoldForEveryKey() {
        try (AnnotationConfigApplicationContext context = Contexts.start()) {
            PolicyCatalog catalog = context.getBean(PolicyCatalog.class);
            KeyedRegistry<?> keyed = (KeyedRegistry<?>)
                    PolicyKind.of(dev.mainstay.bulkhead.Bulkhead.class).find(catalog, "live", java.util.Map.of(), true);
            dev.mainstay.bulkhead.Bulkhead one = (dev.mainstay.bulkhead.Bulkhead) keyed.get("a");

            catalog.policy(dev.mainstay.bulkhead.Bulkhead.class, "live", java.util.Map.of())
                    .reconfigure(
                            config -> config.toBuilder().maxConcurrentCalls(3).build());

            assertThat(one.limit()).isEqualTo(3);
            assertThat(((dev.mainstay.bulkhead.Bulkhead) keyed.get("b")).limit())
                    .isEqualTo(3);
        }
    }

    static class NoExpression {

        @Bulkhead(name = "x", key = "#item +")
        public String stock(String item) {
            return item;
        }
    }

    @Test
    void aKeyThatIsNoExpressionStopsTheStart() {
        assertThat(Contexts.whyNot(NoExpression.class))
                .contains("the key '#item +' is no expression")
                .contains("Write an argument, as in '#item'");
    }

    static class NoArgument {

        @Bulkhead(name = "x", key = "#itme.length()")
        public String stock(String item) {
            return item;
        }
    }

    @Test
    void aKeyThatNamesNoArgumentStopsTheStart() {
        assertThat(Contexts.whyNot(NoArgument.class)).contains("names #itme, which is no argument: there are [#item]");
    }

    static class TwoKeys {

        @Bulkhead(name = "x", key = "#item")
        @RateLimiter(name = "x", key = "#tenant", limitForPeriod = "1", limitRefreshPeriod = "1s")
        public String stock(String item, String tenant) {
            return item;
        }
    }

    @Test
    void twoKeysStopTheStart() {
        assertThat(Contexts.whyNot(TwoKeys.class)).contains("a call has one key");
    }
}
