package dev.mainstay.bulkhead;

import dev.mainstay.RejectionReason;
import dev.mainstay.meter.Counter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.time.TimeSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What a bulkhead counts beside its slots. Safe for use by many threads. */
final class BulkheadMeters {

    private final TimeSource time;
    private final List<RejectionReason> reasons;
    private final Counter admitted = new Counter();
    private final Recorder waits = new Recorder();

    /** Made when somebody first wants to know: a counter counts nothing before. */
    private final AtomicReference<@Nullable Map<RejectionReason, Counter>> rejected = new AtomicReference<>();

    /** @param reasons why this kind of bulkhead rejects calls */
    BulkheadMeters(TimeSource time, List<RejectionReason> reasons) {
        this.time = time;
        this.reasons = reasons;
    }

    void admitted() {
        admitted.increment();
    }

    void rejected(RejectionReason reason) {
        Map<RejectionReason, Counter> counters = rejected.get();
        if (counters != null) {
            Counter counter = counters.get(reason);
            if (counter != null) {
                counter.increment();
            }
        }
    }

    /** A call was let in that has been in line since then. */
    void waitedSince(long joined) {
        if (waits.isActive()) {
            waits.record(time.nanoTime() - joined);
        }
    }

    void describe(String name, Slots slots, MeterSink sink) {
        sink.gauge(MeterId.of("bulkhead.in.use", name, "Calls in progress", "calls"), slots::inUse);
        sink.gauge(MeterId.of("bulkhead.limit", name, "Calls allowed at a time", "calls"), slots::limit);
        sink.gauge(MeterId.of("bulkhead.queued", name, "Calls waiting in line", "calls"), slots::queued);
        sink.counter(MeterId.of("bulkhead.admitted", name, "Calls that were let in", "calls"), admitted);
        MeterId id = MeterId.of("bulkhead.rejected", name, "Calls that were not let in, by reason", "calls");
        rejections()
                .forEach((reason, counter) ->
                        sink.counter(id.tag("reason", reason.name().toLowerCase(Locale.ROOT)), counter));
        sink.timer(
                MeterId.of("bulkhead.wait", name, "How long calls waited in line that were then let in", "seconds"),
                waits);
    }

    private Map<RejectionReason, Counter> rejections() {
        Map<RejectionReason, Counter> counters = rejected.get();
        if (counters != null) {
            return counters;
        }
        Map<RejectionReason, Counter> fresh = new EnumMap<>(RejectionReason.class);
        reasons.forEach(reason -> fresh.put(reason, new Counter()));
        Map<RejectionReason, Counter> others = rejected.compareAndExchange(null, fresh);
        return others == null ? fresh : others;
    }
}
