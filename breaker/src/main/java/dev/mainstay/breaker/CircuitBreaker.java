package dev.mainstay.breaker;

import dev.mainstay.Gate;
import dev.mainstay.PolicyEvent;
import dev.mainstay.QuietFlag;
import dev.mainstay.Reconfigurable;
import dev.mainstay.StandingPermit;
import dev.mainstay.call.CallContext;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.Require;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Stops calling what does not answer. While too many of the last calls failed, or were slow, calls are rejected with a
 * {@link CircuitBreakerOpenException}; after a wait, a few probes are let through and decide whether it closes again.
 *
 * <pre>{@code
 * CircuitBreaker breaker = CircuitBreaker.of("inventory", c -> c.failureRateThreshold(30));
 * Stock stock = breaker.call(() -> inventory.stockOf(article));
 * }</pre>
 *
 * <p>Every call belongs to the stay in a state in which it was let in: if the state has changed when it ends, its
 * result changes nothing. A probe that is cancelled, or ignored or rejected further in, gives its place to another; one
 * that does not end counts as an overload when its time is up.
 *
 * <p>Safe for use by many threads. As long as calls succeed, a call reads the state once to enter, and writes nothing
 * when it ends if the window is full (a window of time is written to, each thread in a place of its own). No lock of
 * the breaker is held while anything of the user's runs. Transitions are logged, and told to listeners as {@link
 * StateChanged}, each once and in the order in which they were made: on the thread that brings them about. While
 * another thread runs a listener, that thread publishes the transition afterwards.
 *
 * <p>The state machine is that of Michael Nygard, "Release It!" (2007), with rates over a sliding window as in
 * Resilience4j, and results bound to the state that admitted the call as in Sony's gobreaker.
 */
public final class CircuitBreaker extends Gate implements Reconfigurable<CircuitBreakerConfig> {

    static {
        Rehearsal.run();
    }

    private final BreakerMeters meters = new BreakerMeters(this::settle);
    private final StateMachine machine;
    private final OutcomeRecorder outcomes;

    private CircuitBreaker(String name, CircuitBreakerConfig config) {
        super(name, Require.present("config", config).timeSource(), config.classifier());
        machine = new StateMachine(name, new Settings(config), this::change, this::changed);
        outcomes = new OutcomeRecorder(machine, meters);
        settle();
    }

    /** What follows from the state is in force. */
    private void settle() {
        boolean ignored = change(() -> false);
    }

    /** A breaker with these options. */
    public static CircuitBreaker of(String name, CircuitBreakerConfig config) {
        return new CircuitBreaker(name, config);
    }

    /**
     * A breaker with the defaults, but for what the function says: {@code CircuitBreaker.of("search", c ->
     * c.failureRateThreshold(30))}.
     */
    public static CircuitBreaker of(String name, UnaryOperator<CircuitBreakerConfig.Builder> options) {
        return of(
                name,
                Require.configured(
                        CircuitBreakerConfig.KIND,
                        name,
                        () -> options.apply(CircuitBreakerConfig.builder()).build()));
    }

    /** A breaker with the defaults: opens when half of the last 100 calls failed, and there were at least 20. */
    public static CircuitBreaker ofDefaults(String name) {
        return of(name, CircuitBreakerConfig.defaults());
    }

    /** What a breaker does with calls. */
    public enum State {
        /** Lets calls through, and watches them. */
        CLOSED,
        /** Rejects calls until the wait is over. */
        OPEN,
        /** Lets a few calls through, which decide how it goes on. */
        HALF_OPEN,
        /** By hand: lets calls through and counts nothing, neither in the window nor in the meters. */
        DISABLED,
        /** By hand: rejects calls until somebody says otherwise. */
        FORCED_OPEN,
        /** By hand: lets calls through and watches them, but never opens. */
        METRICS_ONLY
    }

    // ---- calls

    /**
     * That of the snapshot, if it lets every call in. The breaker has to hear of each success if it looks for slow
     * calls, if its window is not quiet, or if a meter counts successes.
     */
    @Override
    protected @Nullable StandingPermit standingPermit() {
        BreakerSnapshot snapshot = machine.snapshot();
        if (snapshot.permit < 0) {
            return null;
        }
        Window window = snapshot.window;
        boolean told = snapshot.settings.timesCalls || meters.countsSuccesses();
        return new StandingPermit(snapshot.permit, window == null || told ? new QuietFlag() : window);
    }

    @Override
    protected Judging judging() {
        return machine.snapshot().settings.judging;
    }

    @Override
    protected long tryEnter(CallContext context, long now) {
        long permit = machine.snapshot().permit;
        return permit >= 0
                ? permit
                : enterGuarded(
                        context, now == TimeSource.UNREAD ? machine.time().nanoTime() : now);
    }

    /** Decides as {@link #tryEnter}, but begins no half-open state and takes no probe's place. */
    @Override
    protected long wouldEnter(CallContext context, long now) {
        State state = machine.stateAt(now);
        BreakerSnapshot snapshot = machine.snapshot();
        return switch (state) {
            case CLOSED, DISABLED, METRICS_ONLY -> 0;
            case OPEN, FORCED_OPEN -> reject(reasonOf(state));
            case HALF_OPEN ->
                snapshot.generation.state == State.HALF_OPEN
                                && snapshot.generation.probes().taken() >= snapshot.settings.probes
                        ? reject(RejectionReason.HALF_OPEN)
                        : 0;
        };
    }

    private long enterGuarded(CallContext context, long now) {
        while (true) {
            BreakerSnapshot snapshot = machine.settle(now, context);
            long permit = snapshot.permit;
            if (permit < 0 && snapshot.generation.state == State.HALF_OPEN) {
                permit = machine.admitProbe(snapshot, now);
            }
            if (permit >= 0) {
                return permit;
            }
            if (permit != StateMachine.LOOK_AGAIN) {
                return reject(reasonOf(snapshot.generation.state));
            }
        }
    }

    static RejectionReason reasonOf(State state) {
        return switch (state) {
            case HALF_OPEN -> RejectionReason.HALF_OPEN;
            case FORCED_OPEN -> RejectionReason.FORCED_OPEN;
            default -> RejectionReason.OPEN;
        };
    }

    @Override
    protected void exit(
            long permit,
            long start,
            long now,
            Verdict verdict,
            CallContext context,
            @Nullable Object result,
            @Nullable Throwable failure) {
        try {
            outcomes.ended(permit, start, now, verdict, context, result, failure);
        } catch (Throwable noRoom) {
            // Out of stack, perhaps, so that nothing can be called. A probe is noted, for the next that looks to take
            // it back.
            Generation generation = machine.snapshot.generation;
            long[] unreturned = generation.unreturned;
            if (unreturned != null) {
                unreturned[(int) permit & (Generation.UNRETURNED_AT_MOST - 1)] = permit;
                generation.someUnreturned = true;
            }
        }
    }

    @Override
    protected Rejection rejection(long code, CallContext context, long now) {
        RejectionReason reason = reasonOf(code);
        long time = now == TimeSource.UNREAD ? machine.time().nanoTime() : now;
        Generation generation = machine.snapshot().generation;
        State state = switch (reason) {
            case HALF_OPEN -> State.HALF_OPEN;
            case FORCED_OPEN -> State.FORCED_OPEN;
            default -> State.OPEN;
        };
        // The state may have changed since the rejection, and what it was then is gone.
        boolean gone = generation.state != state;
        long since = gone ? 0 : Math.max(0, time - generation.since);
        Tally openedBy = gone ? Tally.NOTHING : generation.openedBy;
        return new OpenRejection(
                name(), reason, generation.retryAfterNanos(time), state, since, openedBy, config().stackTraces());
    }

    @Override
    protected void onRejected(Rejection rejection, CallContext context) {
        meters.rejected(rejection.reason());
    }

    /** The transition says it at WARN. */
    @Override
    protected boolean warnsBeforeRejecting() {
        return true;
    }

    // ---- by hand

    /**
     * Closes the breaker and forgets everything, from any state: the window is empty, and the next wait is the first.
     */
    public void reset() {
        machine.reset();
    }

    /**
     * Closes the breaker with an empty window, from any state; a closed one stays as it is. How often it has opened is
     * remembered, unlike after {@link #reset}.
     */
    public void transitionToClosedState() {
        machine.set(State.CLOSED);
    }

    /**
     * Opens the breaker for the next wait of {@link CircuitBreakerConfig#waitDurationInOpenState()}, from any state; an
     * open one stays as it is. This opening counts: the next wait may be longer.
     */
    public void transitionToOpenState() {
        machine.set(State.OPEN);
    }

    /**
     * Opens the breaker for this time exactly, from any state; the next call after it finds the breaker half-open. If
     * the breaker is open, this time begins now and takes the place of what was left of the wait. Then nobody is told,
     * since the state does not change.
     *
     * <p>Neither the options nor a {@code Retry-After} change this time. It does not count as an opening, so that the
     * next wait of {@link CircuitBreakerConfig#waitDurationInOpenState()} is as long as it would have been.
     *
     * @param waitDuration how long to reject calls; above zero
     * @throws IllegalArgumentException if it is zero or less
     * @throws NullPointerException if it is null
     */
    public void transitionToOpenStateFor(Duration waitDuration) {
        Duration checked = Require.configured(
                CircuitBreakerConfig.KIND, name(), () -> Require.positive("waitDuration", waitDuration));
        machine.openFor(Nanos.of(checked));
    }

    /**
     * Makes the breaker half-open, from any state: the next calls are probes, and decide whether it closes. A half-open
     * breaker stays as it is. It does not count as an opening.
     */
    public void transitionToHalfOpenState() {
        machine.set(State.HALF_OPEN);
    }

    /** Rejects all calls until another state is set; a breaker that was forced open stays as it is. */
    public void transitionToForcedOpenState() {
        machine.set(State.FORCED_OPEN);
    }

    /** Lets all calls through and counts nothing until another state is set; a disabled breaker stays as it is. */
    public void transitionToDisabledState() {
        machine.set(State.DISABLED);
    }

    /**
     * Lets all calls through and counts them, with an empty window to begin with, but does not open until another state
     * is set. A breaker that only counts stays as it is.
     */
    public void transitionToMetricsOnlyState() {
        machine.set(State.METRICS_ONLY);
    }

    // ---- what it says about itself

    /**
     * The state that a call would find now. An open breaker whose wait is over is half-open, even if no call has come
     * yet to make it so. (If a probe's time is up that nobody has looked for since, this looks, and tells listeners.)
     */
    public State state() {
        State state = machine.snapshot().generation.state;
        return state == State.OPEN || state == State.HALF_OPEN
                ? machine.stateAt(machine.time().nanoTime())
                : state;
    }

    /**
     * The numbers by which it decides: of the window if it is closed or counts only, of the probes if it is half-open,
     * those that opened it if it is open; of nothing otherwise.
     */
    public Tally tally() {
        long now = machine.time().nanoTime();
        // Ends probes whose time is up.
        machine.stateAt(now);
        return machine.snapshot().tally(now);
    }

    /**
     * How many of the calls in {@link #tally()} failed, in percent; NaN if there are none. It may be above the
     * threshold while too few calls are in the window.
     */
    public double failureRate() {
        return tally().failureRate();
    }

    /** How many of the calls in {@link #tally()} were slow, in percent; NaN if there are none. */
    public double slowCallRate() {
        return tally().slowCallRate();
    }

    /**
     * How long until a call may be let in: counts down while it is open, zero where calls are let in, null where that
     * cannot be said (forced open, or half-open with all probes out).
     */
    public @Nullable Duration retryAfter() {
        long now = machine.time().nanoTime();
        State state = machine.stateAt(now);
        BreakerSnapshot snapshot = machine.snapshot();
        if (state == State.HALF_OPEN && snapshot.generation.probes().taken() < snapshot.settings.probes) {
            return Duration.ZERO;
        }
        long nanos = snapshot.generation.retryAfterNanos(now);
        return nanos < 0 ? null : Duration.ofNanos(nanos);
    }

    @Override
    public CircuitBreakerConfig config() {
        return machine.snapshot().settings.config;
    }

    /**
     * Puts other options in force for calls that begin from now on. The state stays. A count window keeps the newest
     * calls that fit; one of time keeps its buckets if they are as long as before; any other change of the window
     * begins a new one. A wait that has begun stays as long as it is. Calls in flight end under the options that
     * admitted them, probes decide by those in force.
     *
     * @throws IllegalArgumentException if the time source is another one
     */
    @Override
    public void reconfigure(UnaryOperator<CircuitBreakerConfig> change) {
        Require.present("change", change);
        Settings before;
        CircuitBreakerConfig config;
        do {
            before = machine.snapshot().settings;
            config = Require.present("config", change.apply(before.config));
            Require.unchanged(CircuitBreakerConfig.KIND, name(), "timeSource", machine.time(), config.timeSource());
        } while (!machine.reconfigure(before, new Settings(config)));
        PolicyEvent.Reconfigured.announce(this, events(), machine.time(), before.config, config);
    }

    private void changed(StateChanged event) {
        meters.changedTo(event.to());
        TransitionLog.write(event);
        if (events().wanted(StateChanged.class)) {
            events().publish(event);
        }
    }

    @Override
    protected void describe(MeterSink sink) {
        meters.describe(this, sink);
    }

    @Override
    public String explain() {
        State state = state();
        BreakerSnapshot snapshot = machine.snapshot();
        Tally tally = tally();
        return "'" + name() + "' is " + state + ": "
                + switch (state) {
                    case CLOSED, METRICS_ONLY -> tally + "; opens at " + snapshot.settings.thresholds();
                    case OPEN ->
                        tally + "; probes in "
                                + Nanos.format(Math.max(
                                        0,
                                        snapshot.generation.waitLeft(
                                                machine.time().nanoTime())));
                    case HALF_OPEN ->
                        tally + " of " + snapshot.settings.probes + " probes, "
                                + snapshot.generation.probes().out() + " are out";
                    case DISABLED -> "all calls are let through, and none is counted";
                    case FORCED_OPEN -> "all calls are rejected";
                };
    }

    /**
     * Whether nothing would be lost with this breaker: it is in the state in which it begins, and remembers no failure,
     * no slow call and no opening. Successes are not worth remembering.
     *
     * <p>A breaker that is not called any more becomes idle, too. What it remembers is worth nothing once no call has
     * failed or been slow for five minutes, or for as long as the breaker was last to stay open if that is longer; a
     * window of time forgets by itself. An open breaker is idle that long after its wait is over, a half-open one that
     * long after its last probe. Only a state that was set by hand, and that the breaker does not leave by itself, is
     * remembered for good.
     */
    @Override
    protected boolean isIdle() {
        long now = machine.time().nanoTime();
        State state = machine.stateAt(now);
        BreakerSnapshot snapshot = machine.snapshot();
        State initial = snapshot.settings.config.initialState();
        boolean asAtFirst = state == initial || (isAutomatic(state) && isAutomatic(initial));
        return asAtFirst && state != State.FORCED_OPEN && (snapshot.remembersNothing(now) || snapshot.isStale(now));
    }

    /** Whether breakers come to the state and leave it by themselves. */
    private static boolean isAutomatic(State state) {
        return state == State.CLOSED || state == State.OPEN || state == State.HALF_OPEN;
    }
}
