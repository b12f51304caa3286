package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Pipeline;
import dev.mainstay.ratelimit.RateLimitExceededException;
import dev.mainstay.spring.EnableMainstay;
import dev.mainstay.spring.PolicyCatalog;
import dev.mainstay.spring.annotation.CircuitBreaker;
import dev.mainstay.spring.annotation.Fallback;
import dev.mainstay.spring.annotation.RateLimiter;
import dev.mainstay.spring.annotation.Resilient;
import dev.mainstay.spring.annotation.Retry;
import dev.mainstay.spring.annotation.TimeLimiter;
import dev.mainstay.time.VirtualTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.AliasFor;
import org.springframework.stereotype.Component;

class SpringPageTest {

    @Configuration
    static class Time {

        @Bean
        static VirtualTime time() {
            return VirtualTime.create();
        }

        @Bean
        static InventoryClient client(VirtualTime time) {
            return new InventoryClient(time);
        }
    }

    // begin: configuration
    @Configuration
    @EnableMainstay
    static class Application {

        @Bean
        Pipeline inventoryPipeline() {
            return Pipeline.of(
                    "inventory",
                    dev.mainstay.retry.Retry.ofDefaults("inventory"),
                    dev.mainstay.breaker.CircuitBreaker.ofDefaults("inventory"));
        }
    }
    // end: configuration

    // begin: usage
    @Component
    static class Inventory {

        private final InventoryClient client;

        Inventory(InventoryClient client) {
            this.client = client;
        }

        @Resilient(value = "inventory", fallback = "unknown")
        public Stock stockOf(String item) throws IOException {
            return client.stockOf(item);
        }

        Stock unknown(String item, Exception failure) {
            return Stock.unknown(item);
        }
    }
    // end: usage

    @Test
    void aPipelineAroundAMethod() throws IOException {
        try (var context = new AnnotationConfigApplicationContext(Time.class, Application.class, Inventory.class)) {
            InventoryClient client = context.getBean(InventoryClient.class);
            client.failsTimes(2);

            assertThat(context.getBean(Inventory.class).stockOf("sku-7").pieces())
                    .isEqualTo(7);
            assertThat(client.calls()).isEqualTo(3);

            client.failsTimes(100);
            assertThat(context.getBean(Inventory.class).stockOf("sku-7")).isEqualTo(Stock.unknown("sku-7"));
        }
    }

    @Component
    static class Single {

        private final InventoryClient client;

        Single(InventoryClient client) {
            this.client = client;
        }

        // begin: single
        @Retry(name = "stock", maxAttempts = "${stock.attempts:2}")
        @CircuitBreaker(name = "stock", failureRateThreshold = "40", waitDurationInOpenState = "5s")
        @TimeLimiter(name = "stock", timeoutDuration = "300ms")
        public Stock stockOf(String item) throws IOException {
            return client.stockOf(item);
        }
        // end: single

        // begin: stage
        @TimeLimiter(name = "later", timeoutDuration = "300ms")
        public CompletableFuture<Stock> stockLater(String item) {
            return client.stockOfAsync(item);
        }
        // end: stage

        // begin: key
        @RateLimiter(name = "all", limitForPeriod = "100", limitRefreshPeriod = "1s")
        @RateLimiter(name = "tenants", key = "#tenant", limitForPeriod = "1", limitRefreshPeriod = "1s")
        public Stock stockOf(String item, String tenant) throws IOException {
            return client.stockOf(item);
        }
        // end: key

        // begin: fallbacks
        @Remote("prices")
        @Fallback({"notThere", "defaults::price"})
        public int priceOf(String item) throws IOException {
            return client.stockOf(item).pieces();
        }

        int notThere(String item, FileNotFoundException failure) {
            return 0;
        }
        // end: fallbacks
    }

    @Component("defaults")
    static class Defaults {

        int price() {
            return 99;
        }
    }

    // begin: composed
    @Target({ElementType.METHOD, ElementType.TYPE})
    @Retention(RetentionPolicy.RUNTIME)
    @Retry(maxAttempts = "2")
    @TimeLimiter(timeoutDuration = "1s")
    @CircuitBreaker
    @interface Remote {

        @AliasFor(annotation = CircuitBreaker.class, attribute = "name")
        String value();
    }
    // end: composed

    @Configuration
    @EnableMainstay
    static class Plain {}

    @Test
    void singlePoliciesAroundAMethod() throws Exception {
        try (var context =
                new AnnotationConfigApplicationContext(Time.class, Plain.class, Single.class, Defaults.class)) {
            Single single = context.getBean(Single.class);
            InventoryClient client = context.getBean(InventoryClient.class);
            client.failsTimes(1);
            assertThat(single.stockOf("sku-7").pieces()).isEqualTo(7);

            client.takes(Duration.ofSeconds(1));
            VirtualTime time = context.getBean(VirtualTime.class);
            assertThatThrownBy(() -> time.await(single.stockLater("sku-7")))
                    .isInstanceOf(dev.mainstay.outcome.CallTimeoutException.class);

            client.takes(Duration.ZERO);
            single.stockOf("sku-7", "acme");
            assertThatThrownBy(() -> single.stockOf("sku-7", "acme")).isInstanceOf(RateLimitExceededException.class);

            client.failsTimes(2);
            assertThat(single.priceOf("sku-7")).isEqualTo(99);
        }
    }

    @Test
    void theStateOfWhatWasMade() {
        try (var context =
                new AnnotationConfigApplicationContext(Time.class, Plain.class, Single.class, Defaults.class)) {
            PolicyCatalog catalog = context.getBean(PolicyCatalog.class);
            // begin: catalog
            dev.mainstay.breaker.CircuitBreaker prices =
                    catalog.policy(dev.mainstay.breaker.CircuitBreaker.class, "prices", Map.of());
            String why = prices.explain();
            // end: catalog
            assertThat(why).contains("prices");
        }
    }
}
