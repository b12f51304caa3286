package guests;

import dev.mainstay.CallScope;
import dev.mainstay.Chain;
import dev.mainstay.ExecutorCall;
import dev.mainstay.Policy;
import dev.mainstay.ThreadHandoff;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.CallFuture;
import dev.mainstay.future.Stages;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Makes a second attempt when the first takes long, and takes what succeeds first. The other is cancelled: its hooks
 * run, its permits come back, and on its caller's thread it is interrupted.
 */
final class Hedge extends Policy {

    private final TimeSource time;
    private final long delayNanos;
    private final Consumer<Object> onDiscard;

    Hedge(TimeSource time, Duration delay, Consumer<Object> onDiscard) {
        this.time = time;
        this.delayNanos = delay.toNanos();
        this.onDiscard = onDiscard;
    }

    @Override
    public String name() {
        return "hedge";
    }

    @Override
    protected TimeSource timeSource() {
        return time;
    }

    // ---- synchronously: the first attempt on the caller's thread, the second on the executor

    @Override
    protected <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
        CallContext outer = context.orInherited();
        CallScope first = CallScope.open(outer, time);
        CallScope second = CallScope.open(outer, time);
        AtomicReference<CallScope> winner = new AtomicReference<>();
        ExecutorCall<T> hedge =
                new ExecutorCall<>(second.context(), ctx -> inner.<T>proceed(ctx, TimeSource.UNREAD, body), onDiscard);
        second.follow(hedge);
        Stages.follow(hedge, (result, failure) -> {
            if (failure == null && winner.compareAndSet(null, second)) {
                first.cancel();
            }
        });
        ThreadHandoff hop = inner.handoff(time);
        TimedTask timer = after(() -> hop.run(hedge, hedge::completeExceptionally));
        time.arm(timer, delayNanos);
        T result = null;
        Exception failure = null;
        try {
            result = first.call(ctx -> inner.<T>proceed(ctx, TimeSource.UNREAD, body));
        } catch (Exception thrown) {
            failure = thrown;
        } catch (Throwable error) {
            timer.cancel();
            second.cancel();
            throw error;
        }
        boolean unhedged = timer.cancel();
        if (failure == null && winner.compareAndSet(null, first)) {
            second.cancel();
            first.close();
            return result;
        }
        if (failure == null) {
            onDiscard.accept(result);
        } else if (unhedged || (winner.get() == null && hedge.isCompletedExceptionally())) {
            second.close();
            first.close();
            throw failure;
        }
        try {
            return hedge.await(name(), hedge, time);
        } finally {
            second.close();
            first.close();
        }
    }

    private static TimedTask after(Runnable task) {
        return new TimedTask() {
            @Override
            protected void fire() {
                task.run();
            }
        };
    }

    // ---- asynchronously

    @Override
    protected <T> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        return new HedgedCall<T>(context.orInherited(), inner, body).begin();
    }

    private final class HedgedCall<T> extends CallFuture<T> {

        private final CallContext context;
        private final Chain inner;
        private final AsyncCallBody<? extends T> body;
        private final List<Attempt> attempts = new CopyOnWriteArrayList<>();
        private final AtomicReference<Attempt> winner = new AtomicReference<>();

        /** Attempts in progress, and the one that the timer will begin. */
        private final AtomicInteger open = new AtomicInteger(2);

        private final TimedTask timer;

        HedgedCall(CallContext context, Chain inner, AsyncCallBody<? extends T> body) {
            super(time);
            this.context = context;
            this.inner = inner;
            this.body = body;
            ThreadHandoff hop = inner.handoff(time);
            this.timer = after(() -> hop.run(new Attempt()::begin, rejected -> attemptFailed(rejected)));
        }

        CompletableFuture<T> begin() {
            time.arm(timer, delayNanos);
            new Attempt().begin();
            return this;
        }

        private void attemptFailed(Throwable failure) {
            int left = open.decrementAndGet();
            if (timer.cancel()) {
                left = open.decrementAndGet();
            }
            if (left == 0) {
                fail(failure);
            }
        }

        private void cancelAllBut(Attempt kept) {
            timer.cancel();
            for (Attempt attempt : attempts) {
                if (attempt != kept) {
                    attempt.cancel();
                }
            }
        }

        @Override
        protected void abandoned() {
            cancelAllBut(null);
        }

        @Override
        protected void discarded(T result) {
            onDiscard.accept(result);
        }

        private final class Attempt {

            private final CallScope scope = CallScope.open(context, time);
            private volatile CompletableFuture<T> stage;

            void begin() {
                attempts.add(this);
                if (isOver() || winner.get() != null) {
                    return;
                }
                CallContext before = scope.context().bind();
                try {
                    stage = inner.proceedAsync(scope.context(), TimeSource.UNREAD, body);
                } finally {
                    CallContext.restore(before);
                }
                scope.follow(stage);
                Stages.follow(stage, this::ended);
                if (isOver() || (winner.get() != null && winner.get() != this)) {
                    cancel();
                }
            }

            /** At once, so that what it holds is back before the caller goes on; hooks run elsewhere. */
            void cancel() {
                scope.cancel();
                CompletableFuture<T> stage = this.stage;
                if (stage != null) {
                    Stages.giveUp(stage);
                }
            }

            private void ended(T result, Throwable thrown) {
                if (thrown == null && winner.compareAndSet(null, this)) {
                    scope.close();
                    cancelAllBut(this);
                    succeed(result);
                } else if (thrown == null) {
                    onDiscard.accept(result);
                } else if (winner.get() == null) {
                    scope.close();
                    attemptFailed(Stages.unwrap(thrown));
                }
            }
        }
    }
}
