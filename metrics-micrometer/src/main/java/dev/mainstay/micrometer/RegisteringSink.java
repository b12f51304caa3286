package dev.mainstay.micrometer;

import dev.mainstay.event.Subscription;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.safe.SafeLog;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Hears by what something can be measured, and claims a meter for each. Lives as long as the describing. */
final class RegisteringSink implements MeterSink {

    private static final SafeLog LOG = SafeLog.of(MainstayMetrics.class);

    private static final Subscription NOTHING = () -> {};

    private final Binding binding;
    private final MeterStyle style;
    private final CompositeSubscription ties;

    private boolean warned;

    /**
     * A description not begun.
     *
     * @param ties gets what gives the meters up again
     */
    RegisteringSink(Binding binding, CompositeSubscription ties) {
        this.binding = binding;
        this.style = binding.style;
        this.ties = ties;
    }

    @Override
    public void counter(MeterId id, LongSupplier count) {
        if (count instanceof CallCounter counter) {
            counter.start();
        }
        MeterId renamed = style.rename(id);
        // The registry refers weakly to the object and strongly to the function, which refers to it here: both live as
        // long as the meter.
        claim(new MeterClaim<>(
                binding,
                renamed,
                count,
                () -> FunctionCounter.builder(renamed.name(), count, ignored -> count.getAsLong())
                        .description(renamed.description())
                        .baseUnit(unit(renamed))
                        .tags(style.tags(renamed))
                        .register(binding.registry),
                meter -> NOTHING));
    }

    @Override
    public void gauge(MeterId id, DoubleSupplier value) {
        MeterId renamed = style.rename(id);
        claim(new MeterClaim<>(
                binding,
                renamed,
                value,
                () -> Gauge.builder(renamed.name(), value, DoubleSupplier::getAsDouble)
                        .strongReference(true)
                        .description(renamed.description())
                        .baseUnit(unit(renamed))
                        .tags(style.tags(renamed))
                        .register(binding.registry),
                meter -> NOTHING));
    }

    @Override
    public void timer(MeterId id, Recorder recorder) {
        MeterId renamed = style.rename(id);
        claim(new MeterClaim<>(
                binding,
                renamed,
                recorder,
                () -> style.timer(renamed).register(binding.registry),
                timer -> recorder.attach(nanos -> timer.record(nanos, TimeUnit.NANOSECONDS))));
    }

    @Override
    public void members(Members members) {
        ties.add(members.watch(member -> binding.bind(List.of(member))));
    }

    private static @Nullable String unit(MeterId renamed) {
        return renamed.unit().isEmpty() ? null : renamed.unit();
    }

    private void claim(MeterClaim<?> claim) {
        ties.add(claim);
        if (!binding.enter(claim) && !warned) {
            warned = true;
            LOG.warn(
                    "Two policies have the meter {meter}, of the same name and tags: that of the first is shown",
                    "meter",
                    claim.id());
        }
    }
}
