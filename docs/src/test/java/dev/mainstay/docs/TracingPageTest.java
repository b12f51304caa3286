package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Pipeline;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.NotableEvent;
import dev.mainstay.micrometer.ContextPropagation;
import dev.mainstay.micrometer.Observed;
import dev.mainstay.micrometer.PipelineObservation;
import dev.mainstay.micrometer.PipelineObservationContext;
import dev.mainstay.micrometer.PipelineObservationConvention;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.VirtualTime;
import io.micrometer.common.KeyValues;
import io.micrometer.common.docs.KeyName;
import io.micrometer.context.ContextRegistry;
import io.micrometer.context.integration.Slf4jThreadLocalAccessor;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistry;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

class TracingPageTest {

    private final VirtualTime time = VirtualTime.create();
    private final InventoryClient client = new InventoryClient(time);
    private final TestObservationRegistry tested = TestObservationRegistry.create();
    private final ObservationRegistry observationRegistry = tested;
    private final Retry retry =
            Retry.of("inventory", config -> config.timeSource(time).backoff(Backoff.none()));
    private final CircuitBreaker breaker = CircuitBreaker.of("inventory", config -> config.timeSource(time));

    @Test
    void usage() throws IOException {
        client.failsTimes(1);
        // begin: usage
        Pipeline pipeline = Pipeline.of("inventory", retry, breaker);
        Observed inventory = Observed.of(pipeline, observationRegistry);

        Stock stock = inventory.call(() -> client.stockOf("sku-7"));
        // end: usage
        assertThat(stock.pieces()).isEqualTo(7);
        assertThat(tested)
                .hasSingleObservationThat()
                .hasNameEqualTo("mainstay.pipeline.calls")
                .hasContextualNameEqualTo("inventory")
                .hasBeenStopped();
    }

    @Test
    void context() throws Exception {
        try (ThreadPoolBulkhead pool = ThreadPoolBulkhead.ofDefaults("inventory")) {
            // begin: context
            ContextRegistry.getInstance().registerThreadLocalAccessor(new Slf4jThreadLocalAccessor());

            Pipeline pipeline = Pipeline.builder("inventory")
                    .policies(pool)
                    .contextCarrier(ContextPropagation.carrier())
                    .build();
            Observed inventory = Observed.of(pipeline, observationRegistry);
            // end: context
            MDC.put("order", "4711");
            assertThat(inventory.call(() -> MDC.get("order"))).isEqualTo("4711");
            assertThat(inventory.call(
                            () -> observationRegistry.getCurrentObservation().getContext()))
                    .isInstanceOf(PipelineObservationContext.class);
        } finally {
            ContextRegistry.getInstance().removeThreadLocalAccessor(Slf4jThreadLocalAccessor.KEY);
            MDC.clear();
        }
    }

    @Test
    void convention() {
        Pipeline pipeline = Pipeline.of("inventory", retry);
        // begin: convention
        PipelineObservationConvention convention = new PipelineObservationConvention() {
            @Override
            public String getName() {
                return "guarded.calls";
            }

            @Override
            public KeyValues getLowCardinalityKeyValues(PipelineObservationContext context) {
                return PipelineObservationConvention.super
                        .getLowCardinalityKeyValues(context)
                        .and("team", "warehouse");
            }
        };
        Observed inventory = Observed.of(pipeline, observationRegistry, convention);
        // end: convention
        inventory.run(() -> {});
        assertThat(tested)
                .hasSingleObservationThat()
                .hasNameEqualTo("guarded.calls")
                .hasLowCardinalityKeyValue("name", "inventory")
                .hasLowCardinalityKeyValue("team", "warehouse");
    }

    // begin: turning-point
    /** A second request was sent because the first took long. */
    record HedgeStarted(String policy, long nanoTime, CallContext context, long afterNanos) implements NotableEvent {

        @Override
        public String label() {
            return "hedge";
        }

        @Override
        public String detail() {
            return "after " + Nanos.format(afterNanos);
        }
    }
    // end: turning-point

    @Test
    void turningPointsHaveALabelAndADetail() {
        NotableEvent point = new HedgeStarted("inventory", 0, CallContext.plain(), 20_000_000);
        assertThat(point.label() + " " + point.detail()).isEqualTo("hedge after 20ms");
    }

    @Test
    void close() {
        Observed inventory = Observed.of(Pipeline.of("inventory", retry), observationRegistry);
        // begin: close
        inventory.close();
        // end: close
        inventory.run(() -> {});
        assertThat(tested).doesNotHaveAnyObservation();
    }

    @Test
    void thePageHasAllKeysAndEvents() {
        Page page = Page.read("docs/tracing.md");

        assertThat(page.tableRows("Keys").stream().map(row -> row.get("Key")))
                .containsExactlyElementsOf(Stream.of(PipelineObservation.CALL.getLowCardinalityKeyNames())
                        .map(KeyName::asString)
                        .toList());
        assertThat(page.tableRows("Events").stream().map(row -> row.get("Event")))
                .containsExactlyElementsOf(Stream.of(PipelineObservation.CALL.getEvents())
                        .map(Observation.Event::getName)
                        .toList());
        List<String> parts =
                List.of("About", "Usage", "Keys", "Events", "Defaults", "Failure handling", "Anti-patterns");
        assertThat(page.sections()).containsSubsequence(parts);
    }
}
