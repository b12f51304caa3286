package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Pipeline;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreakerConfig;
import dev.mainstay.event.Subscription;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.registry.Registry;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RegistryPageTest {

    private final VirtualTime time = VirtualTime.create();
    private final InventoryClient client = new InventoryClient(time);

    @Test
    void named() throws IOException {
        // begin: named
        Registry<CircuitBreaker, CircuitBreakerConfig> breakers = Registry.builder(
                        CircuitBreaker::of, CircuitBreakerConfig.defaults())
                .config(
                        "patient",
                        CircuitBreakerConfig.builder().minimumNumberOfCalls(50).build())
                .build();

        Stock stock = breakers.get("inventory").call(() -> client.stockOf("sku-7"));
        CircuitBreaker reports = breakers.get("reports", "patient");
        // end: named
        assertThat(stock.pieces()).isEqualTo(7);
        assertThat(reports.config().minimumNumberOfCalls()).isEqualTo(50);
        assertThat(breakers.get("inventory")).isSameAs(breakers.get("inventory"));
        assertThatThrownBy(() -> breakers.get("reports", Registry.DEFAULT_CONFIG))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> breakers.get("other", "unknown")).isInstanceOf(IllegalArgumentException.class);
        // begin: reconfigure
        breakers.reconfigure(
                "patient", config -> config.toBuilder().minimumNumberOfCalls(80).build());
        // end: reconfigure
        assertThat(reports.config().minimumNumberOfCalls()).isEqualTo(80);
        assertThat(breakers.get("inventory").config()).isEqualTo(CircuitBreakerConfig.defaults());
    }

    @Test
    void keyed() throws IOException {
        Retry retry = Retry.ofDefaults("fetch");
        String host = "eu.example.com";
        // begin: keyed
        KeyedRegistry<CircuitBreaker> hosts =
                KeyedRegistry.of("hosts", name -> CircuitBreaker.of(name, CircuitBreakerConfig.defaults()));
        Pipeline fetch = Pipeline.of("fetch", retry, hosts);

        Stock stock = fetch.with(ctx -> ctx.key(host)).call(() -> client.stockOf("sku-7"));
        // end: keyed
        assertThat(stock.pieces()).isEqualTo(7);
        assertThat(hosts.find(host)).isPresent();
        assertThat(hosts.get(host).name()).isEqualTo("hosts[eu.example.com]");
        assertThat(hosts.find("us.example.com")).isEmpty();
        assertThatThrownBy(() -> fetch.call(() -> client.stockOf("sku-7"))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void changingAll() {
        KeyedRegistry<CircuitBreaker> hosts = KeyedRegistry.of("hosts", CircuitBreaker::ofDefaults);
        CircuitBreaker before = hosts.get("eu.example.com");
        // begin: apply
        hosts.apply(breaker -> breaker.reconfigure(
                breaker.config().toBuilder().failureRateThreshold(30).build()));
        // end: apply
        assertThat(before.config().failureRateThreshold()).isEqualTo(30);
        assertThat(hosts.get("us.example.com").config().failureRateThreshold()).isEqualTo(30);
    }

    @Test
    void byKey() {
        // begin: by-key
        KeyedRegistry<RateLimiter> tenants = KeyedRegistry.<RateLimiter>builder(
                        "tenants",
                        (name, key) -> RateLimiter.of(
                                name,
                                config -> config.limitForPeriod("acme".equals(key) ? 500 : 50)
                                        .limitRefreshPeriod(Duration.ofSeconds(1))))
                .maxInstances(10_000)
                .build();
        // end: by-key
        assertThat(tenants.get("acme").remaining()).isEqualTo(500);
        assertThat(tenants.get("smith").remaining()).isEqualTo(50);
    }

    @Test
    void keysThatFindNoRoomShareOneInstance() {
        KeyedRegistry<RateLimiter> tenants = KeyedRegistry.<RateLimiter>builder(
                        "tenants",
                        name -> RateLimiter.of(
                                name,
                                config -> config.timeSource(time)
                                        .limitForPeriod(5)
                                        .limitRefreshPeriod(Duration.ofSeconds(1))))
                .maxInstances(1)
                .build();
        assertThat(tenants.get("busy").tryAcquire(5)).isTrue();

        assertThat(tenants.get("late")).isSameAs(tenants.shared());
        assertThat(tenants.find("busy")).isPresent();
        time.advance(Duration.ofSeconds(1));
        assertThat(tenants.get("late")).isNotSameAs(tenants.shared());
        assertThat(tenants.get("late").name()).isEqualTo("tenants[late]");
    }

    @Test
    void watch() {
        Registry<CircuitBreaker, CircuitBreakerConfig> breakers = Registry.builder(
                        CircuitBreaker::of, CircuitBreakerConfig.defaults())
                .build();
        List<String> log = new ArrayList<>();
        // begin: watch
        Subscription watching = breakers.watch(breaker -> {
            log.add("attached to " + breaker.name());
            return () -> log.add("detached from " + breaker.name());
        });
        // end: watch
        breakers.get("inventory");
        breakers.remove("inventory");
        breakers.get("reports");
        watching.close();
        assertThat(log)
                .containsExactly(
                        "attached to inventory",
                        "detached from inventory",
                        "attached to reports",
                        "detached from reports");
    }

    @Test
    void thePageHasTheMetersOfTheClass() {
        KeyedRegistry<CircuitBreaker> hosts = KeyedRegistry.of("hosts", CircuitBreaker::ofDefaults);
        Map<String, String> meters = PolicyPage.metersOf(hosts);

        assertThat(meters).containsKey("breaker.calls");
        meters.keySet().removeIf(meter -> !meter.startsWith("registry."));
        assertThat(new PolicyPage("registry").meters()).isEqualTo(meters);
    }
}
