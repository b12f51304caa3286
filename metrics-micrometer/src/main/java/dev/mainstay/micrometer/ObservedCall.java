package dev.mainstay.micrometer;

import dev.mainstay.MeasuredOutside;
import dev.mainstay.PolicyEvent;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.ContextKey;
import dev.mainstay.call.NotableEvent;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Verdict;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.ObservationView;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One call that is observed. It travels inwards in the call's context, where events find it. Nothing here throws,
 * whatever the handlers do: the first thing that one of them throws is logged.
 */
final class ObservedCall {

    private static final ContextKey<ObservedCall> INNERMOST = ContextKey.of("observed", ObservedCall.class);

    private final Observed owner;
    private final CallbackFailures failures;
    private final CallContext context;
    private final Observation observation;
    private final PipelineObservationContext observed;
    private final AtomicBoolean ended = new AtomicBoolean();

    /** Whether a listener has heard of a time-out; of an asynchronous call, they do only after its caller. */
    private volatile boolean toldOfTimeout;

    private ObservedCall(
            Observed owner,
            CallbackFailures failures,
            CallContext outer,
            Observation observation,
            PipelineObservationContext observed) {
        this.owner = owner;
        this.failures = failures;
        this.observation = observation;
        this.observed = observed;
        CallContext own = outer.with(INNERMOST, this);
        safely("start", observation::start);
        this.context = observed.isMeter() ? MeasuredOutside.mark(own, observed.pipeline()) : own;
    }

    static ObservedCall start(
            Observed owner,
            CallbackFailures failures,
            CallContext outer,
            Observation observation,
            PipelineObservationContext observed) {
        return new ObservedCall(owner, failures, outer, observation, observed);
    }

    /** Adds a turning point to the call that it belongs to, if that is one of the owner's. */
    static void tell(Observed owner, NotableEvent point) {
        CallContext context = point.context();
        ObservedCall call = context == null ? null : context.get(INNERMOST);
        if (call == null || call.owner != owner) {
            return;
        }
        if (point instanceof PolicyEvent.TimedOut) {
            call.toldOfTimeout = true;
        }
        call.event(point.label(), textOf(point));
    }

    private static String textOf(NotableEvent point) {
        String detail = point.detail();
        return point.label() + " '" + point.policy() + "'" + (detail.isEmpty() ? "" : ": " + detail);
    }

    /** What the call carries from here on inwards. */
    CallContext context() {
        return context;
    }

    <T extends @Nullable Object> T attempt(CallContext attempt, CallBody<? extends T> body) throws Exception {
        Stay stay = beginAttempt(attempt);
        try {
            return body.in(attempt);
        } finally {
            stay.close();
        }
    }

    @SuppressWarnings("unchecked") // a stage is only read from
    <T extends @Nullable Object> CompletionStage<T> attemptAsync(CallContext attempt, AsyncCallBody<? extends T> body)
            throws Exception {
        Stay stay = beginAttempt(attempt);
        try {
            return (CompletionStage<T>) body.in(attempt);
        } finally {
            stay.close();
        }
    }

    /** An attempt that is made in the scope of another observed call, further in, is that one's. */
    private Stay beginAttempt(CallContext attempt) {
        ObservedCall innermost = attempt.get(INNERMOST);
        if (ended.get() || (innermost != null && innermost != this)) {
            return Stay.NONE;
        }
        event(PipelineObservation.Events.ATTEMPT.getName(), "attempt " + attempt.attempt());
        return isCurrent() ? Stay.NONE : enter();
    }

    /** Whether this thread is in the observation's scope, or in that of one which somebody has opened within. */
    private boolean isCurrent() {
        ObservationView current = observation.getObservationRegistry().getCurrentObservation();
        while (current != null && current != observation) {
            current = current.getContextView().getParentObservation();
        }
        return current != null;
    }

    private void event(String label, String text) {
        if (!ended.get()) {
            safely("event", () -> observation.event(Observation.Event.of(label, text)));
        }
    }

    /** Opens the observation's scope on this thread. */
    Stay enter() {
        ObservationRegistry registry = observation.getObservationRegistry();
        Observation.Scope before = registry.getCurrentObservationScope();
        boolean opened = safely("scope", observation::openScope);
        Observation.Scope scope = registry.getCurrentObservationScope();
        Stay stay = () -> {
            if (scope != null && scope != before) {
                safely("scope", scope::close);
                registry.setCurrentObservationScope(before);
            }
        };
        if (opened) {
            return stay;
        }
        stay.close();
        return Stay.NONE;
    }

    /** The outcome is known. Those who say so later are not heard. */
    void end(@Nullable Throwable failure) {
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        if (failure instanceof CallTimeoutException timeout && !toldOfTimeout) {
            NotableEvent point = new PolicyEvent.TimedOut(
                    timeout.policyName(), 0, context, timeout.timeout().toNanos());
            safely("event", () -> observation.event(Observation.Event.of(point.label(), textOf(point))));
        }
        if (failure == null) {
            observed.verdict(Verdict.SUCCESS);
        } else {
            observed.verdict(Classifier.standard().ofFailure(context, failure));
            safely("error", () -> observation.error(failure));
        }
        safely("stop", observation::stop);
    }

    private boolean safely(String what, Runnable action) {
        try {
            action.run();
            return true;
        } catch (Throwable failure) {
            failures.report(owner.name(), "observation handler's " + what, failure);
            return false;
        }
    }

    @Override
    public String toString() {
        return "'" + owner.name() + "'";
    }

    /** The stay of a thread in the observation's scope. It leaves the thread as it was. */
    @FunctionalInterface
    interface Stay extends AutoCloseable {

        Stay NONE = () -> {};

        @Override
        void close();
    }
}
