package dev.mainstay.breaker;

import dev.mainstay.SilentCount;

/** Puts calls into windows, of whichever kind they are. */
final class Recording {

    private Recording() {}

    /** As a gate does: in silence if that prevails. */
    static int recordAsAGate(Window window, boolean failed, boolean slow, long now, int minimumCalls) {
        SilentCount silence = window.silence();
        boolean silent = !failed && !slow && silence != null && silence.addInSilence();
        return silent ? Window.COUNTED : record(window, failed, slow, now, minimumCalls);
    }

    static int record(Window window, boolean failed, boolean slow, long now, int minimumCalls) {
        if (!failed && !slow) {
            return window.recordGood(now, minimumCalls);
        }
        Tally tally = window.recordBad(failed, slow, now);
        if (!tally.equals(window.tally(now))) {
            throw new AssertionError(tally + " right after the call, but then " + window.tally(now));
        }
        return Window.DUE;
    }
}
