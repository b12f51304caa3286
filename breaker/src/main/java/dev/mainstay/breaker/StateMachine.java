package dev.mainstay.breaker;

import dev.mainstay.CallContext;
import dev.mainstay.Verdict;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.breaker.StateChanged.Why;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The breaker's states, and how one follows the other. */
final class StateMachine {

    /*
     *              a threshold                     a threshold
     *     CLOSED ──────────────▶ OPEN ◀──────────────────────────┐
     *        ▲                     └────────▶ HALF_OPEN ─────────┤
     *        │                       the wait                    │
     *        └───────────────────────────────────────────────────┘
     *                              the probes passed
     *
     *     from anywhere, by hand: every state
     *
     * One compare-and-set of the phase is the transition. Everything else follows from what is read there: nobody holds
     * a lock, and whoever finds that something is due does it, be it the next call, a reader of the state, or the
     * timer. That holds for what follows a transition, too: if a thread runs out of stack right after it, the next one
     * tells of it, and sets the alarm.
     *
     * What was due earlier is done as of then. A probe that nobody saw run out of time has opened the breaker when its
     * time was up, so that it makes no difference who looks, and when.
     */
    static final long NO_PLACE = -1;
    static final long LOOK_AGAIN = -2;

    private static final int OPENINGS_AT_MOST = 1_000_000;
    private static final VarHandle PHASE = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "phase", VarHandle.class, StateMachine.class, BreakerSnapshot.class);

    private final String name;
    private final TimeSource time;
    private final Predicate<BooleanSupplier> change;
    private final TransitionPublisher announcer;

    /** Read without a call by whoever has no stack left for one. */
    volatile BreakerSnapshot phase;

    /**
     * @param change makes a change of the phase, and returns what that returns
     * @param listener hears of each transition once, in order; mostly on the thread that brings it about
     */
    StateMachine(String name, Settings settings, Predicate<BooleanSupplier> change, Consumer<StateChanged> listener) {
        this.name = name;
        this.time = settings.config.timeSource();
        this.change = change;
        this.announcer = new TransitionPublisher(listener);
        long now = time.nanoTime();
        State state = settings.config.initialState();
        BreakerSnapshot start = BreakerSnapshot.first(Generation.first(State.CLOSED, now), settings, now);
        this.phase = start;
        if (state != State.CLOSED) {
            this.phase = BreakerSnapshot.first(eraOf(state, start, now, Tally.NOTHING), settings, now);
            arm(this.phase, now, Probes.NONE);
        }
    }

    BreakerSnapshot phase() {
        return phase;
    }

    TimeSource time() {
        return time;
    }

    /** Does what is due, and returns the phase then. */
    BreakerSnapshot settle(long now, @Nullable CallContext context) {
        while (true) {
            BreakerSnapshot current = phase;
            Generation era = current.era;
            catchUp(current, now);
            if (era.state == State.OPEN && era.waitLeft(now) <= 0) {
                change(
                        era,
                        State.HALF_OPEN,
                        Why.WAIT_OVER,
                        era.openedBy,
                        era.since + era.waitNanos,
                        now,
                        new Trigger(context, null));
            } else if (era.state != State.HALF_OPEN || !expire(current, now, context)) {
                return current;
            }
        }
    }

    /** What a thread that ran out of stack has left undone. */
    private void catchUp(BreakerSnapshot current, long now) {
        Generation era = current.era;
        if (announcer.isBehind(current)) {
            announcer.tell(this);
        }
        if (current.settings.usesAlarms && !era.hasAlarm()) {
            arm(current, now, era.probes());
        }
        if (era.someUnreturned) {
            era.someUnreturned = false;
            try {
                takeBack(current, now);
            } catch (Throwable noRoom) {
                // Out of stack, too: they are still there, for whoever looks next.
                era.someUnreturned = true;
                throw noRoom;
            }
        }
    }

    /** They have said nothing, and their places are free again. */
    private void takeBack(BreakerSnapshot current, long now) {
        long[] unreturned = current.era.unreturned;
        for (int i = 0; unreturned != null && i < unreturned.length; i++) {
            long permit = unreturned[i];
            if (permit != 0 && current.settingsOf(permit) != null) {
                probeEnded(current.era, BreakerSnapshot.probeOf(permit), Verdict.IGNORED, false, -1, now, Trigger.NONE);
            }
        }
    }

    /** The state that a call would find, which need not be there yet: a reader does not make it half-open. */
    State stateAt(long now) {
        while (true) {
            BreakerSnapshot current = phase;
            Generation era = current.era;
            catchUp(current, now);
            if (era.state == State.HALF_OPEN && expire(current, now, null)) {
                continue;
            }
            return era.state == State.OPEN && era.waitLeft(now) <= 0 ? State.HALF_OPEN : era.state;
        }
    }

    /** Lets a probe in: a permit, {@link #NO_PLACE} or {@link #LOOK_AGAIN}. */
    long admitProbe(BreakerSnapshot phase, long now) {
        Probes before = phase.era.probes();
        if (before.taken() >= phase.settings.probes) {
            return NO_PLACE;
        }
        Probes after = before.admit(now);
        long permit = phase.permitOf(before.next());
        arm(phase, now, after);
        // Last of all: nothing that may fail comes between taking a place and having it.
        return phase.era.replaceProbes(before, after) ? permit : LOOK_AGAIN;
    }

    /**
     * A probe has ended; one that said nothing gives its place back. Does nothing if the era is over, or the probe's
     * time was up before.
     *
     * @param askedNanos how long the other side wants to be left alone; negative if it did not say
     */
    void probeEnded(
            Generation era, long number, Verdict verdict, boolean slow, long askedNanos, long now, Trigger trigger) {
        while (true) {
            BreakerSnapshot current = phase;
            if (current.era != era) {
                return;
            }
            Probes before = era.probes();
            Probes after = before.expired(now, current.settings);
            if (after.isOut(number) && after.decision(current.settings) == null) {
                if (askedNanos > 0) {
                    era.ask(now, askedNanos);
                }
                after = verdict.isFailure() || verdict == Verdict.SUCCESS
                        ? after.ended(number, verdict.isFailure(), slow, now)
                        : after.without(number);
            }
            if (after == before) {
                return;
            }
            if (era.replaceProbes(before, after)) {
                decide(current, after, now, trigger);
                return;
            }
        }
    }

    /** Ends probes whose time is up; true if that may have changed the phase. */
    private boolean expire(BreakerSnapshot phase, long now, @Nullable CallContext context) {
        Probes before = phase.era.probes();
        Probes after = before.expired(now, phase.settings);
        if (after != before && !phase.era.replaceProbes(before, after)) {
            return true;
        }
        return after.decision(phase.settings) != null && decide(phase, after, now, new Trigger(context, null));
    }

    private boolean decide(BreakerSnapshot phase, Probes probes, long now, Trigger trigger) {
        Why why = probes.decision(phase.settings);
        if (why == null) {
            return false;
        }
        State to = why == Why.PROBES_PASSED ? State.CLOSED : State.OPEN;
        // What the options decide that came later was not decided before.
        long since = probes.lastEnd() - phase.since > 0 ? probes.lastEnd() : phase.since;
        change(phase.era, to, why, probes.ended(), since, now, trigger);
        return true;
    }

    /** Opens the breaker because of what was counted in this era. */
    void open(Generation era, Why why, Tally numbers, long now, Trigger trigger) {
        change(era, State.OPEN, why, numbers, now, now, trigger);
    }

    /** Goes to a state by hand. It is there already if nobody was faster, and stays. */
    void set(State state) {
        long now = time.nanoTime();
        while (true) {
            BreakerSnapshot current = settle(now, null);
            if (current.era.state == state) {
                return;
            }
            Tally numbers = current.tally(now);
            if (change(current.era, state, Why.BY_HAND, numbers, now, now, Trigger.NONE)) {
                return;
            }
        }
    }

    /** Opens the breaker by hand for this time, an open one anew. */
    void openFor(long waitNanos) {
        long now = time.nanoTime();
        while (true) {
            BreakerSnapshot current = settle(now, null);
            Tally numbers = current.tally(now);
            Next open =
                    phase -> Generation.open(now, phase.openingsSoFar(now), phase.era.delayNanos, waitNanos, numbers);
            if (replace(current.era, open, Why.BY_HAND, numbers, now, Trigger.NONE)) {
                return;
            }
        }
    }

    /** Closes the breaker and forgets everything. */
    void reset() {
        long now = time.nanoTime();
        Generation closed = Generation.first(State.CLOSED, now);
        while (true) {
            Generation era = settle(now, null).era;
            if (replace(era, phase -> closed, Why.BY_HAND, Tally.NOTHING, now, Trigger.NONE)) {
                return;
            }
        }
    }

    /** Puts options in force, unless others than these have come before. */
    boolean reconfigure(Settings expected, Settings settings) {
        long now = time.nanoTime();
        while (true) {
            // What was due under the options before has happened under them.
            BreakerSnapshot before = settle(now, null);
            if (before.settings != expected) {
                return false;
            }
            BreakerSnapshot after = before.under(settings, now);
            if (before.openingsSoFar(now) == 0) {
                before.era.recovered = true;
            }
            if (change.test(() -> PHASE.compareAndSet(this, before, after))) {
                // Of the options before, a call may have ended meanwhile.
                after.beUnsure();
                after.era.cancelAlarm();
                arm(after, now, after.era.probes());
                // Under these, the probes that have ended may decide, or the time of others be up.
                BreakerSnapshot ignored = settle(now, null);
                return true;
            }
        }
    }

    private boolean change(Generation from, State to, Why why, Tally numbers, long since, long now, Trigger trigger) {
        return replace(from, phase -> eraOf(to, phase, since, numbers), why, numbers, now, trigger);
    }

    private interface Next {
        Generation after(BreakerSnapshot phase);
    }

    /** Ends an era; false if somebody else has ended it. */
    private boolean replace(Generation from, Next next, Why why, Tally numbers, long now, Trigger trigger) {
        while (true) {
            BreakerSnapshot before = phase;
            if (before.era != from) {
                return false;
            }
            Generation era = next.after(before);
            BreakerSnapshot after = before.followedBy(era, event(from, era, why, numbers, now, trigger));
            if (change.test(() -> PHASE.compareAndSet(this, before, after))) {
                follow(from, after, now);
                return true;
            }
        }
    }

    private @Nullable StateChanged event(
            Generation from, Generation to, Why why, Tally numbers, long now, Trigger trigger) {
        if (from.state == to.state) {
            return null;
        }
        long waitNanos = -1;
        if (to.state == State.OPEN) {
            waitNanos = to.waitNanos;
        } else if (why == Why.WAIT_OVER) {
            waitNanos = from.waitNanos;
        }
        return new StateChanged(
                name, now, from.state, to.state, why, numbers, waitNanos, trigger.context(), trigger.failure());
    }

    /** What comes after a transition, which nothing that goes wrong here undoes. */
    private void follow(Generation from, BreakerSnapshot after, long now) {
        try {
            from.cancelAlarm();
            arm(after, now, after.era.probes());
        } catch (VirtualMachineError noRoom) {
            // Whoever looks next sets the alarm.
        }
        announcer.tell(this);
    }

    private static Generation eraOf(State state, BreakerSnapshot before, long since, Tally numbers) {
        if (state != State.OPEN) {
            return Generation.after(before.era, state, since, before.openingsSoFar(since));
        }
        int openings = Math.min(before.openingsSoFar(since) + 1, OPENINGS_AT_MOST);
        long delay = before.settings.openNanos(openings, before.era.delayNanos);
        long wait = Math.min(Math.max(delay, before.era.askedNanos(since)), Nanos.FOREVER);
        return Generation.open(since, openings, delay, wait, numbers);
    }

    /**
     * What brought a transition about, besides the time.
     *
     * @param context of the call that did; null if none did
     * @param failure of that call; null if it did not fail by an exception
     */
    record Trigger(@Nullable CallContext context, @Nullable Throwable failure) {

        static final Trigger NONE = new Trigger(null, null);
    }

    // ---- the timer, if it is wanted

    /** @param probes of the half-open state, those that are just let in among them */
    private void arm(BreakerSnapshot phase, long now, Probes probes) {
        Generation era = phase.era;
        if (!phase.settings.usesAlarms || era.hasAlarm()) {
            return;
        }
        long delay = dueIn(phase, now, probes);
        if (delay >= Nanos.FOREVER) {
            return;
        }
        TransitionTimer alarm = new TransitionTimer(this, era);
        if (!era.setAlarm(alarm)) {
            return;
        }
        try {
            time.arm(alarm, now, delay);
        } catch (Throwable noTimer) {
            boolean ignored = era.takeAlarm(alarm);
            return;
        }
        // Whoever ended the era, or changed the options, may have looked for an alarm before it could be cancelled.
        if (this.phase.era != era || !era.isSet(alarm)) {
            alarm.cancel();
        }
    }

    private static long dueIn(BreakerSnapshot phase, long now, Probes probes) {
        Generation era = phase.era;
        return switch (era.state) {
            case OPEN -> era.waitNanos >= Nanos.FOREVER ? Nanos.FOREVER : era.waitLeft(now);
            case HALF_OPEN ->
                probes.out() == 0 ? Nanos.FOREVER : probes.oldestStart() + phase.settings.probeNanos - now;
            case CLOSED, DISABLED, FORCED_OPEN, METRICS_ONLY -> Nanos.FOREVER;
        };
    }

    void onAlarm(TransitionTimer alarm, Generation era) {
        if (!era.takeAlarm(alarm)) {
            return;
        }
        long now = time.nanoTime();
        BreakerSnapshot current = settle(now, null);
        if (current.era == era) {
            arm(current, now, era.probes());
        }
    }
}
