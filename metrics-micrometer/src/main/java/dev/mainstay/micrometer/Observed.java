package dev.mainstay.micrometer;

import dev.mainstay.Chain;
import dev.mainstay.ContextCarrier;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.NotableEvent;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.event.Subscription;
import dev.mainstay.future.Stages;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.time.TimeSource;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline, or a policy alone, whose calls are observed: a span of its own for each call, with an event for each
 * attempt and for each {@link NotableEvent} on its way.
 *
 * <pre>{@code
 * Observed inventory = Observed.of(Pipeline.of("inventory", retry, breaker, bulkhead), observationRegistry);
 * Stock stock = inventory.call(() -> client.stockOf(item));
 * }</pre>
 *
 * <p>The observation starts when the call comes in, and stops once, before the caller hears of the outcome; a future
 * that the caller cancels or completes stops it, too. What comes out is the observation's error if it is a failure.
 * Bodies run in its scope, on whatever thread and in whichever attempt; asynchronous ones while they begin their stage.
 * Each event belongs to the innermost observed call around it.
 *
 * <p>A turning point shows by what it says of itself, whichever policy it comes from; policies that are put around this
 * one, or only into the bodies, are not listened to. Neither the events of the policies nor the calls change: what a
 * handler or a convention throws is logged once, and breaks nothing.
 *
 * <p>With a handler that makes meters, the observation is the timer {@code mainstay.pipeline.calls}. A pipeline that is
 * {@code timed(true)} leaves these calls out of its own timer of that name: each is counted once.
 *
 * <p>An observation registry that is noop, or has no handler, costs a call nothing. {@linkplain #close() Closed}, this
 * lets calls through unobserved. Safe for use by many threads.
 */
public final class Observed extends Policy implements AutoCloseable {

    private final Policy policy;
    private final ObservationRegistry registry;
    private final @Nullable PipelineObservationConvention own;
    private final CallbackFailures failures = new CallbackFailures();
    private final Subscription turningPoints;
    private volatile boolean closed;

    private Observed(Policy policy, ObservationRegistry registry, @Nullable PipelineObservationConvention own) {
        this.policy = Objects.requireNonNull(policy, "policy");
        this.registry = Objects.requireNonNull(registry, "registry");
        this.own = own;
        this.turningPoints = registry == ObservationRegistry.NOOP
                ? () -> {}
                : policy.subscribe(NotableEvent.class, point -> ObservedCall.tell(this, point));
    }

    /**
     * Observes the calls of a pipeline or policy, by the convention that the registry has for them, or else the
     * standard one.
     */
    public static Observed of(Policy policy, ObservationRegistry registry) {
        return new Observed(policy, registry, null);
    }

    /** Observes the calls of a pipeline or policy by a convention of your own, whatever the registry has. */
    public static Observed of(Policy policy, ObservationRegistry registry, PipelineObservationConvention convention) {
        return new Observed(policy, registry, Objects.requireNonNull(convention, "convention"));
    }

    @Override
    protected <T extends @Nullable Object> T execute(CallContext context, CallBody<? extends T> body) throws Exception {
        return observesNothing()
                ? PolicyAccess.<T>call(policy, context, body)
                : this.<T>around(context, TimeSource.UNREAD, Chain.end(), body);
    }

    @Override
    protected <T extends @Nullable Object> Outcome<T> tryExecute(CallContext context, CallBody<? extends T> body)
            throws Exception {
        return observesNothing() ? PolicyAccess.<T>tryCall(policy, context, body) : super.<T>tryExecute(context, body);
    }

    @Override
    protected <T extends @Nullable Object> T around(
            CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
        ObservedCall call = begin(context);
        if (call == null) {
            return PolicyAccess.<T>around(policy, context, now, inner, body);
        }
        T result;
        ObservedCall.Stay stay = call.enter();
        CallContext before = call.context().bind();
        try {
            result = PolicyAccess.around(
                    policy, call.context(), TimeSource.UNREAD, inner, attempt -> call.<T>attempt(attempt, body));
        } catch (Throwable failure) {
            CallContext.restore(before);
            stay.close();
            call.end(failure);
            throw failure;
        }
        CallContext.restore(before);
        stay.close();
        call.end(null);
        return result;
    }

    @Override
    protected <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        ObservedCall call = begin(context);
        if (call == null) {
            return PolicyAccess.aroundAsync(policy, context, now, inner, body);
        }
        ObservedCall.Stay stay = call.enter();
        CallContext before = call.context().bind();
        CompletableFuture<T> stage;
        try {
            stage = PolicyAccess.aroundAsync(
                    policy, call.context(), TimeSource.UNREAD, inner, attempt -> call.<T>attemptAsync(attempt, body));
        } catch (Throwable broken) {
            stage = Stages.failed(broken);
        } finally {
            CallContext.restore(before);
            stay.close();
        }
        if (!stage.isDone()) {
            return new ObservedFuture<T>(call, stage).follow();
        }
        call.end(Stages.failureOf(stage));
        return stage;
    }

    private boolean observesNothing() {
        return closed || registry.isNoop();
    }

    /** Starts the observation of a call; null if it is not to be observed. */
    private @Nullable ObservedCall begin(CallContext context) {
        if (observesNothing()) {
            return null;
        }
        PipelineObservationContext observed = new PipelineObservationContext(policy.name());
        try {
            Observation observation = observation(observed);
            return observation.isNoop()
                    ? null
                    : ObservedCall.start(this, failures, context.orInherited(), observation, observed);
        } catch (Throwable failure) {
            failures.report(policy.name(), "observation convention or predicate", failure);
            return null;
        }
    }

    private Observation observation(PipelineObservationContext observed) {
        return PipelineObservation.CALL.observation(
                own, PipelineObservationConvention.standard(), () -> observed, registry);
    }

    @Override
    public String name() {
        return policy.name();
    }

    @Override
    protected @Nullable TimeSource timeSource() {
        return PolicyAccess.timeSource(policy);
    }

    @Override
    protected ContextCarrier contextCarrier() {
        return PolicyAccess.contextCarrier(policy);
    }

    @Override
    protected void describe(MeterSink sink) {
        PolicyAccess.describe(policy, sink);
    }

    @Override
    public String explain() {
        return policy.explain();
    }

    @Override
    protected boolean isIdle() {
        return PolicyAccess.isIdle(policy);
    }

    @Override
    public <E extends MainstayEvent> Subscription subscribe(Class<E> type, Consumer<? super E> listener) {
        return policy.subscribe(type, listener);
    }

    /**
     * Ends the observation of calls, and the subscription to the policy's events; calls in progress are observed to
     * their end, without further events. Closing again does nothing.
     */
    @Override
    public void close() {
        closed = true;
        turningPoints.close();
    }

    @Override
    public String toString() {
        return "Observed[" + policy + "]";
    }
}
