package dev.mainstay.spring.options;

import static dev.mainstay.spring.options.Catalogs.catalog;
import static dev.mainstay.spring.options.Catalogs.options;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyEvent;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.BulkheadConfig;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.event.EventLog;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.event.Subscription;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterReadings;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.retry.Retry;
import dev.mainstay.spring.PolicyCatalog.PipelineHandle;
import dev.mainstay.time.VirtualTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Options that change while calls go through. */
class LiveChangeTest {

    private static final String BREAKER = "pipelines.a.circuit-breaker.consecutive-failures: 2";

    @Test
    void aPolicyKeepsItsState() {
        ConfiguredPolicyCatalog catalog = catalog(VirtualTime.manual(), BREAKER);
        Pipeline before = catalog.pipeline("a").current();
        fail(before);
        fail(before);

        catalog.update(options(BREAKER, "pipelines.a.circuit-breaker.failure-rate-threshold: 33"));

        CircuitBreaker breaker = catalog.policy(CircuitBreaker.class, "a", Map.of());
        assertThat(catalog.pipeline("a").current()).isSameAs(before);
        assertThat(breaker.config().failureRateThreshold()).isEqualTo(33);
        assertThat(breaker.state()).isEqualTo(CircuitBreaker.State.OPEN);
    }

    @Test
    void anOptionThatIsGoneHasItsDefaultAgain() {
        ConfiguredPolicyCatalog catalog = catalog(BREAKER, "pipelines.a.circuit-breaker.failure-rate-threshold: 33");

        catalog.update(options(BREAKER));

        assertThat(catalog.policy(CircuitBreaker.class, "a", Map.of()).config().failureRateThreshold())
                .isEqualTo(50);
    }

    @Test
    void aPolicyKeepsItsMeters() {
        ConfiguredPolicyCatalog catalog = catalog(VirtualTime.manual(), BREAKER, "pipelines.a.timed: true");
        Counting counting = new Counting();
        catalog.describe(counting);
        fail(catalog.pipeline("a").current());
        Set<String> names = new TreeSet<>(counting.names);

        catalog.update(options(
                BREAKER,
                "pipelines.a.timed: true",
                "pipelines.a.circuit-breaker.failure-rate-threshold: 33",
                "pipelines.a.retry.max-attempts: 1"));
        fail(catalog.pipeline("a").current());

        assertThat(counting.names).containsAll(names);
        assertThat(counting.removed).isZero();
        assertThat(reading(catalog, "breaker.calls", "failure")).isEqualTo(2);
    }

    @Test
    void theMetersOfAPolicyThatGoesGoWithIt() {
        ConfiguredPolicyCatalog catalog = catalog(BREAKER, "pipelines.a.bulkhead.max-concurrent-calls: 2");
        Counting counting = new Counting();
        catalog.describe(counting);

        catalog.update(options(BREAKER));

        assertThat(counting.removed).isOne();
        assertThat(counting.names).noneMatch(name -> name.startsWith("bulkhead"));
    }

    @Test
    void thoseWhoListenGoOnListening() {
        ConfiguredPolicyCatalog catalog = catalog(VirtualTime.manual(), BREAKER);
        EventLog log = EventLog.ofLast(100);
        catalog.pipeline("a").current().subscribe(MainstayEvent.class, log);

        catalog.update(options(BREAKER, "pipelines.a.circuit-breaker.failure-rate-threshold: 33"));
        fail(catalog.pipeline("a").current());

        assertThat(log.events(PolicyEvent.Reconfigured.class)).hasSize(1);
        assertThat(log.events(PolicyEvent.CallEnded.class)).hasSize(1);
    }

    @Test
    void aPolicyWhoseOptionsStayIsLeftAlone() {
        ConfiguredPolicyCatalog catalog = catalog(BREAKER, "bulkheads.b.max-concurrent-calls: 2");
        Bulkhead bulkhead = catalog.policy(Bulkhead.class, "b", Map.of());
        bulkhead.reconfigure((BulkheadConfig config) ->
                config.toBuilder().maxConcurrentCalls(7).build());

        catalog.update(options(
                BREAKER,
                "bulkheads.b.max-concurrent-calls: 2",
                "pipelines.a.circuit-breaker.failure-rate-threshold: 33"));

        assertThat(bulkhead.limit()).isEqualTo(7);
    }

    @Test
    void aWrongChangeKeepsTheOldWholeAndSaysSo() {
        ConfiguredPolicyCatalog catalog = catalog(BREAKER, "bulkheads.b.max-concurrent-calls: 2");
        MainstayOptions before = catalog.options();

        assertThatThrownBy(() -> catalog.update(options(
                        BREAKER,
                        "bulkheads.b.max-concurrent-calls: 3",
                        "pipelines.a.circuit-breaker.failure-rate-threshold: 0.5")))
                .isInstanceOf(InvalidOptionException.class)
                .hasMessage(
                        "circuit breaker 'a': failureRateThreshold is 0.5 but must be a percentage of 1 or more: write"
                                + " 50.0 for a share of 0.5"
                                + " (mainstay.pipelines.a.circuit-breaker.failure-rate-threshold)");

        assertThat(catalog.options()).isSameAs(before);
        assertThat(catalog.policy(Bulkhead.class, "b", Map.of()).limit()).isEqualTo(2);
    }

    @Test
    void whatCannotBeChangedLiveRejectsTheWholeChange() {
        Beans beans =
                new Beans().with("one", (Executor) Runnable::run).with("other", (Executor) command -> command.run());
        ConfiguredPolicyCatalog catalog = ConfiguredPolicyCatalog.builder(
                        options("thread-pools.p.executor: one", "bulkheads.b.max-concurrent-calls: 2"))
                .beans(beans)
                .build();

        assertThatThrownBy(() -> catalog.update(
                        options("thread-pools.p.executor: other", "bulkheads.b.max-concurrent-calls: 3")))
                .hasMessageContaining("executor is")
                .hasMessageEndingWith("but must be the one it was made with (mainstay.thread-pools.p.executor)");

        assertThat(catalog.policy(Bulkhead.class, "b", Map.of()).limit()).isEqualTo(2);
        catalog.update(options("thread-pools.p.executor: one", "bulkheads.b.max-concurrent-calls: 4"));
        assertThat(catalog.policy(Bulkhead.class, "b", Map.of()).limit()).isEqualTo(4);
    }

    @Test
    void aPipelineGetsAndLosesPoliciesBehindTheSameHandle() {
        ConfiguredPolicyCatalog catalog = catalog(BREAKER, "pipelines.a.bulkhead.max-concurrent-calls: 2");
        PipelineHandle handle = catalog.pipeline("a");
        List<Policy> before = handle.current().policies();

        catalog.update(options(BREAKER, "pipelines.a.retry.max-attempts: 2"));

        assertThat(catalog.pipeline("a")).isSameAs(handle);
        assertThat(handle.current().policies())
                .hasSize(2)
                .contains(before.get(0))
                .doesNotContain(before.get(1));
    }

    @Test
    void pipelinesAreAddedAndThoseThatAreGoneStay() {
        ConfiguredPolicyCatalog catalog = catalog(BREAKER);
        PipelineHandle a = catalog.pipeline("a");
        Pipeline before = a.current();

        catalog.update(options("pipelines.b.retry.max-attempts: 2"));

        assertThat(catalog.pipelineNames()).containsExactly("a", "b");
        assertThat(a.current()).isSameAs(before);
        assertThat(catalog.policy(CircuitBreaker.class, "a", Map.of()).config().consecutiveFailures())
                .isEqualTo(2);
    }

    @Test
    void aPolicyThatSomebodyHasStaysTheirsWithWhatIsLeftOfItsOptions() {
        ConfiguredPolicyCatalog catalog = catalog("retries.r.max-attempts: 7");
        Retry retry = catalog.policy(Retry.class, "r", Map.of("max-duration", "5s"));

        catalog.update(options("defaults.retry.max-attempts: 6"));

        assertThat(catalog.policy(Retry.class, "r", Map.of())).isSameAs(retry);
        assertThat(retry.config().maxAttempts()).isEqualTo(6);
        assertThat(retry.config().maxDuration()).hasSeconds(5);
    }

    @Test
    void aBudgetKeepsWhatIsInIt() {
        ConfiguredPolicyCatalog catalog =
                catalog("retry-budgets.shared.capacity: 4", "retries.a.budget: shared", "retries.b.budget.capacity: 5");
        Retry a = catalog.policy(Retry.class, "a", Map.of());
        Retry b = catalog.policy(Retry.class, "b", Map.of());
        var shared = a.budget();
        var own = b.budget();

        catalog.update(options(
                "retry-budgets.shared.capacity: 4",
                "retries.a.budget: shared",
                "retries.a.max-attempts: 5",
                "retries.b.budget.capacity: 5",
                "retries.b.max-attempts: 5"));

        assertThat(a.budget()).isSameAs(shared);
        assertThat(b.budget()).isSameAs(own);

        catalog.update(
                options("retry-budgets.shared.capacity: 9", "retries.a.budget: shared", "retries.a.max-attempts: 5"));

        assertThat(a.budget().tokens()).isEqualTo(9);
    }

    @Test
    void oneChangeAtATime() {
        ConfiguredPolicyCatalog catalog = catalog("retries.r.max-attempts: 7");
        Retry retry = catalog.policy(Retry.class, "r", Map.of());
        Throwable[] thrown = new Throwable[1];
        retry.subscribe(PolicyEvent.Reconfigured.class, event -> {
            try {
                catalog.update(options("retries.r.max-attempts: 9"));
            } catch (IllegalStateException e) {
                thrown[0] = e;
            }
        });

        catalog.update(options("retries.r.max-attempts: 8"));

        assertThat(thrown[0]).hasMessage("Another change of options is being made: try again when it has ended");
        assertThat(retry.config().maxAttempts()).isEqualTo(8);
    }

    @Test
    void aPolicyThatIsAskedForDuringAChangeIsOneAndHasTheOptionsOfTheChange() throws Exception {
        for (int round = 0; round < 50; round++) {
            ConfiguredPolicyCatalog catalog = catalog("defaults.retry.max-attempts: 4");
            List<CompletableFuture<Retry>> asked = IntStream.range(0, 3)
                    .mapToObj(i -> CompletableFuture.supplyAsync(() -> catalog.policy(Retry.class, "r", Map.of())))
                    .toList();
            catalog.update(options("defaults.retry.max-attempts: 5"));

            Retry retry = catalog.policy(Retry.class, "r", Map.of());
            for (CompletableFuture<Retry> each : asked) {
                assertThat(each.get()).isSameAs(retry);
            }
            assertThat(retry.config().maxAttempts()).isEqualTo(5);
        }
    }

    @Test
    void aPoolThatIsChangedKeepsItsThreads() {
        ConfiguredPolicyCatalog catalog = catalog("pipelines.a.thread-pool.max-threads: 2");
        ThreadPoolBulkhead pool = catalog.policy(ThreadPoolBulkhead.class, "a", Map.of());

        catalog.update(options("pipelines.a.thread-pool.max-threads: 3"));

        assertThat(catalog.pipeline("a").current().policies()).containsExactly(pool);
        assertThat(pool.limit()).isEqualTo(3);
        catalog.close();
    }

    private static void fail(Pipeline pipeline) {
        assertThatThrownBy(() -> pipeline.run(() -> {
                    throw new IllegalStateException("down");
                }))
                .hasMessage("down");
    }

    private static double reading(ConfiguredPolicyCatalog catalog, String name, String outcome) {
        MeterReadings readings = new MeterReadings();
        catalog.describe(readings);
        return readings.values().entrySet().stream()
                .filter(each -> each.getKey().name().endsWith(name)
                        && outcome.equals(each.getKey().tags().get("outcome")))
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }

    /** Follows members, as a binding to a meter registry does. */
    private static final class Counting implements MeterSink {

        final Set<String> names = new TreeSet<>();
        int removed;

        @Override
        public void counter(MeterId id, LongSupplier count) {
            if (count instanceof dev.mainstay.meter.CallCounter counter) {
                counter.start();
            }
            names.add(id.name() + id.tags());
        }

        @Override
        public void gauge(MeterId id, DoubleSupplier value) {
            names.add(id.name() + id.tags());
        }

        @Override
        public void timer(MeterId id, Recorder recorder) {
            names.add(id.name() + id.tags());
        }

        @Override
        public void members(Members members) {
            Subscription unused = members.watch(source -> {
                Set<String> before = new TreeSet<>(names);
                source.describe(this);
                Set<String> mine = new TreeSet<>(names);
                mine.removeAll(before);
                return () -> {
                    removed++;
                    names.removeAll(mine);
                };
            });
            assertThat(unused).isNotNull();
        }
    }
}
