package dev.mainstay;

import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A call in progress whose future fails when its time is up. */
final class LimitedCall<T extends @Nullable Object> extends CallFuture<T>
        implements BiConsumer<T, @Nullable Throwable> {

    private final TimeLimiter limiter;
    private final TimeLimiter.Settings settings;
    private final CallContext context;
    private final FutureLimit limit;
    private final Hop hop;
    private volatile @Nullable CompletableFuture<T> stage;

    LimitedCall(TimeLimiter limiter, TimeLimiter.Settings settings, CallContext context, FutureLimit limit, Hop hop) {
        super(limiter.timeSource());
        this.limiter = limiter;
        this.settings = settings;
        this.context = context;
        this.limit = limit;
        this.hop = hop;
    }

    /** Starts the clock for a stage that began at {@code start}. */
    CompletableFuture<T> follow(CompletableFuture<T> stage, long start) {
        this.stage = stage;
        try {
            limit.arm(this, settings.timeoutNanos - (limit.time.nanoTime() - start));
        } catch (Throwable noTimer) {
            stage.cancel(true);
            limiter.count(true);
            return Stages.failed(noTimer);
        }
        Stages.follow(stage, this);
        return this;
    }

    @Override
    public void accept(T result, @Nullable Throwable thrown) {
        boolean inTime = limit.finish();
        if (inTime) {
            limiter.count(thrown != null);
        }
        if (thrown != null) {
            if (inTime) {
                fail(Stages.unwrap(thrown));
            }
        } else if (inTime) {
            succeed(result);
        } else {
            discarded(result);
        }
    }

    @Override
    protected void discarded(T result) {
        limiter.discard(settings, result);
    }

    /** The time is up. Called on the timer's thread: all that may run user code goes elsewhere. */
    void expire() {
        hop.run(this::timeOut, refused -> timeOut());
    }

    private void timeOut() {
        fail(limiter.timedOut(settings, context, null, false));
        cancelStage();
        limit.runHooks();
    }

    @Override
    protected void abandoned() {
        if (limit.finish()) {
            limiter.countCancelled();
        }
        limit.end();
        cancelStage();
        limit.runHooks();
    }

    private void cancelStage() {
        CompletableFuture<T> stage = this.stage;
        if (stage != null) {
            stage.cancel(true);
        }
    }
}
