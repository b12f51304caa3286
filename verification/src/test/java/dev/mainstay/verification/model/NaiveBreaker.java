package dev.mainstay.verification.model;

import dev.mainstay.PolicyEvent;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.breaker.CircuitBreakerConfig;
import dev.mainstay.breaker.SlidingWindow;
import dev.mainstay.breaker.StateChanged;
import dev.mainstay.breaker.StateChanged.Why;
import dev.mainstay.breaker.Tally;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.verification.model.NaiveWindow.Ended;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A circuit breaker as its documentation has it: a list of the calls it looks back on, a list of the probes that are
 * out, and what follows from them.
 *
 * <p>What time brings about is true from the moment on at which it is due. Listeners hear of it when somebody looks, or
 * at once if the timer does.
 */
final class NaiveBreaker {

    private static final Tally NOTHING = new Tally(0, 0, 0, 0);
    private static final Map<State, String> STATE_GAUGES = new EnumMap<>(State.class);

    static {
        for (State state : State.values()) {
            STATE_GAUGES.put(state, "breaker.state{state=" + tag(state) + "}");
        }
    }

    private final String name;
    private final Agenda agenda;
    private final Ledger ledger;
    private final NaiveBackoff backoff;

    /** How long the breaker waits that has just opened, for the one case in which two answers are right. */
    private final LongSupplier observedWait;

    private CircuitBreakerConfig config;
    private long inForceSince;
    private State state = State.CLOSED;
    private int era;
    private long since;
    private int openings;
    private long delay;
    private long wait;
    private Tally openedBy = NOTHING;

    private NaiveWindow window;
    private final List<Call> probes = new ArrayList<>();
    private final List<Ended> endedProbes = new ArrayList<>();
    private long lastProbeEnd;
    private final List<Ask> asks = new ArrayList<>();
    private int row;
    private boolean recovered;
    private int reconfigurations;

    /** Whether the window or the options have changed since the rates were last looked at. */
    private boolean unsure;

    /** Transitions that are due and that nobody has heard of, and the era that everybody has heard of. */
    private final List<StateChanged> untold = new ArrayList<>();

    private int toldEra;

    NaiveBreaker(
            String name,
            CircuitBreakerConfig config,
            NaiveBackoff backoff,
            Agenda agenda,
            Ledger ledger,
            LongSupplier observedWait) {
        this.name = name;
        this.config = config;
        this.backoff = backoff;
        this.agenda = agenda;
        this.ledger = ledger;
        this.observedWait = observedWait;
        this.window = new NaiveWindow(config, 0);
        if (config.initialState() != State.CLOSED) {
            become(config.initialState(), NOTHING, 0);
        }
    }

    /** A call that was let in. */
    static final class Call {

        final CallContext context;
        final CircuitBreakerConfig config;
        final int era;
        final State state;
        final long start;
        final boolean timed;

        private Call(
                CallContext context, CircuitBreakerConfig config, int era, State state, long start, boolean timed) {
            this.context = context;
            this.config = config;
            this.era = era;
            this.state = state;
            this.start = start;
            this.timed = timed;
        }
    }

    /** Somebody wants to be left alone until then; and the call by which it said so, if that was in the window. */
    private record Ask(long until, @Nullable Ended by) {

        @SuppressWarnings("ReferenceEquality") // another call may have ended just so
        boolean isBy(Ended call) {
            return call == by;
        }
    }

    // ---- calls

    /** Null if the call is rejected. */
    @Nullable
    Call enter(CallContext context) {
        long now = agenda.now();
        if (state == State.OPEN || state == State.HALF_OPEN || !untold.isEmpty()) {
            settle();
            tellAll(context);
        }
        boolean admits = switch (state) {
            case CLOSED, DISABLED, METRICS_ONLY -> true;
            case OPEN, FORCED_OPEN -> false;
            case HALF_OPEN -> probes.size() + endedProbes.size() < config.permittedNumberOfCallsInHalfOpenState();
        };
        if (!admits) {
            ledger.count("breaker.rejected{state=" + tag(state) + "}");
            ledger.tell(new PolicyEvent.CallRejected(name, agenda.clock(), context, reason(), retryAfterIfRejected()));
            return null;
        }
        boolean timed = ledger.listening() || config.slowCallDurationThreshold() != null;
        Call call = new Call(context, config, era, state, now, timed);
        if (state == State.HALF_OPEN) {
            probes.add(call);
        }
        return call;
    }

    RejectionReason reason() {
        return switch (state) {
            case HALF_OPEN -> RejectionReason.HALF_OPEN;
            case FORCED_OPEN -> RejectionReason.FORCED_OPEN;
            default -> RejectionReason.OPEN;
        };
    }

    /** What a rejection says, as {@link Lines} has it. */
    String rejection() {
        return Lines.rejected("CircuitBreakerOpenException", name, reason(), retryAfterIfRejected())
                + List.of(state, Duration.ofNanos(agenda.now() - since), openedBy);
    }

    long retryAfterIfRejected() {
        return state == State.OPEN ? since + wait - agenda.now() : -1;
    }

    void end(Call call, Ending ending) {
        end(call, ending.by(call.config.classifier()), ending.askedNanos(), ending.failure());
    }

    /** The call was not made, or was given up. */
    void release(Call call) {
        end(call, Verdict.IGNORED, -1, null);
    }

    private void end(Call call, Verdict verdict, long asked, @Nullable Throwable failure) {
        long now = agenda.now();
        if (call.state != State.DISABLED) {
            boolean wasCurrent = call.era == toldEra;
            settle();
            // Of a call that comes too late, nobody knows the options any more that admitted it.
            CircuitBreakerConfig judge = wasCurrent ? call.config : config;
            boolean slow = call.timed && isSlow(now - call.start, judge);
            count(verdict, slow);
            if (call.era == era && state == State.HALF_OPEN) {
                probeEnded(call, verdict, slow, asked);
            } else if (call.era == era && counts(verdict)) {
                callEnded(call, verdict.isFailure(), slow, asked);
            }
            if (wasCurrent) {
                tell(call.context, verdict.isFailure() ? failure : null);
            }
        }
        if (ledger.listening()) {
            ledger.tell(new PolicyEvent.CallEnded(name, agenda.clock(), call.context, verdict, now - call.start));
        }
    }

    private void count(Verdict verdict, boolean slow) {
        String outcome = !counts(verdict) ? "ignored" : verdict.isFailure() ? "failure" : "success";
        ledger.count("breaker.calls{outcome=" + (counts(verdict) && slow ? "slow_" : "") + outcome + "}");
    }

    private static boolean counts(Verdict verdict) {
        return verdict == Verdict.SUCCESS || verdict == Verdict.ERROR || verdict == Verdict.OVERLOAD;
    }

    private static boolean isSlow(long nanos, CircuitBreakerConfig config) {
        Duration threshold = config.slowCallDurationThreshold();
        return threshold != null && nanos > threshold.toNanos();
    }

    private void callEnded(Call call, boolean failed, boolean slow, long asked) {
        CircuitBreakerConfig judge = call.config;
        long capped = Math.min(asked, judge.maxRetryAfter().toNanos());
        long before = window.tally(agenda.now()).calls();
        Ended ended = window.add(agenda.now(), failed, slow);
        if (failed && asked > 0) {
            asks.add(new Ask(agenda.now() + capped, ended));
        }
        // Rows are counted for those who want to know.
        row = !failed ? 0 : judge.consecutiveFailures() > 0 ? row + 1 : row;
        Tally tally = window.tally(agenda.now());
        boolean regains = before < judge.minimumNumberOfCalls() && tally.calls() >= judge.minimumNumberOfCalls();
        if (failed || slow || regains || (unsure && isInForce(judge))) {
            unsure = false;
            Why why = row >= limit(judge.consecutiveFailures()) ? Why.CONSECUTIVE_FAILURES : tooBad(tally, judge);
            if (why != null && state == State.CLOSED) {
                change(State.OPEN, why, tally, agenda.now());
                return;
            }
        }
        if (!isInForce(judge)) {
            unsure = true;
        }
    }

    @SuppressWarnings("ReferenceEquality") // a change to the same options is a change
    private boolean isInForce(CircuitBreakerConfig judge) {
        return judge == config;
    }

    private static int limit(int consecutiveFailures) {
        return consecutiveFailures == 0 ? Integer.MAX_VALUE : consecutiveFailures;
    }

    private static @Nullable Why tooBad(Tally tally, CircuitBreakerConfig config) {
        if (config.failureThreshold() > 0 && tally.failures() >= config.failureThreshold()) {
            return Why.FAILURE_COUNT;
        }
        if (tally.calls() < config.minimumNumberOfCalls()) {
            return null;
        }
        return config.failureThreshold() == 0
                        && 100.0 * tally.failures() / tally.calls() >= config.failureRateThreshold()
                ? Why.FAILURE_RATE
                : tooSlow(tally, tally.calls(), config);
    }

    private static @Nullable Why tooSlow(Tally tally, long of, CircuitBreakerConfig config) {
        boolean slow = config.slowCallDurationThreshold() != null
                && 100.0 * tally.slowCalls() / of >= config.slowCallRateThreshold();
        return slow ? Why.SLOW_CALL_RATE : null;
    }

    private int openingsSoFar(long now) {
        return state == State.CLOSED && (recovered || window.hasTurnedOver(now)) ? 0 : openings;
    }

    // ---- other options

    void reconfigure(CircuitBreakerConfig other) {
        settle();
        tellAll(null);
        recovered |= openingsSoFar(agenda.now()) == 0;
        reconfigurations++;
        unsure = true;
        if (state == State.CLOSED || state == State.METRICS_ONLY) {
            window = window.changedTo(other, agenda.now());
        }
        config = other;
        inForceSince = agenda.now();
        settle();
        tellAll(null);
    }

    /**
     * How often the options have changed in this state: of more than a few changes back, nobody knows them any more.
     */
    int reconfigurations() {
        return reconfigurations;
    }

    // ---- probes

    private void probeEnded(Call call, Verdict verdict, boolean slow, long asked) {
        if (!probes.remove(call) || !counts(verdict)) {
            return;
        }
        if (asked > 0 && verdict.isFailure()) {
            asks.add(new Ask(
                    agenda.now() + Math.min(asked, call.config.maxRetryAfter().toNanos()), null));
        }
        probeEnded(verdict.isFailure(), slow, agenda.now());
    }

    private void probeEnded(boolean failed, boolean slow, long at) {
        endedProbes.add(new Ended(at, failed, slow));
        lastProbeEnd = at;
        decide();
    }

    /** Those that have ended decide as soon as the others cannot change it. */
    private void decide() {
        Why why = reopens(endedProbes);
        long at = Math.max(lastProbeEnd, inForceSince);
        if (why != null) {
            change(State.OPEN, why, NaiveWindow.count(endedProbes), at);
        } else if (!mayStillReopen()) {
            change(State.CLOSED, Why.PROBES_PASSED, NaiveWindow.count(endedProbes), at);
        }
    }

    /** Tries the worst that may come. */
    private boolean mayStillReopen() {
        List<Ended> worst = new ArrayList<>(endedProbes);
        while (worst.size() < config.permittedNumberOfCallsInHalfOpenState()) {
            worst.add(new Ended(0, true, true));
            if (reopens(worst) != null) {
                return true;
            }
        }
        return false;
    }

    private @Nullable Why reopens(List<Ended> ended) {
        Tally tally = NaiveWindow.count(ended);
        int streak = 0;
        for (Ended probe : ended) {
            streak = probe.failed() ? streak + 1 : 0;
        }
        long of = Math.max(tally.calls(), config.permittedNumberOfCallsInHalfOpenState());
        int required = config.requiredSuccessesInHalfOpenState();
        if (required > 0) {
            return of - tally.failures() < required ? Why.PROBES_FAILED : tooSlow(tally, of, config);
        }
        if (config.singleFailedProbeReopens() && tally.failures() > 0) {
            return Why.PROBE_FAILED;
        }
        if (streak >= limit(config.consecutiveFailures())) {
            return Why.CONSECUTIVE_FAILURES;
        }
        return tooManyProbesFailed(tally, of) ? Why.FAILURE_RATE : tooSlow(tally, of, config);
    }

    private boolean tooManyProbesFailed(Tally tally, long of) {
        if (config.failureThreshold() > 0 && config.slidingWindow() instanceof SlidingWindow.Calls last) {
            return tally.failures() * last.size() >= config.failureThreshold() * of;
        }
        return 100.0 * tally.failures() / of >= config.failureRateThreshold();
    }

    // ---- transitions

    /** Lets time have brought about what it has. */
    private void settle() {
        long now = agenda.now();
        while (true) {
            int before = era;
            if (state == State.OPEN && now - since >= wait) {
                change(State.HALF_OPEN, Why.WAIT_OVER, openedBy, since + wait);
            } else if (state == State.HALF_OPEN) {
                if (!endedProbes.isEmpty()) {
                    decide();
                }
                long lease = config.maxWaitDurationInHalfOpenState().toNanos();
                if (era == before && !probes.isEmpty() && now - probes.get(0).start >= lease) {
                    Call late = probes.remove(0);
                    probeEnded(true, isSlow(lease, config), late.start + lease);
                    continue;
                }
            }
            if (era == before) {
                return;
            }
        }
    }

    private void change(State next, Why why, Tally numbers, long at) {
        State before = state;
        become(next, numbers, at);
        if (before != next) {
            long told = next == State.OPEN || why == Why.WAIT_OVER ? wait : -1;
            untold.add(new StateChanged(name, 0, before, next, why, numbers, told, null, null));
        }
    }

    private void become(State next, Tally numbers, long at) {
        openings = openingsSoFar(at);
        if (next == State.OPEN) {
            openings++;
            delay = backoff.delay(openings, delay);
            wait = waitFor(at);
            openedBy = numbers;
        } else if (next != State.HALF_OPEN) {
            openedBy = NOTHING;
        }
        state = next;
        since = at;
        era++;
        row = 0;
        recovered = false;
        unsure = false;
        reconfigurations = 0;
        probes.clear();
        endedProbes.clear();
        asks.clear();
        window = new NaiveWindow(config, at);
    }

    /**
     * Never sooner than the last failures asked for. For how long a failure is remembered that has left the window,
     * while others are in it, is not said: then either answer is right.
     */
    private long waitFor(long at) {
        List<Ended> counted =
                state == State.CLOSED || state == State.METRICS_ONLY ? window.calls(agenda.now()) : List.of();
        long least = delay;
        for (Ask ask : asks) {
            if (ask.by == null || counted.stream().anyMatch(ask::isBy)) {
                least = Math.max(least, ask.until - at);
            }
        }
        TreeSet<Long> right = new TreeSet<>(List.of(least));
        for (Ask ask : asks) {
            right.add(Math.max(least, ask.until - at));
        }
        if (right.size() == 1) {
            return least;
        }
        long observed = observedWait.getAsLong();
        if (!right.contains(observed)) {
            throw new AssertionError("the wait is " + observed + ", which is none of " + right);
        }
        return observed;
    }

    private void tell(@Nullable CallContext context, @Nullable Throwable failure) {
        while (!untold.isEmpty() && !(untold.size() == 1 && untold.get(0).why() == Why.WAIT_OVER)) {
            tellFirst(context, failure);
        }
    }

    private void tellAll(@Nullable CallContext context) {
        while (!untold.isEmpty()) {
            tellFirst(context, null);
        }
        toldEra = era;
    }

    /** Whoever looks, or ends, tells what is due, with the call and the failure by which it came to look. */
    private void tellFirst(@Nullable CallContext context, @Nullable Throwable failure) {
        StateChanged event = untold.remove(0);
        toldEra = era - untold.size();
        ledger.count("breaker.transitions{to=" + tag(event.to()) + "}");
        ledger.tell(new StateChanged(
                name,
                agenda.clock(),
                event.from(),
                event.to(),
                event.why(),
                event.numbers(),
                event.waitNanos(),
                context,
                event.why() == Why.WAIT_OVER ? null : failure));
    }

    /** Lets time pass; the timer tells at once what is due, if it is told to. */
    void pass(long nanos) {
        long end = agenda.now() + nanos;
        while (config.automaticTransitionFromOpenToHalfOpen() && dueAt() <= end) {
            agenda.advance(Math.max(0, dueAt() - agenda.now()));
            settle();
            tellAll(null);
        }
        agenda.advance(end - agenda.now());
    }

    private long dueAt() {
        if (!untold.isEmpty()) {
            return agenda.now();
        }
        return switch (state) {
            case OPEN -> since + wait;
            case HALF_OPEN ->
                probes.isEmpty()
                        ? Long.MAX_VALUE
                        : probes.get(0).start
                                + config.maxWaitDurationInHalfOpenState().toNanos();
            default -> Long.MAX_VALUE;
        };
    }

    // ---- by hand

    void set(State next) {
        settle();
        tellAll(null);
        if (state != next) {
            change(next, Why.BY_HAND, tally(), agenda.now());
            tellAll(null);
        }
    }

    /** Opens for this time, an open one anew, of which nobody hears. */
    void openFor(long nanos) {
        settle();
        tellAll(null);
        State before = state;
        Tally numbers = tally();
        become(State.HALF_OPEN, NOTHING, agenda.now());
        state = State.OPEN;
        openedBy = numbers;
        wait = nanos;
        if (before != State.OPEN) {
            untold.add(new StateChanged(name, 0, before, State.OPEN, Why.BY_HAND, numbers, nanos, null, null));
        }
        tellAll(null);
    }

    void reset() {
        settle();
        tellAll(null);
        change(State.CLOSED, Why.BY_HAND, NOTHING, agenda.now());
        openings = 0;
        delay = 0;
        tellAll(null);
    }

    // ---- what can be seen

    /** Somebody looks: what is due has happened. */
    void look() {
        settle();
        tell(null, null);
    }

    State state() {
        return state;
    }

    Tally tally() {
        return switch (state) {
            case CLOSED, METRICS_ONLY -> window.tally(agenda.now());
            case HALF_OPEN -> NaiveWindow.count(endedProbes);
            case OPEN -> openedBy;
            case DISABLED, FORCED_OPEN -> NOTHING;
        };
    }

    @Nullable
    Duration retryAfter() {
        return switch (state) {
            case CLOSED, DISABLED, METRICS_ONLY -> Duration.ZERO;
            case OPEN -> Duration.ofNanos(since + wait - agenda.now());
            case FORCED_OPEN -> null;
            case HALF_OPEN ->
                probes.size() + endedProbes.size() < config.permittedNumberOfCallsInHalfOpenState()
                        ? Duration.ZERO
                        : null;
        };
    }

    boolean isIdle() {
        boolean asAtFirst =
                state == config.initialState() || (isAutomatic(state) && isAutomatic(config.initialState()));
        return asAtFirst && state != State.FORCED_OPEN && (remembersNothing() || isStale());
    }

    private static boolean isAutomatic(State state) {
        return state == State.CLOSED || state == State.OPEN || state == State.HALF_OPEN;
    }

    private boolean remembersNothing() {
        Tally tally = tally();
        return state != State.OPEN
                && state != State.HALF_OPEN
                && tally.failures() == 0
                && tally.slowCalls() == 0
                && openingsSoFar(agenda.now()) == 0;
    }

    private boolean isStale() {
        long stale = Math.max(Duration.ofMinutes(5).toNanos(), delay);
        long now = agenda.now();
        boolean probed = !probes.isEmpty() || (!endedProbes.isEmpty() && now - lastProbeEnd < stale);
        return now - (state == State.OPEN ? since + wait : since) >= stale && !probed && !hasNewFailure(now - stale);
    }

    /** One that has not left the window, and, if that is one of calls, came after that time. */
    private boolean hasNewFailure(long after) {
        boolean watches = state == State.CLOSED || state == State.METRICS_ONLY;
        boolean timed = config.slidingWindow() instanceof SlidingWindow.Time;
        return watches
                && window.calls(agenda.now()).stream()
                        .anyMatch(call -> (call.failed() || call.slow()) && (timed || call.at() > after));
    }

    void readGauges() {
        STATE_GAUGES.forEach((each, gauge) -> ledger.gauge(gauge, state == each ? 1 : 0));
        Tally tally = tally();
        ledger.gauge("breaker.failure.rate", 100.0 * tally.failures() / tally.calls());
        ledger.gauge("breaker.slow.rate", 100.0 * tally.slowCalls() / tally.calls());
        double slowFailures = (double) tally.slowFailures();
        double slowSuccesses = (double) tally.slowCalls() - slowFailures;
        double failures = (double) tally.failures() - slowFailures;
        double successes = (double) (tally.calls() - tally.failures()) - slowSuccesses;
        ledger.gauge("breaker.window.calls{outcome=success}", successes);
        ledger.gauge("breaker.window.calls{outcome=failure}", failures);
        ledger.gauge("breaker.window.calls{outcome=slow_success}", slowSuccesses);
        ledger.gauge("breaker.window.calls{outcome=slow_failure}", slowFailures);
    }

    CircuitBreakerConfig config() {
        return Objects.requireNonNull(config);
    }

    private static String tag(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
