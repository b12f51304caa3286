package dev.mainstay.breaker;

import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.breaker.TransitionPublisher.Transition;
import org.jspecify.annotations.Nullable;

/**
 * All that a call needs to know of the breaker, found with one read: the generation, the options in force, the window,
 * and the permit to give. A transition or other options put another snapshot in place.
 */
final class BreakerSnapshot {

    /*
     * A permit:     0 | d | stamp: 31 bits | number: 31 bits
     *
     *   stamp   counts snapshots, and wraps. A permit that bears another one is of another generation, or was given
     *           under other options of this one.
     *   number  of the probe, from 1; 0 if it is none.
     *   d       given while disabled: the call counts nowhere.
     *
     * Stamps of one generation follow each other, so that an old one leads to the options that admitted the call: so
     * many steps back.
     */
    static final long MOST_NUMBERS = (1L << 31) - 1;

    private static final int STAMP_SHIFT = 31;
    private static final long STAMPS = (1L << 31) - 1;
    private static final long DISABLED = 1L << 62;
    private static final long NOT_FOR_ALL = -1;
    private static final int OLDER_AT_MOST = 8;

    /** How long failures and openings are worth remembering at least. */
    private static final long STALE_NANOS = 5 * 60 * 1_000_000_000L;

    private static final Settings[] NONE = {};

    final Generation generation;
    final Settings settings;

    /** Since when these options have been in force in this generation. */
    final long since;

    /** Null where no calls are looked back on. */
    final @Nullable Window window;

    /** What every call gets that enters; negative if calls do not enter just so. */
    final long permit;

    /** The transition made last; null if none was made yet. */
    final @Nullable Transition last;

    /**
     * Set when the window was changed or judged by other options than these, so that the next call that counts looks at
     * the rates.
     */
    volatile boolean unsure;

    private final long stamp;

    /** How many other options were in force before in this generation; and the last of them, the newest first. */
    private final int revision;

    private final Settings[] older;

    private BreakerSnapshot(
            Generation generation,
            Settings settings,
            long since,
            @Nullable Window window,
            long stamp,
            int revision,
            Settings[] older,
            @Nullable Transition last) {
        this.generation = generation;
        this.settings = settings;
        this.since = since;
        this.window = window;
        this.stamp = stamp & STAMPS;
        this.revision = revision;
        this.older = older;
        this.last = last;
        this.permit = switch (generation.state) {
            case CLOSED, METRICS_ONLY -> this.stamp << STAMP_SHIFT;
            case DISABLED -> DISABLED | this.stamp << STAMP_SHIFT;
            case OPEN, HALF_OPEN, FORCED_OPEN -> NOT_FOR_ALL;
        };
    }

    static BreakerSnapshot first(Generation generation, Settings settings, long now) {
        return new BreakerSnapshot(generation, settings, now, windowOf(generation, settings, now), 0, 0, NONE, null);
    }

    /**
     * Another generation, which may have begun before anybody noticed.
     *
     * @param event what is to be told of it; null if nothing is
     */
    BreakerSnapshot followedBy(Generation next, @Nullable StateChanged event) {
        Transition transition = event == null ? last : new Transition(event, last);
        Window fresh = windowOf(next, settings, next.since);
        return new BreakerSnapshot(next, settings, next.since, fresh, stamp + 1, 0, NONE, transition);
    }

    /** Other options in the same generation. */
    BreakerSnapshot under(Settings other, long now) {
        Settings[] more = new Settings[Math.min(older.length + 1, OLDER_AT_MOST)];
        more[0] = settings;
        System.arraycopy(older, 0, more, 1, more.length - 1);
        Window kept = window == null ? null : window.changedTo(other.config.slidingWindow(), now);
        BreakerSnapshot snapshot =
                new BreakerSnapshot(generation, other, now, kept, stamp + 1, revision + 1, more, last);
        snapshot.beUnsure();
        return snapshot;
    }

    /** The next call that counts looks at the rates: at the latest one that begins after this. */
    void beUnsure() {
        unsure = true;
    }

    private static @Nullable Window windowOf(Generation generation, Settings settings, long now) {
        return generation.state == State.CLOSED || generation.state == State.METRICS_ONLY
                ? Window.of(settings.config.slidingWindow(), now)
                : null;
    }

    long permitOf(long probe) {
        return stamp << STAMP_SHIFT | probe;
    }

    static long probeOf(long permit) {
        return permit & MOST_NUMBERS;
    }

    static boolean countsNothing(long permit) {
        return (permit & DISABLED) != 0;
    }

    /**
     * The options that admitted the call; null if that was in another generation. (Of more than a few changes back, the
     * oldest known.)
     */
    @Nullable
    Settings settingsOf(long permit) {
        long back = (stamp - (permit >>> STAMP_SHIFT)) & STAMPS;
        if (back == 0) {
            return settings;
        }
        return back <= revision ? older[(int) Math.min(back, older.length) - 1] : null;
    }

    /**
     * The numbers that decide: of the window, of the probes, or, as long as calls are rejected, those that opened the
     * breaker.
     */
    Tally tally(long now) {
        if (window != null) {
            return window.tally(now);
        }
        return generation.state == State.OPEN && generation.waitLeft(now) > 0
                ? generation.openedBy
                : generation.probes().ended();
    }

    /** How often the breaker has opened in a row, if it were to open now for the next time. */
    int openingsSoFar(long now) {
        boolean recovered = generation.state == State.CLOSED
                && (generation.recovered || (window != null && window.hasTurnedOver(now)));
        return recovered ? 0 : generation.openings;
    }

    /** Whether there is no failure, no slow call and no opening in it. */
    boolean remembersNothing(long now) {
        if (generation.state == State.OPEN || generation.state == State.HALF_OPEN) {
            return false;
        }
        Tally tally = tally(now);
        return tally.failures() == 0 && tally.slowCalls() == 0 && openingsSoFar(now) == 0;
    }

    /** Whether what is in it is so old that it need not be remembered any more. */
    boolean isStale(long now) {
        long stale = Math.max(STALE_NANOS, generation.delayNanos);
        long ended = generation.state == State.OPEN ? generation.since + generation.waitNanos : generation.since;
        return now - ended >= stale
                && generation.probes().isOverSince(now - stale)
                && (window == null || window.isCleanSince(now, now - stale));
    }
}
