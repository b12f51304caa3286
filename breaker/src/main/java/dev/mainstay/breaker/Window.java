package dev.mainstay.breaker;

import dev.mainstay.QuietFlag;

/**
 * The calls that a breaker looks back on. Safe for use by many threads; used by one, it is exact.
 *
 * <p>What a breaker wants to know is whether a rate may have risen to its threshold. A rate rises with a failure or a
 * slow call; with a success only if that makes up the minimum number of calls. So only then does it {@linkplain #DUE
 * look}, and only then do calls get added up.
 *
 * <p>While the window is quiet, a success that was not slow need not even be recorded: it would leave the window {@link
 * #UNCHANGED}.
 */
abstract sealed class Window extends QuietFlag permits PaddedCount, TimeWindow {

    /**
     * The call changed nothing, and nothing was written: there is no failure and no slow call to look back on, and one
     * success is like another.
     */
    static final int UNCHANGED = 0;

    /** The call was counted, and there is no failure and no slow call to look back on. */
    static final int CLEAN = 1;

    /** The call was counted, and no rate has risen by it. */
    static final int COUNTED = 2;

    /** The call was counted, and a rate may have risen by it. */
    static final int DUE = 3;

    /** An empty window. */
    static Window of(SlidingWindow kind, long now) {
        return kind instanceof SlidingWindow.Time time
                ? new TimeWindow(time, now)
                : new CountWindow(((SlidingWindow.Calls) kind).size());
    }

    /**
     * Counts a call that succeeded, and was not slow.
     *
     * @param now the time, if this is a window of time
     * @param minimumCalls how many calls it takes for a rate to mean something
     * @return {@link #UNCHANGED}, {@link #CLEAN}, {@link #COUNTED} or {@link #DUE}
     */
    abstract int recordGood(long now, int minimumCalls);

    /**
     * Counts a call that failed, or was slow, or both.
     *
     * @param now the time
     * @return what is in the window then
     */
    abstract Tally recordBad(boolean failed, boolean slow, long now);

    /** Adds up what is in the window. */
    abstract Tally tally(long now);

    /**
     * Whether no failure and no slow call is in the window, or, if it does not forget them by itself, none that came
     * after that time.
     */
    abstract boolean isCleanSince(long now, long time);

    /** Whether all that was in the window when it was made, had it not been empty, would have left it by now. */
    abstract boolean hasTurnedOver(long now);

    /**
     * This window if it will do for the other kind, or another that begins with what can be kept of this one. Calls
     * that end meanwhile may be missing in it.
     */
    abstract Window changedTo(SlidingWindow kind, long now);
}
