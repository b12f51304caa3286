package dev.mainstay.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Pipeline;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A call through a pipeline that is timed and observed is measured once, under one name. */
class MeasuredOnceTest {

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final ObservationRegistry observations = ObservationRegistry.create();
    private final Pipeline inner = Pipeline.builder("inner").timed(true).build();
    private final Pipeline inventory =
            Pipeline.builder("inventory").policies(inner).timed(true).build();
    private final Observed observed = Observed.of(inventory, observations);

    @BeforeEach
    void bind() {
        MainstayMetrics.bind(registry, inventory);
    }

    private void makeMeters() {
        observations.observationConfig().observationHandler(new DefaultMeterObservationHandler(registry));
    }

    /** How many calls were measured, in whichever series. */
    private long measured(String name, String outcome) {
        return registry.find("mainstay.pipeline.calls").tags("name", name, "outcome", outcome).timers().stream()
                .mapToLong(Timer::count)
                .sum();
    }

    private void callInEveryForm() {
        CompletableFuture<String> later = new CompletableFuture<>();
        observed.run(() -> {});
        CompletableFuture<String> done = observed.callAsync(() -> CompletableFuture.completedFuture("done"));
        CompletableFuture<String> pending = observed.callAsync(() -> later);
        later.complete("late");
        assertThat(done).isCompletedWithValue("done");
        assertThat(pending).isCompletedWithValue("late");
        CompletableFuture<String> failed =
                observed.callAsync(() -> CompletableFuture.failedFuture(new IOException("scripted")));
        assertThat(failed).isCompletedExceptionally();
    }

    @Test
    void byTheObservationIfThatMakesMeters() {
        makeMeters();
        callInEveryForm();

        assertThat(measured("inventory", "success")).isEqualTo(3);
        assertThat(measured("inventory", "error")).isEqualTo(1);
        assertThat(registry.get("mainstay.pipeline.calls")
                        .tags("name", "inventory", "outcome", "success", "exception", "none")
                        .timer()
                        .count())
                .isEqualTo(3);
        assertThat(registry.find("mainstay.pipeline").meters()).isEmpty();
    }

    @Test
    void byThePipelineIfItMakesNone() {
        observations.observationConfig().observationHandler(context -> true);
        callInEveryForm();

        assertThat(measured("inventory", "success")).isEqualTo(3);
        assertThat(measured("inventory", "error")).isEqualTo(1);
    }

    @Test
    void byThePipelineIfTheCallGoesAroundTheObservation() {
        makeMeters();
        inventory.run(() -> {});
        observed.run(() -> inventory.run(() -> {}));

        assertThat(measured("inventory", "success")).isEqualTo(3);
    }

    @Test
    void anotherPipelineFurtherInIsMeasuredByItself() {
        makeMeters();
        callInEveryForm();

        assertThat(measured("inner", "success")).isEqualTo(3);
        assertThat(measured("inner", "error")).isEqualTo(1);
    }

    @Test
    void aCallOfTheSamePipelineInTheBodysContextIsAnotherCall() {
        makeMeters();
        assertThat(observed.<String, RuntimeException>callWithContext(
                        ctx -> inventory.with(outer -> ctx).get(() -> "in")))
                .isEqualTo("in");

        assertThat(measured("inventory", "success")).isEqualTo(2);
    }

    @Test
    void anObservationOfAnotherNameIsMeasuredBesideThePipeline() {
        makeMeters();
        PipelineObservationConvention own = new PipelineObservationConvention() {
            @Override
            public String getName() {
                return "guarded.calls";
            }
        };
        Observed.of(inventory, observations, own).run(() -> {});

        assertThat(measured("inventory", "success")).isEqualTo(1);
        assertThat(registry.get("guarded.calls").timer().count()).isEqualTo(1);
    }
}
