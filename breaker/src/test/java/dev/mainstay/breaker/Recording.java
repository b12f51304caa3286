package dev.mainstay.breaker;

/** Puts calls into windows, of whichever kind they are. */
final class Recording {

    private Recording() {}

    /** As a gate does: not at all while it is quiet. */
    static int recordAsAGate(Window window, boolean failed, boolean slow, long now, int minimumCalls) {
        boolean quiet = !failed && !slow && window.isQuiet();
        return quiet ? Window.UNCHANGED : record(window, failed, slow, now, minimumCalls);
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
