package dev.mainstay.verification;

import dev.mainstay.meter.Measured;
import dev.mainstay.micrometer.MainstayMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;

/** All meters, bound to the two registries that people have most: from now on policies count and record. */
final class BoundMeters {

    private BoundMeters() {}

    static void of(Measured measured) {
        MainstayMetrics.of(measured).bindTo(new SimpleMeterRegistry());
        MainstayMetrics.of(measured).bindTo(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
    }
}
