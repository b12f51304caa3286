package guests;

import dev.mainstay.Gate;
import dev.mainstay.Permit;
import dev.mainstay.TimeLimit;
import dev.mainstay.TimeLimiter;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import dev.mainstay.retry.Attempts;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * A reactive call inside a retry, a time limiter for each attempt, and a gate: made when a subscriber asks for it,
 * cancelled when that cancels, and blocking nobody. What happens to one call is handled one thing after the other, on
 * whatever thread it comes.
 */
final class CallPublisher<T> implements Flow.Publisher<T> {

    private final TimeSource time;
    private final Retry retry;
    private final TimeLimiter limiter;
    private final Gate gate;
    private final CallContext context;
    private final Function<? super CallContext, ? extends CompletableFuture<T>> source;

    CallPublisher(
            TimeSource time,
            Retry retry,
            TimeLimiter limiter,
            Gate gate,
            CallContext context,
            Function<? super CallContext, ? extends CompletableFuture<T>> source) {
        this.time = time;
        this.retry = retry;
        this.limiter = limiter;
        this.gate = gate;
        this.context = context;
        this.source = source;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super T> subscriber) {
        subscriber.onSubscribe(new Call(subscriber));
    }

    private final class Call implements Flow.Subscription {

        private final Flow.Subscriber<? super T> subscriber;
        private final Queue<Runnable> signals = new ConcurrentLinkedQueue<>();
        private final AtomicInteger unhandled = new AtomicInteger();

        // Only looked at while a signal is handled.
        private Attempts attempts;
        private Attempt attempt;
        private TimedTask backoff;
        private boolean over;

        Call(Flow.Subscriber<? super T> subscriber) {
            this.subscriber = subscriber;
        }

        private void handle(Runnable signal) {
            signals.add(signal);
            if (unhandled.getAndIncrement() == 0) {
                do {
                    signals.remove().run();
                } while (unhandled.decrementAndGet() != 0);
            }
        }

        private TimedTask in(long nanos, Runnable signal) {
            TimedTask task = new TimedTask() {
                @Override
                protected void fire() {
                    time.executor().execute(() -> handle(signal));
                }
            };
            time.arm(task, nanos);
            return task;
        }

        @Override
        public void request(long n) {
            handle(() -> {
                if (attempts == null && !over) {
                    attempts = retry.start(context);
                    next();
                }
            });
        }

        @Override
        public void cancel() {
            handle(() -> {
                if (!over && attempts != null) {
                    attempts.stop();
                    if (backoff != null) {
                        backoff.cancel();
                    }
                    attempt.cancel();
                }
                over = true;
            });
        }

        private void next() {
            attempt = new Attempt(limiter.start(attempts.context()));
            attempt.begin();
        }

        private void ended(T result, Throwable failure) {
            if (over) {
                return;
            }
            long delay = failure == null ? attempts.onResult(result) : attempts.onFailure(failure);
            if (delay == Attempts.END) {
                end();
            } else {
                backoff = in(delay, () -> {
                    if (!over && attempts.begin()) {
                        next();
                    } else if (!over) {
                        end();
                    }
                });
            }
        }

        @SuppressWarnings("unchecked")
        private void end() {
            over = true;
            if (attempts.failure() != null) {
                subscriber.onError(attempts.failure());
            } else {
                subscriber.onNext((T) attempts.result());
                subscriber.onComplete();
            }
        }

        /** One attempt: in line for its permit, and then in progress. */
        private final class Attempt {

            private final TimeLimit limit;
            private TimedTask timer;
            private CompletableFuture<Permit> waiting;
            private Permit permit;
            private CompletableFuture<T> stage;

            Attempt(TimeLimit limit) {
                this.limit = limit;
            }

            void begin() {
                timer = in(limit.nanos(), this::timeIsUp);
                waiting = gate.acquirePermitAsync(limit.context());
                waiting.whenComplete((taken, failure) -> handle(() -> {
                    if (taken != null) {
                        letIn(taken);
                    } else {
                        finish(null, Stages.unwrap(failure));
                    }
                }));
            }

            private void letIn(Permit taken) {
                if (over || limit.isExpired()) {
                    taken.release();
                    return;
                }
                permit = taken;
                CallContext before = limit.context().bind();
                try {
                    stage = source.apply(limit.context());
                } catch (RuntimeException | Error failure) {
                    stage = CompletableFuture.failedFuture(failure);
                } finally {
                    CallContext.restore(before);
                }
                stage.whenComplete((result, failure) -> {
                    if (failure == null) {
                        taken.success(result);
                    } else {
                        taken.failure(failure);
                    }
                    handle(() -> finish(result, failure == null ? null : Stages.unwrap(failure)));
                });
            }

            private void finish(T result, Throwable failure) {
                timer.cancel();
                boolean before = limit.isExpired();
                if (limit.finish(failure)) {
                    ended(result, failure);
                } else if (limit.isExpired() && !before) {
                    ended(null, limit.timeout());
                } else if (failure == null) {
                    limit.discard(result);
                }
            }

            private void timeIsUp() {
                if (limit.expire()) {
                    Throwable timeout = limit.timeout();
                    if (permit != null) {
                        permit.failure(timeout);
                    }
                    stop();
                    ended(null, timeout);
                }
            }

            void cancel() {
                timer.cancel();
                if (limit.cancel()) {
                    if (permit != null) {
                        permit.release();
                    }
                    stop();
                }
            }

            private void stop() {
                waiting.cancel(true);
                if (stage != null) {
                    stage.cancel(true);
                }
            }
        }
    }
}
