package dev.mainstay.breaker;

import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.outcome.RejectionReason;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * What can be counted about a breaker. It does not exist before somebody asks for it, so that a breaker nobody measures
 * is small, and does not look at many counters. To ask does not start them.
 */
final class BreakerMeters {

    private final CallCounter successes;
    private final CallCounter failures = new CallCounter();
    private final CallCounter slowSuccesses = new CallCounter();
    private final CallCounter slowFailures = new CallCounter();
    private final CallCounter ignored = new CallCounter();
    private final Map<RejectionReason, CallCounter> rejected = new EnumMap<>(RejectionReason.class);
    private final Map<State, CallCounter> transitions = new EnumMap<>(State.class);

    /** @param onSuccessesCounted runs when somebody begins to count successes */
    BreakerMeters(Runnable onSuccessesCounted) {
        successes = CallCounter.announced(onSuccessesCounted);
        for (RejectionReason reason : rejections().values()) {
            rejected.put(reason, new CallCounter());
        }
        for (State state : State.values()) {
            transitions.put(state, new CallCounter());
        }
    }

    /** The states that reject calls, and how they put it. */
    private static Map<State, RejectionReason> rejections() {
        Map<State, RejectionReason> rejections = new EnumMap<>(State.class);
        rejections.put(State.OPEN, RejectionReason.OPEN);
        rejections.put(State.HALF_OPEN, RejectionReason.HALF_OPEN);
        rejections.put(State.FORCED_OPEN, RejectionReason.FORCED_OPEN);
        return rejections;
    }

    /** Whether somebody counts successes that were not slow: of all others the breaker hears anyway. */
    boolean countsSuccesses() {
        return successes.isStarted();
    }

    void ended(boolean failed, boolean slow) {
        CallCounter counter = slow ? failed ? slowFailures : slowSuccesses : failed ? failures : successes;
        counter.increment();
    }

    void ignored() {
        ignored.increment();
    }

    void rejected(RejectionReason reason) {
        CallCounter counter = rejected.get(reason);
        if (counter != null) {
            counter.increment();
        }
    }

    void changedTo(State state) {
        CallCounter counter = transitions.get(state);
        if (counter != null) {
            counter.increment();
        }
    }

    void describe(CircuitBreaker breaker, MeterSink sink) {
        String name = breaker.name();
        MeterId calls = MeterId.of("breaker.calls", name, "Calls that were let in, by how they ended", "calls");
        sink.counter(calls.tag("outcome", "success"), successes);
        sink.counter(calls.tag("outcome", "failure"), failures);
        sink.counter(calls.tag("outcome", "slow_success"), slowSuccesses);
        sink.counter(calls.tag("outcome", "slow_failure"), slowFailures);
        sink.counter(calls.tag("outcome", "ignored"), ignored);
        MeterId meter = MeterId.of("breaker.rejected", name, "Calls that were rejected, by the state then", "calls");
        rejections().forEach((state, reason) -> {
            CallCounter counter = rejected.get(reason);
            if (counter != null) {
                sink.counter(meter.tag("state", tag(state)), counter);
            }
        });
        MeterId state = MeterId.of("breaker.state", name, "1 for the state it is in, 0 for the others", "");
        for (State each : State.values()) {
            sink.gauge(state.tag("state", tag(each)), () -> breaker.state() == each ? 1 : 0);
        }
        sink.gauge(
                MeterId.of("breaker.failure.rate", name, "How many of the calls looked back on failed", "percent"),
                breaker::failureRate);
        sink.gauge(
                MeterId.of("breaker.slow.rate", name, "How many of the calls looked back on were slow", "percent"),
                breaker::slowCallRate);
        MeterId window =
                MeterId.of("breaker.window.calls", name, "Calls that are looked back on, by how they ended", "calls");
        gauge(sink, window, breaker, "success", tally -> tally.successes() - tally.slowSuccesses());
        gauge(sink, window, breaker, "failure", tally -> tally.failures() - tally.slowFailures());
        gauge(sink, window, breaker, "slow_success", Tally::slowSuccesses);
        gauge(sink, window, breaker, "slow_failure", Tally::slowFailures);
        MeterId changes =
                MeterId.of("breaker.transitions", name, "Changes of the state, by the new one", "transitions");
        transitions.forEach((each, counter) -> sink.counter(changes.tag("to", tag(each)), counter));
    }

    private static void gauge(
            MeterSink sink, MeterId window, CircuitBreaker breaker, String outcome, ToLongFunction<Tally> count) {
        sink.gauge(window.tag("outcome", outcome), () -> count.applyAsLong(breaker.tally()));
    }

    private static String tag(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
