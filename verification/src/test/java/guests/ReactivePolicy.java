package guests;

import dev.mainstay.Chain;
import dev.mainstay.ExecutorCall;
import dev.mainstay.Gate;
import dev.mainstay.Policy;
import dev.mainstay.TimeLimiter;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.CallFuture;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** Puts a {@link CallPublisher} around calls of every kind, so that the scenarios can be played with it. */
final class ReactivePolicy extends Policy {

    private final TimeSource time;
    private final Retry retry;
    private final TimeLimiter limiter;
    private final Gate gate;

    ReactivePolicy(TimeSource time, Retry retry, TimeLimiter limiter, Gate gate) {
        this.time = time;
        this.retry = retry;
        this.limiter = limiter;
        this.gate = gate;
    }

    @Override
    public String name() {
        return "reactive";
    }

    @Override
    protected TimeSource timeSource() {
        return time;
    }

    /** The body runs on the executor; the caller's thread waits for the end of all. */
    @Override
    protected <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
        Subscribed<T> all = subscribed(context, ctx -> {
            ExecutorCall<T> attempt = new ExecutorCall<>(ctx, c -> inner.<T>proceed(c, TimeSource.UNREAD, body), null);
            attempt.start(name(), time.executor());
            return attempt;
        });
        while (!all.isDone()) {
            time.parkNanos(this, Long.MAX_VALUE);
        }
        Throwable failure = all.handle((result, thrown) -> thrown).join();
        if (failure instanceof Exception exception) {
            throw exception;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        return all.join();
    }

    @Override
    protected <T> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        return subscribed(context, ctx -> inner.proceedAsync(ctx, TimeSource.UNREAD, body));
    }

    private <T> Subscribed<T> subscribed(CallContext context, AsyncAttempt<T> attempt) {
        Subscribed<T> future = new Subscribed<>(time);
        new CallPublisher<T>(time, retry, limiter, gate, context.orInherited(), attempt::begin).subscribe(future);
        return future;
    }

    private interface AsyncAttempt<T> {

        CompletableFuture<T> begin(CallContext context);
    }

    private static final class Subscribed<T> extends CallFuture<T> implements Flow.Subscriber<T> {

        private volatile Flow.Subscription subscription;

        Subscribed(TimeSource time) {
            super(time);
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            this.subscription = subscription;
            subscription.request(1);
        }

        @Override
        public void onNext(T result) {
            succeed(result);
        }

        @Override
        public void onError(Throwable failure) {
            fail(failure);
        }

        @Override
        public void onComplete() {}

        @Override
        protected void abandoned() {
            subscription.cancel();
        }
    }
}
