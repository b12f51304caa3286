package dev.mainstay.micrometer;

import dev.mainstay.meter.Measured;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Every meter of policies, pipelines and registries of policies in a Micrometer registry: those that are there, and
 * those that come later. It reads what policies say of themselves, so policies of your own show theirs, too.
 *
 * <pre>{@code
 * MainstayMetrics.bind(meterRegistry, pipeline, breakers);
 * }</pre>
 *
 * <p>Gauges read the policy's state when they are asked. A policy begins to count when it is first bound, and from then
 * on each counter costs a call one striped increment. What belongs to an instance that its registry evicts goes with
 * it.
 *
 * <p>The meter registry holds on to what is bound to it until it is {@linkplain #close() unbound}; after that nothing
 * is left there of the policies, nor of the registry in them, only that what counts goes on counting. A meter that is
 * in the registry already, by another binding of the same policy, is left alone and stays its maker's: binding twice
 * counts nothing twice, and unbinding one of two takes only the meters that it has made.
 *
 * <p>Safe for use by many threads.
 */
public final class MainstayMetrics implements MeterBinder, AutoCloseable {

    private final List<Measured> measured;
    private final MeterStyle style;
    private final ConcurrentMap<MeterRegistry, CompositeSubscription> bound = new ConcurrentHashMap<>();

    private MainstayMetrics(Builder builder) {
        measured = List.copyOf(builder.measured);
        style = new MeterStyle(
                builder.naming,
                Tags.of(builder.tags),
                builder.percentiles.isEmpty()
                        ? null
                        : builder.percentiles.stream()
                                .mapToDouble(Double::doubleValue)
                                .toArray(),
                builder.histogram);
    }

    /**
     * Binds policies, pipelines or registries to a meter registry, under their usual names.
     *
     * @return what unbinds them; it need not be kept
     */
    public static MainstayMetrics bind(MeterRegistry registry, Measured... measured) {
        MainstayMetrics metrics = of(measured);
        metrics.bindTo(registry);
        return metrics;
    }

    /**
     * Policies, pipelines or registries under their usual names, to be bound later: a {@code MeterBinder} for
     * frameworks that collect them.
     */
    public static MainstayMetrics of(Measured... measured) {
        return builder(measured).build();
    }

    /** Begins a binding with other names, more tags, or percentiles. */
    public static Builder builder(Measured... measured) {
        return new Builder().measured(measured);
    }

    /** Binds to one more registry. Binding to the same one again does nothing. */
    @Override
    public void bindTo(MeterRegistry registry) {
        CompositeSubscription ties = new CompositeSubscription();
        if (bound.putIfAbsent(Objects.requireNonNull(registry, "registry"), ties) == null) {
            ties.add(new Binding(registry, style).bind(measured));
        }
    }

    /** Takes the meters out of this registry; does nothing if they are not bound to it. */
    public void unbindFrom(MeterRegistry registry) {
        CompositeSubscription ties = bound.remove(Objects.requireNonNull(registry, "registry"));
        if (ties != null) {
            ties.close();
        }
    }

    /** Takes the meters out of all registries that they are bound to. They may be bound again. */
    @Override
    public void close() {
        bound.keySet().forEach(this::unbindFrom);
    }

    @Override
    public String toString() {
        return "MainstayMetrics[" + measured.size() + " measured, bound to " + bound.size() + "]";
    }

    /** Collects what is to be bound, and how. Not safe for use by many threads. */
    public static final class Builder {

        private final List<Measured> measured = new ArrayList<>();
        private final List<Tag> tags = new ArrayList<>();
        private final List<Double> percentiles = new ArrayList<>();
        private MeterNaming naming = MeterNaming.standard();
        private boolean histogram;

        private Builder() {}

        /** More policies, pipelines or registries. */
        public Builder measured(Measured... more) {
            for (Measured each : Objects.requireNonNull(more, "measured")) {
                measured.add(Objects.requireNonNull(each, "measured " + (measured.size() + 1)));
            }
            return this;
        }

        /** Tags that every meter gets besides its own. */
        public Builder tags(Iterable<Tag> more) {
            Objects.requireNonNull(more, "tags").forEach(tags::add);
            return this;
        }

        /** Tags that every meter gets besides its own: keys and values, alternating. */
        public Builder tags(String... keyValues) {
            return tags(Tags.of(keyValues));
        }

        /** What meters are called; {@link MeterNaming#standard()} by default. */
        public Builder naming(MeterNaming naming) {
            this.naming = Objects.requireNonNull(naming, "naming");
            return this;
        }

        /**
         * Percentiles that timers compute in this process, such as 0.5 and 0.99; none by default. They cannot be put
         * together over several processes.
         *
         * @throws IllegalArgumentException unless all are from 0 to 1
         */
        public Builder percentiles(double... percentiles) {
            for (double percentile : percentiles) {
                if (!(percentile >= 0 && percentile <= 1)) {
                    throw new IllegalArgumentException(
                            "percentiles is " + Arrays.toString(percentiles) + " but must be from 0 to 1");
                }
                this.percentiles.add(percentile);
            }
            return this;
        }

        /**
         * Whether timers publish a histogram, from which a monitoring system computes percentiles over several
         * processes; false by default.
         */
        public Builder histogram(boolean histogram) {
            this.histogram = histogram;
            return this;
        }

        /** The binding, bound to no registry yet. */
        public MainstayMetrics build() {
            return new MainstayMetrics(this);
        }
    }
}
