package dev.mainstay.breaker;

import dev.mainstay.breaker.CircuitBreaker.State;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** One stay in one state, from a transition to the next, with what is known only as long as it lasts. */
final class Generation {

    /** A power of two. One that finds no place here ends when its time is up. */
    static final int UNRETURNED_AT_MOST = 16;

    private static final VarHandle PROBES = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "probes", VarHandle.class, Generation.class, Probes.class);
    private static final VarHandle STREAK = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "streak", VarHandle.class, Generation.class, int.class);
    private static final VarHandle ASKED = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "asked", VarHandle.class, Generation.class, RetryAfter.class);
    private static final VarHandle TIMER = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "timer", VarHandle.class, Generation.class, TransitionTimer.class);

    final State state;

    /** When it began. */
    final long since;

    /**
     * How often the breaker has opened without staying closed for a window in between; and what the backoff gave for
     * the last time, before a hint was heeded.
     */
    final int openings;

    final long delayNanos;

    /** How long to stay open. */
    final long waitNanos;

    /** The numbers that opened the breaker, as long as it is not closed again. */
    final Tally openedBy;

    /** Of the half-open state, otherwise none. */
    private volatile Probes probes = Probes.NONE;

    /** How many calls have failed in a row; counted only if somebody wants to know. */
    private volatile int streak;

    /** Until when the other side has asked to be left alone. */
    private volatile @Nullable RetryAfter asked;

    /** Whether the breaker has stayed closed for a window, which a window that came later cannot tell. */
    volatile boolean recovered;

    private volatile @Nullable TransitionTimer timer;

    /**
     * Permits of probes that have ended on a thread that had no stack left to say so; null where there are no probes.
     */
    final long @Nullable [] unreturned;

    /** Whether there are any. Whoever sets it has written the permit before. */
    volatile boolean someUnreturned;

    private Generation(State state, long since, int openings, long delayNanos, long waitNanos, Tally openedBy) {
        this.state = state;
        this.since = since;
        this.openings = openings;
        this.delayNanos = delayNanos;
        this.waitNanos = waitNanos;
        this.openedBy = openedBy;
        this.unreturned = state == State.HALF_OPEN ? new long[UNRETURNED_AT_MOST] : null;
    }

    /** The open state, when the breaker has opened so often in a row. */
    static Generation open(long since, int openings, long delayNanos, long waitNanos, Tally openedBy) {
        return new Generation(State.OPEN, since, openings, delayNanos, waitNanos, openedBy);
    }

    /** Any other state, in a breaker that has a past, in which it has opened so often in a row. */
    static Generation after(Generation past, State state, long since, int openings) {
        Tally openedBy = state == State.HALF_OPEN ? past.openedBy : Tally.NOTHING;
        return new Generation(state, since, openings, past.delayNanos, 0, openedBy);
    }

    /** Any other state, in a breaker that has none. */
    static Generation first(State state, long since) {
        return new Generation(state, since, 0, 0, 0, Tally.NOTHING);
    }

    /** What is left of the wait in the open state; zero or less once it is over. */
    long waitLeft(long now) {
        return waitNanos - (now - since);
    }

    /** How long until a call may be let in; negative where that cannot be said. */
    long retryAfterNanos(long now) {
        return switch (state) {
            case CLOSED, DISABLED, METRICS_ONLY -> 0;
            case OPEN -> Math.max(0, waitLeft(now));
            case HALF_OPEN, FORCED_OPEN -> -1;
        };
    }

    Probes probes() {
        return probes;
    }

    boolean replaceProbes(Probes before, Probes after) {
        return PROBES.compareAndSet(this, before, after);
    }

    /** One more failure in a row; returns how many they are now. */
    int lengthenStreak() {
        return (int) STREAK.getAndAdd(this, 1) + 1;
    }

    void endStreak() {
        if (streak != 0) {
            streak = 0;
        }
    }

    /**
     * A failure said when to come back. The latest of these times counts; another object says so each time, so that
     * nobody {@linkplain #forget forgets} it unseen.
     */
    void ask(long now, long nanos) {
        long until = now + nanos;
        RetryAfter before;
        RetryAfter after;
        do {
            before = asked;
            after = new RetryAfter(before == null || until - before.until > 0 ? until : before.until);
        } while (!ASKED.compareAndSet(this, before, after));
    }

    /** Until when the other side has asked to be left alone; null if it has not. */
    @Nullable
    RetryAfter asked() {
        return asked;
    }

    /** The failures that said so are out of the window. Does nothing if another has said anything since. */
    void forget(RetryAfter asked) {
        ASKED.compareAndSet(this, asked, null);
    }

    /** How long from the time on the other side has asked to be left alone; zero or less if it has not. */
    long askedNanos(long from) {
        RetryAfter asked = this.asked;
        return asked == null ? 0 : asked.until - from;
    }

    boolean setAlarm(TransitionTimer timer) {
        return TIMER.compareAndSet(this, null, timer);
    }

    boolean hasAlarm() {
        return timer != null;
    }

    boolean isSet(TransitionTimer timer) {
        return this.timer == timer;
    }

    boolean takeAlarm(TransitionTimer timer) {
        return TIMER.compareAndSet(this, timer, null);
    }

    void cancelAlarm() {
        TransitionTimer timer = (TransitionTimer) TIMER.getAndSet(this, null);
        if (timer != null) {
            timer.cancel();
        }
    }

    record RetryAfter(long until) {}
}
