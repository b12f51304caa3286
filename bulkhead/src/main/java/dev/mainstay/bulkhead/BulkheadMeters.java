package dev.mainstay.bulkhead;

import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.time.TimeSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** What a bulkhead counts beside its slots. Safe for use by many threads. */
final class BulkheadMeters {

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<BulkheadMeters, @Nullable Map> REJECTED =
            AtomicReferenceFieldUpdater.newUpdater(BulkheadMeters.class, Map.class, "rejected");

    private final TimeSource time;
    private final CallCounter admitted = new CallCounter();
    private final Recorder waits = new Recorder();
    private final List<RejectionReason> reasons;

    /**
     * Made when somebody first wants to know: a counter counts nothing before, and most bulkheads need no room for so
     * many.
     */
    private volatile @Nullable Map<RejectionReason, CallCounter> rejected;

    /** @param reasons why this kind of bulkhead rejects calls */
    BulkheadMeters(TimeSource time, List<RejectionReason> reasons) {
        this.time = time;
        this.reasons = reasons;
    }

    void admitted() {
        admitted.increment();
    }

    void rejected(RejectionReason reason) {
        Map<RejectionReason, CallCounter> counters = rejected;
        CallCounter counter = counters == null ? null : counters.get(reason);
        if (counter != null) {
            counter.increment();
        }
    }

    /**
     * A call was let in that has been in line since then. Called where another call ends, or on the timer's thread:
     * what keeps the durations is the user's, and is told on a thread of its own.
     */
    void waitedSince(long joined) {
        if (waits.isActive()) {
            long waited = time.nanoTime() - joined;
            time.executor().execute(() -> waits.record(waited));
        }
    }

    /** @param inUse how many calls are in progress */
    void describe(String name, IntSupplier inUse, Slots slots, MeterSink sink) {
        sink.gauge(MeterId.of("bulkhead.in.use", name, "Calls in progress", "calls"), inUse::getAsInt);
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

    private Map<RejectionReason, CallCounter> rejections() {
        Map<RejectionReason, CallCounter> counters = rejected;
        if (counters == null) {
            Map<RejectionReason, CallCounter> fresh = new EnumMap<>(RejectionReason.class);
            reasons.forEach(reason -> fresh.put(reason, new CallCounter()));
            counters = REJECTED.compareAndSet(this, null, fresh) ? fresh : Objects.requireNonNull(rejected);
        }
        return counters;
    }
}
