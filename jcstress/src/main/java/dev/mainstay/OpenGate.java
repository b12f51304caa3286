package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.HandTime;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;

/** A gate that lets everybody in and counts what it hears of them. */
final class OpenGate extends Gate {

    private static final HandTime TIME = new HandTime();

    private final AtomicIntegerArray ends = new AtomicIntegerArray(Verdict.values().length);

    OpenGate() {
        super("open", TIME, Classifier.standard());
    }

    void judgeBy(Classifier classifier) {
        classifyWith(classifier, false, false);
    }

    @SuppressWarnings("EnumOrdinal")
    int ended(Verdict verdict) {
        return ends.get(verdict.ordinal());
    }

    @Override
    protected long tryEnter(CallContext context, long now) {
        return 0;
    }

    @Override
    @SuppressWarnings("EnumOrdinal")
    protected void exit(
            long permit,
            long start,
            long now,
            Verdict verdict,
            CallContext context,
            @Nullable Object result,
            @Nullable Throwable failure) {
        ends.incrementAndGet(verdict.ordinal());
    }

    @Override
    protected Rejection rejection(long code, CallContext context, long now) {
        throw new AssertionError("it rejects nobody");
    }
}
