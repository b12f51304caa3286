package dev.mainstay.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Chain;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.TimeLimiter;
import dev.mainstay.TypedPipeline;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreakerConfig;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.registry.Registry;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.VirtualTime;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class MainstayMetricsTest {

    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final VirtualTime time = VirtualTime.create();

    // ---- every meter of every policy

    @Test
    void everyMeterThatPoliciesDescribeIsInTheRegistryWithItsTagsDescriptionAndUnit() {
        List<Policy> policies = List.of(
                CircuitBreaker.ofDefaults("a"),
                Bulkhead.ofDefaults("b"),
                ThreadPoolBulkhead.of("c", config -> config.maxThreads(1)),
                RateLimiter.of("d", RateLimit.smooth(10, Duration.ofSeconds(1))),
                Retry.ofDefaults("e"),
                TimeLimiter.ofDefaults("f"),
                Pipeline.builder("g").timed(true).build(),
                KeyedRegistry.of("h", CircuitBreaker::ofDefaults));

        MainstayMetrics.bind(registry, policies.toArray(Policy[]::new));

        Map<String, MeterId> described = new TreeMap<>();
        MeterSink collect = new MeterSink() {
            @Override
            public void counter(MeterId id, LongSupplier count) {
                described.put("COUNTER mainstay." + id, id);
            }

            @Override
            public void gauge(MeterId id, DoubleSupplier value) {
                described.put("GAUGE mainstay." + id, id);
            }

            @Override
            public void timer(MeterId id, Recorder recorder) {
                described.put("TIMER mainstay." + id, id);
            }
        };
        policies.forEach(policy -> PolicyAccess.describe(policy, collect));
        assertThat(described).hasSizeGreaterThan(60);
        Map<String, Meter> registered = registry.getMeters().stream()
                .collect(Collectors.toMap(
                        meter -> meter.getId().getType() + " " + meter.getId().getName() + tagsOf(meter),
                        meter -> meter,
                        (one, other) -> one,
                        TreeMap::new));
        assertThat(registered.keySet()).isEqualTo(described.keySet());
        registered.forEach((key, meter) -> {
            assertThat(meter.getId().getDescription())
                    .as(key)
                    .isEqualTo(described.get(key).description());
            assertThat(meter.getId().getBaseUnit())
                    .as(key)
                    .isEqualTo(
                            described.get(key).unit().isEmpty()
                                    ? null
                                    : described.get(key).unit());
        });
    }

    @Test
    void whatIsReadIsWhatThePolicyKnows() throws IOException {
        CircuitBreaker breaker = CircuitBreaker.of(
                "inventory", config -> config.minimumNumberOfCalls(2).slidingWindowSize(4));
        MainstayMetrics.bind(registry, breaker);

        breaker.run(() -> {});
        fail(breaker);
        assertThat(count("mainstay.breaker.calls", "outcome", "success")).isEqualTo(1);
        assertThat(count("mainstay.breaker.calls", "outcome", "failure")).isEqualTo(1);
        assertThat(gauge("mainstay.breaker.failure.rate")).isEqualTo(50);
        assertThat(gauge("mainstay.breaker.state", "state", "open")).isEqualTo(1);
        assertThat(gauge("mainstay.breaker.state", "state", "closed")).isZero();

        assertThat(breaker.tryAcquirePermit().orElse(null)).isNull();
        assertThat(count("mainstay.breaker.rejected", "state", "open")).isEqualTo(1);
        breaker.reset();
        assertThat(gauge("mainstay.breaker.state", "state", "closed")).isEqualTo(1);
    }

    @Test
    void aPipelineWithAFallbackIsBoundAsThePipelineIs() {
        TypedPipeline<String> typed = Pipeline.builder("inventory")
                .policies(CircuitBreaker.ofDefaults("inventory"))
                .timed(true)
                .build()
                .with(context -> context.key("sku-7"))
                .withFallback("instead");
        MainstayMetrics.bind(registry, typed);

        assertThat(typed.call(() -> "own")).isEqualTo("own");
        assertThat(typed.get(() -> {
                    throw new IllegalStateException("down");
                }))
                .isEqualTo("instead");

        assertThat(count("mainstay.breaker.calls", "outcome", "success")).isEqualTo(1);
        assertThat(count("mainstay.breaker.calls", "outcome", "failure")).isEqualTo(1);
        assertThat(registry.get("mainstay.pipeline.calls")
                        .tags("name", "inventory", "outcome", "error")
                        .timer()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void aPipelineShowsAllItsPoliciesAndItsTimer() throws InterruptedException {
        Pipeline pipeline = Pipeline.builder("inventory")
                .policies(
                        Retry.of("inventory", config -> config.timeSource(time)),
                        TimeLimiter.of("inventory", config -> config.timeSource(time)))
                .timed(true)
                .build();
        MainstayMetrics.bind(registry, pipeline);

        pipeline.run(() -> time.sleep(TimeUnit.MILLISECONDS.toNanos(250)));

        Timer timer = registry.get("mainstay.pipeline.calls")
                .tags("name", "inventory", "outcome", "success")
                .timer();
        assertThat(timer.count()).isEqualTo(1);
        assertThat(timer.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(250);
        assertThat(count("mainstay.retry.attempts")).isEqualTo(1);
        assertThat(count("mainstay.timelimiter.calls", "outcome", "success")).isEqualTo(1);
    }

    @Test
    void aPolicyOfTheUsersOwnShowsItsMeters() {
        Toll toll = new Toll();
        MainstayMetrics.bind(registry, Pipeline.of("with toll", toll));

        toll.run(() -> {});
        toll.run(() -> {});

        assertThat(count("mainstay.toll.paid", "currency", "euro")).isEqualTo(2);
        assertThat(gauge("mainstay.toll.price")).isEqualTo(1.5);
        assertThat(registry.get("mainstay.toll.wait").timer().totalTime(TimeUnit.SECONDS))
                .isEqualTo(2);
    }

    // ---- names, tags, timers

    @Test
    void everyMeterGetsTheCommonTagsBesidesItsOwn() {
        MainstayMetrics.builder(CircuitBreaker.ofDefaults("a"), Bulkhead.ofDefaults("b"))
                .tags("region", "north")
                .tags(List.of(Tag.of("cell", "7")))
                .build()
                .bindTo(registry);

        assertThat(registry.getMeters()).isNotEmpty().allSatisfy(meter -> {
            assertThat(meter.getId().getTags()).contains(Tag.of("region", "north"), Tag.of("cell", "7"));
            assertThat(meter.getId().getTag("name")).isIn("a", "b");
        });
    }

    @Test
    void namesAndTagsAreTheUsersToChoose() {
        MainstayMetrics.builder(Bulkhead.ofDefaults("inventory"))
                .naming(id -> new MeterId(
                        "shop." + id.name(),
                        id.description(),
                        id.unit(),
                        Map.of("policy", id.tags().get("name"))))
                .build()
                .bindTo(registry);

        assertThat(registry.get("shop.bulkhead.limit")
                        .tags("policy", "inventory")
                        .gauge()
                        .value())
                .isEqualTo(25);
        assertThat(registry.getMeters())
                .allSatisfy(meter -> assertThat(meter.getId().getName()).startsWith("shop."));
    }

    @Test
    void timersHavePercentilesAndHistogramsIfAsked() {
        Pipeline pipeline = Pipeline.builder("p").timed(true).build();
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        MainstayMetrics.builder(pipeline).percentiles(0.5, 0.99).build().bindTo(registry);
        MainstayMetrics.builder(pipeline).histogram(true).build().bindTo(prometheus);

        pipeline.run(() -> {});

        assertThat(registry.get("mainstay.pipeline.calls")
                        .tags("outcome", "success")
                        .timer()
                        .takeSnapshot()
                        .percentileValues())
                .extracting(ValueAtPercentile::percentile)
                .containsExactly(0.5, 0.99);
        assertThat(prometheus.scrape())
                .contains("mainstay_pipeline_calls_seconds_bucket{name=\"p\",outcome=\"success\",le=\"+Inf\"} 1");
    }

    @Test
    void timersHaveNeitherUnlessAsked() {
        Pipeline pipeline = Pipeline.builder("p").timed(true).build();
        MainstayMetrics.bind(registry, pipeline);

        var snapshot = registry.get("mainstay.pipeline.calls")
                .tags("outcome", "success")
                .timer()
                .takeSnapshot();
        assertThat(snapshot.percentileValues()).isEmpty();
        assertThat(snapshot.histogramCounts()).isEmpty();
    }

    @Test
    void aPercentileMustBeAShare() {
        assertThatThrownBy(() -> MainstayMetrics.builder().percentiles(0.5, 99))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("percentiles is [0.5, 99.0] but must be from 0 to 1");
    }

    // ---- instances that come and go

    @Test
    void instancesOfARegistryAppearAndVanish() {
        Registry<CircuitBreaker, CircuitBreakerConfig> breakers = Registry.builder(
                        CircuitBreaker::of, CircuitBreakerConfig.defaults())
                .build();
        breakers.get("before");
        MainstayMetrics metrics = MainstayMetrics.bind(registry, breakers);
        assertThat(names()).containsExactly("before");

        breakers.get("after").run(() -> {});
        assertThat(names()).containsExactly("after", "before");
        assertThat(registry.get("mainstay.breaker.calls")
                        .tags("name", "after", "outcome", "success")
                        .functionCounter()
                        .count())
                .isEqualTo(1);

        breakers.remove("before");
        assertThat(names()).containsExactly("after");

        metrics.close();
        breakers.get("too late");
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void keyedInstancesAreShownTogether() {
        KeyedRegistry<Bulkhead> tenants = KeyedRegistry.of("tenants", Bulkhead::ofDefaults);
        MainstayMetrics.bind(registry, Pipeline.of("p", tenants));

        tenants.with(context -> context.key("a")).run(() -> {});
        tenants.with(context -> context.key("b")).run(() -> {});

        assertThat(names()).containsExactly("tenants");
        assertThat(count("mainstay.bulkhead.admitted")).isEqualTo(2);
        assertThat(gauge("mainstay.registry.instances")).isEqualTo(2);
    }

    @Test
    void keyedInstancesWithMetersOfTheirOwnAppearAndAreEvicted() {
        KeyedRegistry<Bulkhead> tenants = KeyedRegistry.<Bulkhead>builder("tenants", Bulkhead::ofDefaults)
                .metersPerKey(true)
                .maxInstances(2)
                .build();
        MainstayMetrics.bind(registry, tenants);

        for (String tenant : List.of("a", "b", "c")) {
            tenants.with(context -> context.key(tenant)).run(() -> {});
        }

        assertThat(tenants.all()).hasSize(3);
        assertThat(names()).hasSize(4).contains("tenants", "tenants[c]");
        assertThat(registry.get("mainstay.bulkhead.admitted")
                        .tags("name", "tenants[c]")
                        .functionCounter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void anInstanceThatTakesTheNameOfOneThatIsLeavingGetsItsMeters() {
        Bulkhead first = Bulkhead.of("same", config -> config.maxConcurrentCalls(1));
        Bulkhead second = Bulkhead.of("same", config -> config.maxConcurrentCalls(2));
        Binding binding = new Binding(registry, new MeterStyle(MeterNaming.standard(), Tags.empty(), null, false));

        var one = binding.bind(List.of(first));
        var other = binding.bind(List.of(second));
        assertThat(gauge("mainstay.bulkhead.limit")).isEqualTo(1);
        one.close();
        assertThat(gauge("mainstay.bulkhead.limit")).isEqualTo(2);
        other.close();
        assertThat(registry.getMeters()).isEmpty();
    }

    // ---- many keys

    /** Counts how many meters are handed out when all are asked for. */
    private static final class CountingRegistry extends SimpleMeterRegistry {

        private long copied;

        @Override
        public List<Meter> getMeters() {
            List<Meter> meters = super.getMeters();
            copied += meters.size();
            return meters;
        }
    }

    @Test
    void aNewKeyCostsTheSameHoweverManyMetersThereAre() {
        CountingRegistry counting = new CountingRegistry();
        KeyedRegistry<Bulkhead> hosts = KeyedRegistry.<Bulkhead>builder("hosts", Bulkhead::ofDefaults)
                .maxInstances(500)
                .metersPerKey(true)
                .build();
        MainstayMetrics.bind(counting, hosts);
        counting.copied = 0;
        for (int i = 0; i < 1_000; i++) {
            hosts.get("host " + i);
        }
        assertThat(counting.copied).isZero();
        assertThat(counting.getMeters()).hasSizeGreaterThan(1_000);
    }

    @Test
    void ofKeysThatLookAlikeEachHasItsOwnMeters() {
        KeyedRegistry<Bulkhead> hosts = KeyedRegistry.<Bulkhead>builder("hosts", Bulkhead::ofDefaults)
                .metersPerKey(true)
                .build();
        MainstayMetrics.bind(registry, hosts);
        List<Object> keys = List.of("1", 1, 1L, "shared", "a\nb", "a\rb", "x".repeat(300) + 1, "x".repeat(300) + 2);
        keys.forEach(hosts::get);
        List<String> names = registry.find("mainstay.bulkhead.in.use").gauges().stream()
                .map(gauge -> gauge.getId().getTag("name"))
                .toList();
        assertThat(names)
                .hasSize(keys.size() + 1)
                .doesNotHaveDuplicates()
                .allSatisfy(name -> assertThat(name).hasSizeLessThan(200).doesNotContain("\n", "\r"));
    }

    // ---- twice, and not at all

    @Test
    void bindingTwiceCountsNothingTwice() {
        Pipeline pipeline = Pipeline.builder("p").timed(true).build();
        MainstayMetrics metrics = MainstayMetrics.bind(registry, pipeline, pipeline);
        int meters = registry.getMeters().size();
        metrics.bindTo(registry);
        MainstayMetrics again = MainstayMetrics.bind(registry, Pipeline.of("around it", pipeline));
        assertThat(registry.getMeters()).hasSize(meters);

        pipeline.run(() -> {});
        assertThat(timed("success")).isEqualTo(1);

        again.close();
        pipeline.run(() -> {});
        assertThat(timed("success")).isEqualTo(2);

        metrics.close();
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void twoPoliciesOfOneNameAreToldApartInTheLog() {
        try (LogOf log = new LogOf(MainstayMetrics.class)) {
            CircuitBreaker breaker = CircuitBreaker.ofDefaults("same");
            MainstayMetrics.bind(registry, breaker, Pipeline.of("p", breaker));
            assertThat(log.lines()).isEmpty();
            MainstayMetrics.bind(
                    new SimpleMeterRegistry(), breaker, CircuitBreaker.ofDefaults("same"), Bulkhead.ofDefaults("same"));
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .startsWith("WARN Two policies have the meter ")
                    .contains("meter=\"mainstay.breaker.");
        }
    }

    @Test
    void oneBindingServesSeveralRegistries() {
        MeterRegistry second = new SimpleMeterRegistry();
        Pipeline pipeline = Pipeline.builder("p").timed(true).build();
        MainstayMetrics metrics = MainstayMetrics.bind(registry, pipeline);
        metrics.bindTo(second);

        pipeline.run(() -> {});
        assertThat(timed("success")).isEqualTo(1);
        assertThat(second.get("mainstay.pipeline.calls")
                        .tags("outcome", "success")
                        .timer()
                        .count())
                .isEqualTo(1);

        metrics.unbindFrom(registry);
        assertThat(registry.getMeters()).isEmpty();
        assertThat(second.getMeters()).isNotEmpty();
        metrics.close();
        assertThat(second.getMeters()).isEmpty();
    }

    @Test
    void metersThatAreNotOursStay() {
        io.micrometer.core.instrument.Counter theirs = registry.counter("theirs");
        MainstayMetrics.bind(registry, Bulkhead.ofDefaults("b")).close();
        assertThat(registry.getMeters()).containsExactly(theirs);
    }

    @Test
    void whatIsUnboundMayBeBoundAgainAndGoesOnCounting() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("a");
        MainstayMetrics metrics = MainstayMetrics.bind(registry, breaker);
        breaker.run(() -> {});
        metrics.close();
        breaker.run(() -> {});
        metrics.bindTo(registry);
        assertThat(count("mainstay.breaker.calls", "outcome", "success")).isEqualTo(2);
    }

    @Test
    void whileItIsBoundThePolicyLivesAndAfterThatNothingHoldsIt() throws InterruptedException {
        List<Recorder> recorders = new ArrayList<>();
        WeakReference<Toll> toll = bindAndForget(recorders);

        collectGarbage();
        assertThat(count("mainstay.toll.paid")).isEqualTo(1);
        assertThat(gauge("mainstay.toll.price")).isEqualTo(1.5);
        assertThat(recorders).hasSize(1).allMatch(Recorder::isActive);

        unbind();
        assertThat(recorders).noneMatch(Recorder::isActive);
        assertThat(registry.getMeters()).isEmpty();
        for (int i = 0; i < 50 && toll.get() != null; i++) {
            collectGarbage();
        }
        assertThat(toll.get()).isNull();
    }

    private WeakReference<Toll> bindAndForget(List<Recorder> recorders) {
        Toll toll = new Toll();
        metricsOfToll = MainstayMetrics.bind(registry, toll);
        toll.run(() -> {});
        recorders.add(toll.waits);
        return new WeakReference<>(toll);
    }

    private void unbind() {
        metricsOfToll.close();
        metricsOfToll = null;
    }

    private MainstayMetrics metricsOfToll;

    @SuppressWarnings("CallToSystemGC")
    private static void collectGarbage() throws InterruptedException {
        System.gc();
        System.runFinalization();
    }

    // ---- reading

    private double count(String name, String... tags) {
        return registry.get(name).tags(tags).functionCounter().count();
    }

    private double gauge(String name, String... tags) {
        return registry.get(name).tags(tags).gauge().value();
    }

    private long timed(String outcome) {
        return registry.get("mainstay.pipeline.calls")
                .tags("outcome", outcome)
                .timer()
                .count();
    }

    private List<String> names() {
        return registry.getMeters().stream()
                .map(meter -> meter.getId().getTag("name"))
                .distinct()
                .sorted()
                .toList();
    }

    private static Map<String, String> tagsOf(Meter meter) {
        return meter.getId().getTags().stream()
                .collect(Collectors.toMap(Tag::getKey, Tag::getValue, (one, other) -> one, TreeMap::new));
    }

    private static void fail(CircuitBreaker breaker) {
        assertThatThrownBy(() -> breaker.run(() -> {
                    throw new IOException("down");
                }))
                .isInstanceOf(IOException.class);
    }

    /** A policy as a user may write one: this module knows nothing of it. */
    private static final class Toll extends Policy {

        private final CallCounter paid = new CallCounter();
        private final Recorder waits = new Recorder();

        @Override
        public String name() {
            return "toll";
        }

        @Override
        public <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
            paid.increment();
            waits.record(TimeUnit.SECONDS.toNanos(1));
            return inner.proceed(context, now, body);
        }

        @Override
        public <T> CompletableFuture<T> aroundAsync(
                CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
            paid.increment();
            return inner.proceedAsync(context, now, body);
        }

        @Override
        public void describe(MeterSink sink) {
            sink.counter(
                    MeterId.of("toll.paid", name(), "Calls that have paid", "calls")
                            .tag("currency", "euro"),
                    paid);
            sink.gauge(MeterId.of("toll.price", name(), "What a call pays", "euros"), () -> 1.5);
            sink.timer(MeterId.of("toll.wait", name(), "How long calls look for coins", "seconds"), waits);
        }
    }
}
