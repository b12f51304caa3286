package dev.mainstay.breaker;

import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What can be counted about a breaker. The counters do not exist before somebody asks for them, so that a breaker
 * nobody measures is small, and does not look at many counters. To ask does not start them.
 */
final class BreakerMeters {

    private static final VarHandle COUNTERS = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "counters", VarHandle.class, BreakerMeters.class, Counters.class);

    private final Runnable onSuccessesCounted;
    private volatile @Nullable Counters counters;

    /** @param onSuccessesCounted runs when somebody begins to count successes */
    BreakerMeters(Runnable onSuccessesCounted) {
        this.onSuccessesCounted = onSuccessesCounted;
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
        Counters counters = this.counters;
        return counters != null && counters.successes.isStarted();
    }

    void ended(Verdict verdict, boolean slow) {
        Counters counters = this.counters;
        if (counters != null) {
            counters.of(verdict, slow).increment();
        }
    }

    void rejected(RejectionReason reason) {
        Counters counters = this.counters;
        if (counters != null) {
            increment(counters.rejected.get(reason));
        }
    }

    void changedTo(State state) {
        Counters counters = this.counters;
        if (counters != null) {
            increment(counters.transitions.get(state));
        }
    }

    private static void increment(@Nullable CallCounter counter) {
        if (counter != null) {
            counter.increment();
        }
    }

    private Counters counters() {
        Counters known = counters;
        if (known == null) {
            COUNTERS.compareAndSet(this, null, new Counters(onSuccessesCounted));
            known = Objects.requireNonNull(counters);
        }
        return known;
    }

    void describe(CircuitBreaker breaker, MeterSink sink) {
        Counters counters = counters();
        String name = breaker.name();
        MeterId calls = MeterId.of("breaker.calls", name, "Calls that were let in, by how they ended", "calls");
        sink.counter(calls.tag("outcome", "success"), counters.successes);
        sink.counter(calls.tag("outcome", "failure"), counters.failures);
        sink.counter(calls.tag("outcome", "slow_success"), counters.slowSuccesses);
        sink.counter(calls.tag("outcome", "slow_failure"), counters.slowFailures);
        sink.counter(calls.tag("outcome", "ignored"), counters.ignored);
        MeterId meter = MeterId.of("breaker.rejected", name, "Calls that were rejected, by the state then", "calls");
        rejections().forEach((state, reason) -> {
            CallCounter counter = counters.rejected.get(reason);
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
        counters.transitions.forEach((each, counter) -> sink.counter(changes.tag("to", tag(each)), counter));
    }

    private static void gauge(
            MeterSink sink, MeterId window, CircuitBreaker breaker, String outcome, ToLongFunction<Tally> count) {
        sink.gauge(window.tag("outcome", outcome), () -> count.applyAsLong(breaker.tally()));
    }

    private static String tag(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    private static final class Counters {

        private final CallCounter successes;
        private final CallCounter failures = new CallCounter();
        private final CallCounter slowSuccesses = new CallCounter();
        private final CallCounter slowFailures = new CallCounter();
        private final CallCounter ignored = new CallCounter();
        private final Map<RejectionReason, CallCounter> rejected = new EnumMap<>(RejectionReason.class);
        private final Map<State, CallCounter> transitions = new EnumMap<>(State.class);

        Counters(Runnable onSuccessesCounted) {
            successes = CallCounter.announced(onSuccessesCounted);
            for (RejectionReason reason : rejections().values()) {
                rejected.put(reason, new CallCounter());
            }
            for (State state : State.values()) {
                transitions.put(state, new CallCounter());
            }
        }

        CallCounter of(Verdict verdict, boolean slow) {
            if (verdict == Verdict.SUCCESS) {
                return slow ? slowSuccesses : successes;
            }
            return !verdict.isFailure() ? ignored : slow ? slowFailures : failures;
        }
    }
}
