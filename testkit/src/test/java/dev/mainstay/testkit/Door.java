package dev.mainstay.testkit;

import dev.mainstay.Gate;
import dev.mainstay.call.CallContext;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A gate as a user might write it: open or shut. */
final class Door extends Gate {

    enum State {
        OPEN,
        SHUT
    }

    private static final long FIVE_SECONDS = 5_000_000_000L;

    private final AtomicInteger inside = new AtomicInteger();
    private final CallCounter successes = new CallCounter();
    private final CallCounter others = new CallCounter();
    private final CallCounter rejected = new CallCounter();
    private volatile State state = State.OPEN;

    Door(String name) {
        super(name, TimeSource.system(), Classifier.standard());
    }

    void shut() {
        state = State.SHUT;
    }

    @Override
    protected long tryEnter(CallContext context, long now) {
        return state == State.OPEN ? inside.getAndIncrement() : reject(RejectionReason.FORCED_OPEN);
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
        inside.decrementAndGet();
        (verdict == Verdict.SUCCESS ? successes : others).increment();
    }

    @Override
    protected Rejection rejection(long code, CallContext context, long now) {
        return new Rejection(name(), reasonOf(code), FIVE_SECONDS);
    }

    @Override
    protected void onRejected(Rejection rejection, CallContext context) {
        rejected.increment();
    }

    @Override
    public boolean isIdle() {
        return inside.get() == 0;
    }

    @Override
    public String explain() {
        return "'" + name() + "' is " + (state == State.OPEN ? "open" : "shut");
    }

    @Override
    public void describe(MeterSink sink) {
        MeterId calls = MeterId.of("door.calls", name(), "Calls by how they ended", "calls");
        sink.counter(calls.tag("outcome", "success"), successes);
        sink.counter(calls.tag("outcome", "other"), others);
        sink.counter(MeterId.of("door.rejected", name(), "Calls rejected", "calls"), rejected);
        MeterId states = MeterId.of("door.state", name(), "Which state it is in", "");
        sink.gauge(states.tag("state", "open"), () -> state == State.OPEN ? 1 : 0);
        sink.gauge(states.tag("state", "shut"), () -> state == State.SHUT ? 1 : 0);
    }
}
