package dev.mainstay.meter;

import dev.mainstay.event.CallbackFailures;
import dev.mainstay.event.Subscription;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Where a policy drops durations for whoever keeps them. With nobody attached this is one volatile read, and the policy
 * need not even take the time. Safe for use by many threads.
 */
public sealed class Recorder permits TotalRecorder {

    private static final LongConsumer[] NOBODY = {};

    private final AtomicReference<LongConsumer[]> readers = new AtomicReference<>(NOBODY);

    /** Made when a reader has thrown. */
    private volatile @Nullable CallbackFailures failures;

    /** Nobody attached. */
    public Recorder() {}

    /** Whether anybody keeps what is recorded; if not, the duration need not be measured. */
    public final boolean isActive() {
        return readers.get() != NOBODY;
    }

    /** Hands one duration to everybody attached. A reader that throws is reported once and changes nothing. */
    public final void record(long nanos) {
        for (LongConsumer reader : readers.get()) {
            try {
                reader.accept(nanos);
            } catch (Throwable thrown) {
                failures().report("meters", "reader of durations", thrown);
            }
        }
    }

    private CallbackFailures failures() {
        CallbackFailures known = failures;
        if (known == null) {
            known = new CallbackFailures();
            failures = known;
        }
        return known;
    }

    /** Begins to hand durations, in nanoseconds, to the reader, on the threads that record them. */
    public Subscription attach(LongConsumer reader) {
        Objects.requireNonNull(reader, "reader");
        // An object of its own, so that closing ends this attachment even if the same reader was attached twice.
        LongConsumer attached = nanos -> reader.accept(nanos);
        readers.updateAndGet(before -> {
            LongConsumer[] after = Arrays.copyOf(before, before.length + 1);
            after[before.length] = attached;
            return after;
        });
        return () -> readers.updateAndGet(before -> {
            LongConsumer[] after =
                    Arrays.stream(before).filter(other -> other != attached).toArray(LongConsumer[]::new);
            return after.length == 0 ? NOBODY : after;
        });
    }
}
