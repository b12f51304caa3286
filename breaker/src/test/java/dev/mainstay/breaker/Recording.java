package dev.mainstay.breaker;

/** Puts calls into windows, of whichever kind they are. */
final class Recording {

    private Recording() {}

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
