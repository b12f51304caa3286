package dev.mainstay.spring.options;

import static dev.mainstay.spring.options.Catalogs.catalog;
import static dev.mainstay.spring.options.Catalogs.options;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.ContextCarrier;
import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.TimeLimiter;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.ratelimit.KeyedRateLimiter;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryConfig;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Pipelines and policies made from options. */
class ConfiguredPolicyCatalogTest {

    @Test
    void aPipelineHasWhatItsSectionsSayInTheDefaultOrder() {
        ConfiguredPolicyCatalog catalog = catalog(
                "pipelines.inventory.attempt-time-limiter.timeout-duration: 100ms",
                "pipelines.inventory.thread-pool.max-threads: 2",
                "pipelines.inventory.bulkhead.max-concurrent-calls: 3",
                "pipelines.inventory.rate-limiter.limit: 100/1s",
                "pipelines.inventory.circuit-breaker.failure-rate-threshold: 40",
                "pipelines.inventory.retry.max-attempts: 4",
                "pipelines.inventory.time-limiter.timeout-duration: 2s");

        assertThat(kinds(catalog.pipeline("inventory").current()))
                .containsExactly(
                        "TimeLimiter",
                        "Retry",
                        "CircuitBreaker",
                        "RateLimiter",
                        "Bulkhead",
                        "ThreadPoolBulkhead",
                        "TimeLimiter");
        assertThat(catalog.pipelineNames()).containsExactly("inventory");
        assertThat(catalog.pipeline("other")).isNull();
    }

    @Test
    void orderOverridesTheDefaultOrderAndMakesWhatHasNoSection() {
        ConfiguredPolicyCatalog catalog = catalog(
                "pipelines.inventory.order: circuit-breaker, retry, bulkhead",
                "pipelines.inventory.retry.max-attempts: 4");

        assertThat(kinds(catalog.pipeline("inventory").current()))
                .containsExactly("CircuitBreaker", "Retry", "Bulkhead");
    }

    @Test
    void theOrderOfTheDefaultsLeavesOutWhatAPipelineDoesNotHave() {
        ConfiguredPolicyCatalog catalog = catalog(
                "defaults.order: circuit-breaker, retry, bulkhead",
                "pipelines.inventory.retry.max-attempts: 4",
                "pipelines.inventory.circuit-breaker.enabled: true");

        assertThat(kinds(catalog.pipeline("inventory").current())).containsExactly("CircuitBreaker", "Retry");
    }

    @Test
    void orderNamesPoliciesThatAreConfiguredAloneAndBeans() {
        Bulkhead mine = Bulkhead.ofDefaults("mine");
        ConfiguredPolicyCatalog catalog = ConfiguredPolicyCatalog.builder(options(
                        "pipelines.a.order: rate-limiter:all, rate-limiter:few, circuit-breaker:b, policy:mine",
                        "pipelines.b.circuit-breaker.enabled: true",
                        "rate-limiters.all.limit: 100/1s",
                        "rate-limiters.few.limit: 5/1s"))
                .beans(new Beans().with("mine", mine))
                .build();

        assertThat(catalog.pipeline("a").current().policies())
                .containsExactly(
                        catalog.policy(RateLimiter.class, "all", Map.of()),
                        catalog.policy(RateLimiter.class, "few", Map.of()),
                        catalog.policy(CircuitBreaker.class, "b", Map.of()),
                        mine);
    }

    @Test
    void aPolicyOfABaseIsLeftOutWhereItIsNotEnabled() {
        ConfiguredPolicyCatalog catalog = catalog(
                "configs.base.retry.max-attempts: 4",
                "configs.base.bulkhead.max-concurrent-calls: 4",
                "pipelines.a.base: base",
                "pipelines.a.retry.enabled: false",
                "pipelines.b.base: base",
                "pipelines.b.order: bulkhead, retry",
                "pipelines.b.retry.enabled: false");

        assertThat(kinds(catalog.pipeline("a").current())).containsExactly("Bulkhead");
        assertThat(kinds(catalog.pipeline("b").current())).containsExactly("Bulkhead");
    }

    @Test
    void aPolicyOfThatNameIsThatOfThePipelineIfItHasOne() {
        ConfiguredPolicyCatalog catalog = catalog(
                "pipelines.inventory.circuit-breaker.failure-rate-threshold: 40",
                "pipelines.inventory.attempt-time-limiter.timeout-duration: 100ms");
        Pipeline pipeline = catalog.pipeline("inventory").current();

        assertThat(catalog.policy(CircuitBreaker.class, "inventory", Map.of()))
                .isSameAs(pipeline.policies().get(0));
        assertThat(catalog.policy(TimeLimiter.class, "inventory-attempt", Map.of()))
                .isSameAs(pipeline.policies().get(1));
        assertThat(catalog.policy(Retry.class, "inventory", Map.of()))
                .isSameAs(catalog.policy(Retry.class, "inventory", Map.of()));
    }

    @Test
    void whatIsConfiguredWinsOverInlineValuesAndThoseOverDefaults() {
        ConfiguredPolicyCatalog catalog = catalog(
                "defaults.retry.max-attempts: 9",
                "defaults.retry.max-duration: 9s",
                "defaults.retry.max-retry-after: 9s",
                "retries.mail.max-attempts: 2");
        Map<String, String> inline = Map.of("max-attempts", "5", "max-duration", "5s");

        RetryConfig configured = catalog.policy(Retry.class, "mail", inline).config();
        RetryConfig unknown = catalog.policy(Retry.class, "post", inline).config();

        assertThat(configured.maxAttempts()).isEqualTo(2);
        assertThat(configured.maxDuration()).isEqualTo(Duration.ofSeconds(5));
        assertThat(configured.maxRetryAfter()).isEqualTo(Duration.ofSeconds(9));
        assertThat(unknown.maxAttempts()).isEqualTo(5);
    }

    @Test
    void inlineValuesAreGivenOnceOrAlike() {
        ConfiguredPolicyCatalog catalog = catalog("defaults.retry.max-attempts: 9");
        Retry mail = catalog.policy(Retry.class, "mail", Map.of("max-attempts", "5"));

        assertThat(catalog.policy(Retry.class, "mail", Map.of("max-attempts", "5")))
                .isSameAs(mail);
        assertThat(catalog.policy(Retry.class, "mail", Map.of())).isSameAs(mail);
        assertThatThrownBy(() -> catalog.policy(Retry.class, "mail", Map.of("max-attempts", "6")))
                .hasMessage("retry 'mail' has inline values at two places, {max-attempts=5} and {max-attempts=6}: it is"
                        + " one policy, so give them once, or under mainstay.retries.mail");
    }

    @Test
    void oneLimiterMayHaveSeveralLimits() {
        ConfiguredPolicyCatalog catalog = catalog(
                "rate-limiters.mail.limits[0].limit: 5",
                "rate-limiters.mail.limits[0].period: 1s",
                "rate-limiters.mail.limits[1].type: at-most",
                "rate-limiters.mail.limits[1].limit: 100",
                "rate-limiters.mail.limits[1].period: 1m");

        assertThat(catalog.policy(RateLimiter.class, "mail", Map.of()).config().limits())
                .containsExactly(
                        RateLimit.smooth(5, Duration.ofSeconds(1)), RateLimit.atMost(100, Duration.ofMinutes(1)));
    }

    @Test
    void aKeyedLimiterHasALimitForEachKey() {
        ConfiguredPolicyCatalog catalog = catalog(
                VirtualTime.manual(),
                "pipelines.api.rate-limiter.limit: 1/1s",
                "pipelines.api.rate-limiter.keyed.max-instances: 2");

        KeyedRateLimiter limiter = catalog.policy(KeyedRateLimiter.class, "api", Map.of());

        assertThat(catalog.pipeline("api").current().policies()).containsExactly(limiter);
        assertThat(limiter.tryAcquire("a")).isTrue();
        assertThat(limiter.tryAcquire("a")).isFalse();
        assertThat(limiter.tryAcquire("b")).isTrue();
    }

    @Test
    void aKeyedLimiterThatNobodyConfiguredIsMadeOfInlineValues() {
        KeyedRateLimiter limiter =
                catalog(VirtualTime.manual()).policy(KeyedRateLimiter.class, "api", Map.of("limit", "1/1s"));

        assertThat(limiter.tryAcquire("a")).isTrue();
        assertThat(limiter.tryAcquire("a")).isFalse();
    }

    @Test
    void breakersMayBeKeyedInAPipeline() {
        ConfiguredPolicyCatalog catalog = catalog(
                "pipelines.hosts.circuit-breaker.consecutive-failures: 1",
                "pipelines.hosts.circuit-breaker.keyed.max-instances: 10");
        Pipeline hosts = catalog.pipeline("hosts").current();

        assertThat(hosts.policies().get(0)).isInstanceOf(KeyedRegistry.class);
        assertThatThrownBy(() -> hosts.with(ctx -> ctx.key("a")).run(() -> {
                    throw new IllegalStateException("down");
                }))
                .hasMessage("down");
        assertThatThrownBy(() -> hosts.with(ctx -> ctx.key("a")).run(() -> {}))
                .isInstanceOf(CallRejectedException.class);
        hosts.with(ctx -> ctx.key("b")).run(() -> {});
    }

    @Test
    void customizersHaveTheLastWord() {
        ConfiguredPolicyCatalog catalog = ConfiguredPolicyCatalog.builder(options("pipelines.a.retry.max-attempts: 4"))
                .customizers(List.of(
                        PolicyCustomizer.of(RetryConfig.Builder.class, "a", retry -> retry.maxAttempts(6)),
                        PolicyCustomizer.of(RetryConfig.Builder.class, "b", retry -> retry.maxAttempts(7)),
                        PolicyCustomizer.of(Pipeline.Builder.class, (name, pipeline) -> pipeline.timed(true))))
                .build();

        assertThat(catalog.policy(Retry.class, "a", Map.of()).config().maxAttempts())
                .isEqualTo(6);
        assertThat(catalog.pipeline("a").current().explain()).contains("timed");
    }

    @Test
    void oneSwitchTurnsAllOff() {
        ConfiguredPolicyCatalog catalog =
                catalog("enabled: false", "pipelines.a.circuit-breaker.initial-state: forced-open");

        assertThat(catalog.isEnabled()).isFalse();
        assertThat(catalog.pipeline("a").current().get(() -> "through")).isEqualTo("through");

        catalog.update(options("enabled: true", "pipelines.a.circuit-breaker.initial-state: forced-open"));

        assertThat(catalog.isEnabled()).isTrue();
        assertThatThrownBy(() -> catalog.pipeline("a").current().get(() -> "through"))
                .isInstanceOf(CallRejectedException.class);
    }

    @Test
    void retriesShareABudgetByItsName() {
        ConfiguredPolicyCatalog catalog = catalog(
                "retry-budgets.backend.capacity: 3",
                "pipelines.a.retry.budget: backend",
                "pipelines.b.retry.budget: backend",
                "pipelines.c.retry.budget.capacity: 3");

        Retry a = catalog.policy(Retry.class, "a", Map.of());

        assertThat(a.budget())
                .isSameAs(catalog.policy(Retry.class, "b", Map.of()).budget());
        assertThat(a.budget())
                .isNotSameAs(catalog.policy(Retry.class, "c", Map.of()).budget());
        assertThat(a.budget().tokens()).isEqualTo(3);
    }

    @Test
    void aPipelineNamesItsFallback() {
        Fallback<String> none = Fallback.of("none");
        ConfiguredPolicyCatalog catalog = ConfiguredPolicyCatalog.builder(
                        options("pipelines.a.fallback: nothing", "pipelines.b.retry.max-attempts: 2"))
                .beans(new Beans().with("nothing", none))
                .build();

        assertThat(catalog.fallback("a")).isSameAs(none);
        assertThat(catalog.fallback("b")).isNull();
        assertThat(catalog.fallback("c")).isNull();
    }

    @Test
    void theCarrierOfTheApplicationIsThatOfPipelinesAndOfPoolsUsedAlone() {
        ContextCarrier carrier = () -> () -> () -> {};
        ConfiguredPolicyCatalog catalog = ConfiguredPolicyCatalog.builder(
                        options("pipelines.a.thread-pool.max-threads: 2", "thread-pools.b.max-threads: 2"))
                .contextCarrier(carrier)
                .build();

        assertThat(catalog.contextCarrier()).isSameAs(carrier);
        assertThat(catalog.policy(ThreadPoolBulkhead.class, "a", Map.of())
                        .config()
                        .contextCarrier())
                .isSameAs(ContextCarrier.none());
        assertThat(catalog.policy(ThreadPoolBulkhead.class, "b", Map.of())
                        .config()
                        .contextCarrier())
                .isNotSameAs(ContextCarrier.none());
    }

    @Test
    void closingItClosesItsPools() {
        ConfiguredPolicyCatalog catalog = catalog("thread-pools.b.max-threads: 2");
        ThreadPoolBulkhead pool = catalog.policy(ThreadPoolBulkhead.class, "b", Map.of());

        catalog.close();

        assertThatThrownBy(() -> pool.run(() -> {})).isInstanceOf(CallRejectedException.class);
    }

    private static List<String> kinds(Pipeline pipeline) {
        return pipeline.policies().stream()
                .map((Policy each) -> each.getClass().getSimpleName())
                .toList();
    }
}
