package dev.mainstay;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.future.CallFuture;
import dev.mainstay.future.Stages;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.TimeSource;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Measures how long calls take that go through a pipeline, its waits and retries included, by how they end. */
final class PipelineTimer extends Policy {

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<TimedCall, @Nullable CompletableFuture> STAGE =
            AtomicReferenceFieldUpdater.newUpdater(TimedCall.class, CompletableFuture.class, "stage");

    private final String name;
    private final TimeSource time;
    private final Map<Verdict, Recorder> recorders = new EnumMap<>(Verdict.class);
    private final CallbackFailures failures = new CallbackFailures();

    PipelineTimer(String name, TimeSource time) {
        this.name = name;
        this.time = time;
        for (Verdict verdict : Verdict.values()) {
            recorders.put(verdict, new Recorder());
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    protected TimeSource timeSource() {
        return time;
    }

    @Override
    public String explain() {
        return "timed";
    }

    @Override
    protected boolean isIdle() {
        return true;
    }

    @Override
    protected <T extends @Nullable Object> T around(
            CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
        if (MeasuredOutside.isMarked(context, name)) {
            return inner.proceed(MeasuredOutside.unmarked(context), now, body);
        }
        long start = now == TimeSource.UNREAD ? time.nanoTime() : now;
        T result;
        try {
            result = inner.proceed(context, start, body);
        } catch (Throwable failure) {
            recordEnd(context.orInherited(), failure, start);
            throw failure;
        }
        recordEnd(context, null, start);
        return result;
    }

    @Override
    protected <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        if (MeasuredOutside.isMarked(context, name)) {
            return inner.proceedAsync(MeasuredOutside.unmarked(context), now, body);
        }
        long start = now == TimeSource.UNREAD ? time.nanoTime() : now;
        CompletableFuture<T> stage = inner.proceedAsync(context, start, body);
        if (stage.isDone()) {
            recordEnd(context.orInherited(), Stages.failureOf(stage), start);
        } else {
            return new TimedCall<T>(context.orInherited(), stage, start).begin(stage);
        }
        return stage;
    }

    /** Never throws: who records may be a library's meter. */
    private void recordEnd(CallContext context, @Nullable Throwable failure, long start) {
        try {
            Verdict verdict =
                    failure == null ? Verdict.SUCCESS : Classifier.standard().ofFailure(context, failure);
            Recorder recorder = recorders.get(verdict);
            if (recorder != null && recorder.isActive()) {
                recorder.record(time.nanoTime() - start);
            }
        } catch (Throwable notRecorded) {
            failures.report(name, "recording of how long a call took", notRecorded);
        }
    }

    /** A call in progress that is recorded when it has ended. */
    private final class TimedCall<T extends @Nullable Object> extends CallFuture<T>
            implements BiConsumer<T, @Nullable Throwable> {

        private final CallContext context;
        private final long start;

        /** Forgotten at the end. Written through {@link #STAGE}. */
        private volatile @Nullable CompletableFuture<T> stage;

        TimedCall(CallContext context, CompletableFuture<T> stage, long start) {
            super(time);
            this.context = context;
            this.stage = stage;
            this.start = start;
        }

        TimedCall<T> begin(CompletableFuture<T> stage) {
            Stages.follow(stage, this);
            return this;
        }

        @Override
        public void accept(T result, @Nullable Throwable thrown) {
            Throwable failure = thrown == null ? null : Stages.unwrap(thrown);
            if (STAGE.getAndSet(this, null) != null) {
                recordEnd(context, failure, start);
            }
            if (failure == null) {
                succeed(result);
            } else {
                fail(failure);
            }
        }

        @Override
        protected void abandoned() {
            CompletableFuture<T> stage = this.stage;
            if (stage != null) {
                giveUp(stage, this);
            }
        }
    }

    @Override
    protected void describe(MeterSink sink) {
        MeterId id = MeterId.of(
                "pipeline.calls",
                name,
                "How long calls through the pipeline took, waits and retries included",
                "seconds");
        recorders.forEach((verdict, recorder) ->
                sink.timer(id.tag("outcome", verdict.name().toLowerCase(Locale.ROOT)), recorder));
    }
}
