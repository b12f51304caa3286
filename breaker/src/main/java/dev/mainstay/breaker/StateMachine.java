package dev.mainstay.breaker;

import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.breaker.StateChanged.Why;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Verdict;
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
     * One compare-and-set of the snapshot is the transition. Everything else follows from what is read there: nobody
     * holds a lock, and whoever finds that something is due does it, be it the next call, a reader of the state, or
     * the timer. That holds for what follows a transition, too: if a thread runs out of stack right after it, the next
     * one tells of it, and sets the timer.
     *
     * What was due earlier is done as of then. A probe that nobody saw run out of time has opened the breaker when its
     * time was up, so that it makes no difference who looks, and when.
     */
    static final long NO_PLACE = -1;
    static final long LOOK_AGAIN = -2;

    private static final int OPENINGS_AT_MOST = 1_000_000;
    private static final VarHandle SNAPSHOT = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "snapshot", VarHandle.class, StateMachine.class, BreakerSnapshot.class);

    private final String name;
    private final TimeSource time;
    private final Predicate<BooleanSupplier> change;
    private final TransitionPublisher announcer;

    /** Read without a call by whoever has no stack left for one. */
    volatile BreakerSnapshot snapshot;

    /**
     * @param change makes a change of the snapshot, and returns what that returns
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
        this.snapshot = start;
        if (state != State.CLOSED) {
            this.snapshot = BreakerSnapshot.first(eraOf(state, start, now, Tally.NOTHING), settings, now);
            arm(this.snapshot, now, Probes.NONE);
        }
    }

    BreakerSnapshot snapshot() {
        return snapshot;
    }

    TimeSource time() {
        return time;
    }

    /** Does what is due, and returns the snapshot then. */
    BreakerSnapshot settle(long now, @Nullable CallContext context) {
        while (true) {
            BreakerSnapshot current = snapshot;
            Generation generation = current.generation;
            catchUp(current, now);
            if (generation.state == State.OPEN && generation.waitLeft(now) <= 0) {
                change(
                        generation,
                        State.HALF_OPEN,
                        Why.WAIT_OVER,
                        generation.openedBy,
                        generation.since + generation.waitNanos,
                        now,
                        new Trigger(context, null));
            } else if (generation.state != State.HALF_OPEN || !expire(current, now, context)) {
                return current;
            }
        }
    }

    /** What a thread that ran out of stack has left undone. */
    private void catchUp(BreakerSnapshot current, long now) {
        Generation generation = current.generation;
        if (announcer.isBehind(current)) {
            announcer.tell(this);
        }
        if (current.settings.usesAlarms && !generation.hasAlarm()) {
            arm(current, now, generation.probes());
        }
        if (generation.someUnreturned) {
            generation.someUnreturned = false;
            try {
                takeBack(current, now);
            } catch (Throwable noRoom) {
                // Out of stack, too: they are still there, for whoever looks next.
                generation.someUnreturned = true;
                throw noRoom;
            }
        }
    }

    /** They have said nothing, and their places are free again. */
    private void takeBack(BreakerSnapshot current, long now) {
        long[] unreturned = current.generation.unreturned;
        for (int i = 0; unreturned != null && i < unreturned.length; i++) {
            long permit = unreturned[i];
            if (permit != 0 && current.settingsOf(permit) != null) {
                probeEnded(
                        current.generation,
                        BreakerSnapshot.probeOf(permit),
                        Verdict.IGNORED,
                        false,
                        -1,
                        now,
                        Trigger.NONE);
            }
        }
    }

    /** The state that a call would find, which need not be there yet: a reader does not make it half-open. */
    State stateAt(long now) {
        while (true) {
            BreakerSnapshot current = snapshot;
            Generation generation = current.generation;
            catchUp(current, now);
            if (generation.state == State.HALF_OPEN && expire(current, now, null)) {
                continue;
            }
            return generation.state == State.OPEN && generation.waitLeft(now) <= 0 ? State.HALF_OPEN : generation.state;
        }
    }

    /** Lets a probe in: a permit, {@link #NO_PLACE} or {@link #LOOK_AGAIN}. */
    long admitProbe(BreakerSnapshot snapshot, long now) {
        Probes before = snapshot.generation.probes();
        if (before.taken() >= snapshot.settings.probes) {
            return NO_PLACE;
        }
        Probes after = before.admit(now);
        long permit = snapshot.permitOf(before.next());
        arm(snapshot, now, after);
        // Last of all: nothing that may fail comes between taking a place and having it.
        return snapshot.generation.replaceProbes(before, after) ? permit : LOOK_AGAIN;
    }

    /**
     * A probe has ended; one that said nothing gives its place back. Does nothing if the generation is over, or the
     * probe's time was up before.
     *
     * @param askedNanos how long the other side wants to be left alone; negative if it did not say
     */
    void probeEnded(
            Generation generation,
            long number,
            Verdict verdict,
            boolean slow,
            long askedNanos,
            long now,
            Trigger trigger) {
        while (true) {
            BreakerSnapshot current = snapshot;
            if (current.generation != generation) {
                return;
            }
            Probes before = generation.probes();
            Probes after = before.expired(now, current.settings);
            if (after.isOut(number) && after.decision(current.settings) == null) {
                if (askedNanos > 0) {
                    generation.ask(now, askedNanos);
                }
                after = verdict.isFailure() || verdict == Verdict.SUCCESS
                        ? after.ended(number, verdict.isFailure(), slow, now)
                        : after.without(number);
            }
            if (after == before) {
                return;
            }
            if (generation.replaceProbes(before, after)) {
                decide(current, after, now, trigger);
                return;
            }
        }
    }

    /** Ends probes whose time is up; true if that may have changed the snapshot. */
    private boolean expire(BreakerSnapshot snapshot, long now, @Nullable CallContext context) {
        Probes before = snapshot.generation.probes();
        Probes after = before.expired(now, snapshot.settings);
        if (after != before && !snapshot.generation.replaceProbes(before, after)) {
            return true;
        }
        return after.decision(snapshot.settings) != null && decide(snapshot, after, now, new Trigger(context, null));
    }

    private boolean decide(BreakerSnapshot snapshot, Probes probes, long now, Trigger trigger) {
        Why why = probes.decision(snapshot.settings);
        if (why == null) {
            return false;
        }
        State to = why == Why.PROBES_PASSED ? State.CLOSED : State.OPEN;
        // What the options decide that came later was not decided before.
        long since = probes.lastEnd() - snapshot.since > 0 ? probes.lastEnd() : snapshot.since;
        change(snapshot.generation, to, why, probes.ended(), since, now, trigger);
        return true;
    }

    /** Opens the breaker because of what was counted in this generation. */
    void open(Generation generation, Why why, Tally numbers, long now, Trigger trigger) {
        change(generation, State.OPEN, why, numbers, now, now, trigger);
    }

    /** Goes to a state by hand. It is there already if nobody was faster, and stays. */
    void set(State state) {
        long now = time.nanoTime();
        while (true) {
            BreakerSnapshot current = settle(now, null);
            if (current.generation.state == state) {
                return;
            }
            Tally numbers = current.tally(now);
            if (change(current.generation, state, Why.BY_HAND, numbers, now, now, Trigger.NONE)) {
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
            Next open = snapshot -> Generation.open(
                    now, snapshot.openingsSoFar(now), snapshot.generation.delayNanos, waitNanos, numbers);
            if (replace(current.generation, open, Why.BY_HAND, numbers, now, Trigger.NONE)) {
                return;
            }
        }
    }

    /** Closes the breaker and forgets everything. */
    void reset() {
        long now = time.nanoTime();
        Generation closed = Generation.first(State.CLOSED, now);
        while (true) {
            Generation generation = settle(now, null).generation;
            if (replace(generation, snapshot -> closed, Why.BY_HAND, Tally.NOTHING, now, Trigger.NONE)) {
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
                before.generation.recovered = true;
            }
            if (change.test(() -> SNAPSHOT.compareAndSet(this, before, after))) {
                // Of the options before, a call may have ended meanwhile.
                after.beUnsure();
                after.generation.cancelAlarm();
                arm(after, now, after.generation.probes());
                // Under these, the probes that have ended may decide, or the time of others be up.
                BreakerSnapshot ignored = settle(now, null);
                return true;
            }
        }
    }

    private boolean change(Generation from, State to, Why why, Tally numbers, long since, long now, Trigger trigger) {
        return replace(from, snapshot -> eraOf(to, snapshot, since, numbers), why, numbers, now, trigger);
    }

    private interface Next {
        Generation after(BreakerSnapshot snapshot);
    }

    /** Ends a generation; false if somebody else has ended it. */
    private boolean replace(Generation from, Next next, Why why, Tally numbers, long now, Trigger trigger) {
        while (true) {
            BreakerSnapshot before = snapshot;
            if (before.generation != from) {
                return false;
            }
            Generation generation = next.after(before);
            BreakerSnapshot after = before.followedBy(generation, event(from, generation, why, numbers, now, trigger));
            if (change.test(() -> SNAPSHOT.compareAndSet(this, before, after))) {
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
            arm(after, now, after.generation.probes());
        } catch (VirtualMachineError noRoom) {
            // Whoever looks next sets the timer.
        }
        announcer.tell(this);
    }

    private static Generation eraOf(State state, BreakerSnapshot before, long since, Tally numbers) {
        if (state != State.OPEN) {
            return Generation.after(before.generation, state, since, before.openingsSoFar(since));
        }
        int openings = Math.min(before.openingsSoFar(since) + 1, OPENINGS_AT_MOST);
        long delay = before.settings.openNanos(openings, before.generation.delayNanos);
        long wait = Math.min(Math.max(delay, before.generation.askedNanos(since)), Nanos.FOREVER);
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
    private void arm(BreakerSnapshot snapshot, long now, Probes probes) {
        Generation generation = snapshot.generation;
        if (!snapshot.settings.usesAlarms || generation.hasAlarm()) {
            return;
        }
        long delay = dueIn(snapshot, now, probes);
        if (delay >= Nanos.FOREVER) {
            return;
        }
        TransitionTimer timer = new TransitionTimer(this, generation);
        if (!generation.setAlarm(timer)) {
            return;
        }
        try {
            time.arm(timer, now, delay);
        } catch (Throwable noTimer) {
            boolean ignored = generation.takeAlarm(timer);
            return;
        }
        // Whoever ended the generation, or changed the options, may have looked for a timer before it could be
        // cancelled.
        if (this.snapshot.generation != generation || !generation.isSet(timer)) {
            timer.cancel();
        }
    }

    private static long dueIn(BreakerSnapshot snapshot, long now, Probes probes) {
        Generation generation = snapshot.generation;
        return switch (generation.state) {
            case OPEN -> generation.waitNanos >= Nanos.FOREVER ? Nanos.FOREVER : generation.waitLeft(now);
            case HALF_OPEN ->
                probes.out() == 0 ? Nanos.FOREVER : probes.oldestStart() + snapshot.settings.probeNanos - now;
            case CLOSED, DISABLED, FORCED_OPEN, METRICS_ONLY -> Nanos.FOREVER;
        };
    }

    void onTimer(TransitionTimer timer, Generation generation) {
        if (!generation.takeAlarm(timer)) {
            return;
        }
        long now = time.nanoTime();
        BreakerSnapshot current = settle(now, null);
        if (current.generation == generation) {
            arm(current, now, generation.probes());
        }
    }
}
