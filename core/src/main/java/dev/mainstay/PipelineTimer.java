package dev.mainstay;

import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.time.TimeSource;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Measures how long calls take that go through a pipeline, its waits and retries included, by how they end. */
final class PipelineTimer implements Policy {

    private final String name;
    private final TimeSource time;
    private final Map<Verdict, Recorder> recorders = new EnumMap<>(Verdict.class);

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
    public TimeSource timeSource() {
        return time;
    }

    @Override
    public String explain() {
        return "timed";
    }

    @Override
    public boolean isIdle() {
        return true;
    }

    @Override
    public <T extends @Nullable Object> T around(CallContext context, long now, Chain inner, Body<? extends T> body)
            throws Exception {
        long start = now == TimeSource.UNREAD ? time.nanoTime() : now;
        T result;
        try {
            result = inner.proceed(context, start, body);
        } catch (Throwable failure) {
            record(Classifier.standard().ofFailure(context, failure), start);
            throw failure;
        }
        record(Verdict.SUCCESS, start);
        return result;
    }

    @Override
    public <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncBody<? extends T> body) {
        long start = now == TimeSource.UNREAD ? time.nanoTime() : now;
        CompletableFuture<T> stage = inner.proceedAsync(context, start, body);
        if (stage.isDone()) {
            recordEnd(context, Stages.failureOf(stage), start);
        } else {
            stage.whenComplete(
                    (result, thrown) -> recordEnd(context, thrown == null ? null : Stages.unwrap(thrown), start));
        }
        return stage;
    }

    private void recordEnd(CallContext context, @Nullable Throwable failure, long start) {
        record(failure == null ? Verdict.SUCCESS : Classifier.standard().ofFailure(context, failure), start);
    }

    private void record(Verdict verdict, long start) {
        Recorder recorder = recorders.get(verdict);
        if (recorder != null && recorder.isActive()) {
            recorder.record(time.nanoTime() - start);
        }
    }

    @Override
    public void describe(MeterSink sink) {
        MeterId id = MeterId.of(
                "pipeline.calls",
                name,
                "How long calls through the pipeline took, waits and retries included",
                "seconds");
        recorders.forEach((verdict, recorder) ->
                sink.timer(id.tag("outcome", verdict.name().toLowerCase(Locale.ROOT)), recorder));
    }
}
