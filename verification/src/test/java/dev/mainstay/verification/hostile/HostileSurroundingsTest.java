package dev.mainstay.verification.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import dev.mainstay.ContextCarrier;
import dev.mainstay.Permit;
import dev.mainstay.Pipeline;
import dev.mainstay.PolicyAccess;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.future.Stages;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.RetryAfterHint;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;

/**
 * Everything of the user's that a pipeline calls, misbehaving alone and all together, in every kind of call and every
 * way in which a call ends: the call ends once, with its own outcome; the permits are back; the next call is served.
 */
class HostileSurroundingsTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    /** What misbehaves. */
    enum Culprit {
        RECORD_RESULT,
        RECORD_EXCEPTION,
        IGNORE_EXCEPTION,
        CLASSIFY,
        RETRY_AFTER,
        /** {@code getMessage}, {@code toString}, {@code getCause} and the hint of the failure itself. */
        FAILURE,
        LISTENER,
        ON_CANCEL,
        ON_DISCARD,
        METER,
        LOG,
        CARRIER_CAPTURE,
        CARRIER_OPEN,
        CARRIER_CLOSE,
        SECOND_CARRIER_CAPTURE,
        SECOND_CARRIER_OPEN,
        SECOND_CARRIER_CLOSE,
        WHEN_COMPLETE,
        CANCEL_OF_THE_STAGE,
        DEPENDENT
    }

    /** How a call is made. */
    enum Mode {
        SYNC,
        TRY,
        ASYNC_COMPLETED,
        ASYNC_INCOMPLETE,
        SUBMITTED,
        PERMIT
    }

    /** How the call ends. */
    enum End {
        RESULT,
        FAILURE,
        TIMEOUT,
        CANCEL,
        REJECTED
    }

    static Stream<Arguments> everything() {
        List<Arguments> all = new ArrayList<>();
        for (Mode mode : Mode.values()) {
            for (End end : endsOf(mode)) {
                for (boolean error : new boolean[] {false, true}) {
                    for (Culprit culprit : Culprit.values()) {
                        all.add(Arguments.of(mode, end, EnumSet.of(culprit), error));
                    }
                    all.add(Arguments.of(mode, end, together(mode, end), error));
                }
            }
        }
        return all.stream();
    }

    /**
     * All at once. But if a stage throws where it is followed, only {@code anyOf} is left to follow it by, and that
     * asks a failure for its text: of one that throws there, too, the JDK tells nobody, and the time limit ends the
     * call.
     */
    private static Set<Culprit> together(Mode mode, End end) {
        return mode == Mode.ASYNC_INCOMPLETE && end == End.FAILURE
                ? EnumSet.complementOf(EnumSet.of(Culprit.WHEN_COMPLETE))
                : EnumSet.allOf(Culprit.class);
    }

    private static Set<End> endsOf(Mode mode) {
        return switch (mode) {
            case SYNC, TRY -> EnumSet.complementOf(EnumSet.of(End.CANCEL));
            case ASYNC_COMPLETED -> EnumSet.of(End.RESULT, End.FAILURE, End.REJECTED);
            case PERMIT -> EnumSet.of(End.RESULT, End.FAILURE, End.REJECTED);
            case ASYNC_INCOMPLETE -> EnumSet.allOf(End.class);
            case SUBMITTED -> EnumSet.of(End.RESULT, End.FAILURE, End.TIMEOUT, End.REJECTED);
        };
    }

    @ParameterizedTest(name = "{0} {1} {2}, as an Error: {3}")
    @MethodSource("everything")
    void theCallEndsOnceWithItsOwnOutcome(Mode mode, End end, Set<Culprit> culprits, boolean error) throws Exception {
        try (Surroundings surroundings = new Surroundings(culprits, error)) {
            surroundings.call(mode, end);
            surroundings.lookAround();
        }
    }

    /** A pipeline of everything, and what is around it. */
    private static final class Surroundings implements AutoCloseable {

        private final Set<Culprit> culprits;
        private final boolean error;
        private final VirtualTime time = VirtualTime.create();
        private final List<String> bound = new ArrayList<>();
        private final CircuitBreaker breaker;
        private final Bulkhead bulkhead;
        private final Pipeline pipeline;
        private final TurboFilter log = new TurboFilter() {
            @Override
            public FilterReply decide(
                    Marker marker,
                    Logger logger,
                    ch.qos.logback.classic.Level level,
                    String format,
                    Object[] parameters,
                    Throwable thrown) {
                misbehave(Culprit.LOG);
                return FilterReply.NEUTRAL;
            }
        };

        Surroundings(Set<Culprit> culprits, boolean error) {
            this.culprits = culprits;
            this.error = error;
            Classifier classifier = Classifier.builder()
                    .recordResult(result -> {
                        misbehave(Culprit.RECORD_RESULT);
                        return false;
                    })
                    .recordException(failure -> {
                        misbehave(Culprit.RECORD_EXCEPTION);
                        return true;
                    })
                    .ignoreException(failure -> {
                        misbehave(Culprit.IGNORE_EXCEPTION);
                        return false;
                    })
                    .classify((result, failure) -> {
                        misbehave(Culprit.CLASSIFY);
                        return null;
                    })
                    .retryAfter((result, failure) -> {
                        misbehave(Culprit.RETRY_AFTER);
                        return null;
                    })
                    .build();
            Retry retry = Retry.of(
                    "retry",
                    c -> c.maxAttempts(2)
                            .backoff(Backoff.fixed(Duration.ofMillis(1)))
                            .classifier(classifier)
                            .timeSource(time));
            breaker = CircuitBreaker.of(
                    "breaker", c -> c.classifier(classifier).timeSource(time).minimumNumberOfCalls(50));
            RateLimiter rate = RateLimiter.of(
                    "rate",
                    c -> c.limits(RateLimit.atMost(100, SECOND), RateLimit.smooth(100, SECOND))
                            .timeoutDuration(SECOND)
                            .timeSource(time));
            bulkhead = Bulkhead.of(
                    "bulkhead",
                    c -> c.maxConcurrentCalls(1).maxWaitDuration(SECOND).timeSource(time));
            TimeLimiter limiter = TimeLimiter.of(
                    "limiter",
                    c -> c.timeoutDuration(SECOND.multipliedBy(3))
                            .timeSource(time)
                            .onDiscard(result -> {
                                misbehave(Culprit.ON_DISCARD);
                            }));
            pipeline = Pipeline.builder("hostile")
                    .policies(retry, breaker, rate, bulkhead, limiter)
                    .timed(true)
                    .contextCarrier(
                            carrier("first", Culprit.CARRIER_CAPTURE, Culprit.CARRIER_OPEN, Culprit.CARRIER_CLOSE)
                                    .and(carrier(
                                            "second",
                                            Culprit.SECOND_CARRIER_CAPTURE,
                                            Culprit.SECOND_CARRIER_OPEN,
                                            Culprit.SECOND_CARRIER_CLOSE)))
                    .build();
            pipeline.subscribe(MainstayEvent.class, event -> misbehave(Culprit.LISTENER));
            PolicyAccess.describe(pipeline, new MeterSink() {
                @Override
                public void counter(MeterId id, LongSupplier count) {}

                @Override
                public void gauge(MeterId id, DoubleSupplier value) {}

                @Override
                public void timer(MeterId id, Recorder recorder) {
                    recorder.attach(nanos -> misbehave(Culprit.METER));
                }
            });
            ((LoggerContext) LoggerFactory.getILoggerFactory()).addTurboFilter(log);
        }

        @Override
        public void close() {
            ((LoggerContext) LoggerFactory.getILoggerFactory())
                    .getTurboFilterList()
                    .remove(log);
        }

        private ContextCarrier carrier(String name, Culprit capture, Culprit open, Culprit close) {
            return () -> {
                misbehave(capture);
                return () -> {
                    misbehave(open);
                    bound.add(name);
                    return () -> {
                        bound.remove(name);
                        misbehave(close);
                    };
                };
            };
        }

        private void misbehave(Culprit culprit) {
            if (culprits.contains(culprit)) {
                if (error) {
                    throw new AssertionError("on purpose: " + culprit);
                }
                throw new IllegalStateException("on purpose: " + culprit);
            }
        }

        // ---- calls

        void call(Mode mode, End end) throws Exception {
            Permit inTheWay = end == End.REJECTED ? bulkhead.acquirePermit() : null;
            Unspeakable failure = new Unspeakable(this);
            Object outcome = outcomeOf(mode, end, failure);
            switch (end) {
                case RESULT -> assertThat(outcome).isEqualTo("result");
                case FAILURE ->
                    assertThat(outcome == failure).as("its own failure").isTrue();
                case TIMEOUT ->
                    assertThat(outcome)
                            .isInstanceOf(goesOn(mode) ? CallRejectedException.class : CallTimeoutException.class);
                case CANCEL -> assertThat(outcome).isInstanceOf(CancellationException.class);
                case REJECTED -> assertThat(outcome).isInstanceOf(CallRejectedException.class);
            }
            if (inTheWay != null) {
                inTheWay.release();
            }
        }

        /** A stage that goes on keeps the only slot, so that the next attempt is rejected. */
        private boolean goesOn(Mode mode) {
            return mode == Mode.ASYNC_INCOMPLETE && culprits.contains(Culprit.CANCEL_OF_THE_STAGE);
        }

        private Object outcomeOf(Mode mode, End end, Unspeakable failure) throws Exception {
            return switch (mode) {
                case SYNC -> caught(() -> pipeline.callWithContext(context -> body(context, end, failure)));
                case TRY ->
                    caught(() -> pipeline.tryCallWithContext(context -> body(context, end, failure))
                            .get());
                case ASYNC_COMPLETED ->
                    awaited(pipeline.callAsyncWithContext(context -> {
                        hook(context);
                        return end == End.FAILURE
                                ? CompletableFuture.failedFuture(failure)
                                : CompletableFuture.completedFuture("result");
                    }));
                case ASYNC_INCOMPLETE -> asynchronously(end, failure);
                case SUBMITTED ->
                    awaited(pipeline.submitWithContext(time.executor(), context -> body(context, end, failure)));
                case PERMIT -> withPermits(end, failure);
            };
        }

        private String body(CallContext context, End end, Unspeakable failure) throws Exception {
            hook(context);
            if (end == End.TIMEOUT) {
                time.sleep(SECOND.toNanos() * 10);
            }
            if (end == End.FAILURE) {
                throw failure;
            }
            return "result";
        }

        private void hook(CallContext context) {
            context.onCancel(() -> misbehave(Culprit.ON_CANCEL));
        }

        private Object asynchronously(End end, Unspeakable failure) throws Exception {
            List<Stage> stages = new ArrayList<>();
            CompletableFuture<String> call = pipeline.callAsyncWithContext(context -> {
                hook(context);
                Stage stage = new Stage(this);
                stages.add(stage);
                if (end == End.RESULT || end == End.FAILURE) {
                    time.executor().execute(() -> {
                        boolean ignored =
                                end == End.RESULT ? stage.complete("result") : stage.completeExceptionally(failure);
                    });
                }
                return stage;
            });
            call.whenComplete((result, thrown) -> misbehave(Culprit.DEPENDENT));
            if (end == End.CANCEL) {
                call.cancel(true);
            }
            Object outcome = awaited(call);
            // A stage whose cancel throws keeps its slot until it ends.
            stages.forEach(stage -> caught(() -> stage.complete("late")));
            return outcome;
        }

        private Object withPermits(End end, Unspeakable failure) {
            return caught(() -> {
                try (Permit outer = breaker.acquirePermit();
                        Permit inner = bulkhead.acquirePermit()) {
                    if (end == End.FAILURE) {
                        inner.failure(failure);
                        outer.failure(failure);
                        throw failure;
                    }
                    inner.success("result");
                    outer.success("result");
                    return "result";
                }
            });
        }

        private interface Call {
            Object make() throws Throwable;
        }

        private static Object caught(Call call) {
            try {
                return call.make();
            } catch (Throwable thrown) {
                return thrown;
            }
        }

        private Object awaited(CompletableFuture<String> call) throws Exception {
            time.advance(SECOND.multipliedBy(30));
            assertThat(call.isDone()).as("the future is complete").isTrue();
            Throwable failure = call.isCompletedExceptionally() ? Stages.failureOf(call) : null;
            return failure == null ? call.join() : failure;
        }

        /** Everything is back, and the next call is served. */
        void lookAround() throws Exception {
            time.advance(SECOND.multipliedBy(30));
            assertThat(bulkhead.inUse()).as("slots in use").isZero();
            assertThat(bulkhead.queued()).as("calls in line").isZero();
            assertThat(bound).as("contexts that stay on the thread").isEmpty();
            assertThat(CallContext.current()).isSameAs(CallContext.plain());
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            assertThat(pipeline.call(() -> "next")).isEqualTo("next");
            assertThat(bulkhead.inUse()).isZero();
        }
    }

    /** A failure of whose methods each may throw. */
    private static final class Unspeakable extends IOException implements RetryAfterHint {

        private static final long serialVersionUID = 1L;

        private final transient Surroundings surroundings;

        Unspeakable(Surroundings surroundings) {
            this.surroundings = surroundings;
        }

        @Override
        public Duration retryAfter() {
            surroundings.misbehave(Culprit.FAILURE);
            return null;
        }

        @Override
        public String getMessage() {
            surroundings.misbehave(Culprit.FAILURE);
            return "down";
        }

        @Override
        public String toString() {
            surroundings.misbehave(Culprit.FAILURE);
            return "down";
        }

        @Override
        public synchronized Throwable getCause() {
            surroundings.misbehave(Culprit.FAILURE);
            return null;
        }
    }

    /** A stage of the user's own kind. */
    private static final class Stage extends CompletableFuture<String> {

        private final Surroundings surroundings;

        Stage(Surroundings surroundings) {
            this.surroundings = surroundings;
        }

        @Override
        public CompletableFuture<String> whenComplete(BiConsumer<? super String, ? super Throwable> action) {
            CompletableFuture<String> dependent = super.whenComplete(action);
            // It does what it was asked for, and throws all the same.
            surroundings.misbehave(Culprit.WHEN_COMPLETE);
            return dependent;
        }

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            surroundings.misbehave(Culprit.CANCEL_OF_THE_STAGE);
            return super.cancel(mayInterruptIfRunning);
        }
    }
}
