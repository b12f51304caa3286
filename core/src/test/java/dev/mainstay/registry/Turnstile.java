package dev.mainstay.registry;

import dev.mainstay.Gate;
import dev.mainstay.Reconfigurable;
import dev.mainstay.call.CallContext;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.Require;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A gate that lets so many calls in at a time, and owes a visit for each failure until it is forgiven. */
final class Turnstile extends Gate implements Reconfigurable<Turnstile.Config> {

    record Config(int limit) {
        Config {
            Require.atLeast("limit", limit, 1);
        }
    }

    final AtomicInteger inside = new AtomicInteger();
    final AtomicInteger debts = new AtomicInteger();
    final Recorder visits = new Recorder();
    private final CallCounter admitted = new CallCounter();
    private final AtomicReference<Config> config;

    Turnstile(String name, Config config) {
        super(name, TimeSource.system(), Classifier.standard());
        this.config = new AtomicReference<>(config);
    }

    static Turnstile of(String name, Config config) {
        return new Turnstile(name, config);
    }

    static Turnstile of(String name) {
        return new Turnstile(name, new Config(10));
    }

    @Override
    public Config config() {
        return config.get();
    }

    @Override
    public void reconfigure(UnaryOperator<Config> change) {
        Config before;
        Config after;
        do {
            before = config.get();
            after = change.apply(before);
            Require.check(after.limit() < 1_000, "limit", after.limit(), "below 1000");
        } while (!config.compareAndSet(before, after));
    }

    @Override
    protected long tryEnter(CallContext context, long now) {
        if (inside.incrementAndGet() > config().limit()) {
            inside.decrementAndGet();
            return reject(RejectionReason.FULL);
        }
        admitted.increment();
        return 0;
    }

    @Override
    protected void exit(
            long permit,
            long start,
            long now,
            Verdict verdict,
            CallContext context,
            @Nullable Object result,
            @Nullable Throwable failure) {
        if (verdict == Verdict.ERROR) {
            debts.incrementAndGet();
        }
        inside.decrementAndGet();
        visits.record(1);
    }

    @Override
    protected Rejection rejection(long code, CallContext context, long now) {
        return new Rejection(name(), reasonOf(code), -1);
    }

    @Override
    public boolean isIdle() {
        return inside.get() == 0 && debts.get() == 0;
    }

    @Override
    public void describe(MeterSink sink) {
        sink.counter(MeterId.of("turnstile.admitted", name(), "Calls let in", "calls"), admitted);
        sink.gauge(MeterId.of("turnstile.inside", name(), "Calls in progress", "calls"), inside::get);
        sink.gauge(
                MeterId.of("turnstile.load", name(), "Share of places taken", "percent"),
                () -> 100.0 * inside.get() / config().limit());
        sink.timer(MeterId.of("turnstile.visits", name(), "How long calls took", "seconds"), visits);
    }
}
