package dev.mainstay.examples.demo;

import java.io.PrintStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Shows the status of a running trial: on a terminal one line per phase, redrawn in place; elsewhere, as in a log, a
 * new line every second.
 */
final class LiveLine {
    private static final Duration LOG_INTERVAL = Duration.ofSeconds(1);

    private final PrintStream out;
    private final boolean terminal;
    private @Nullable Status shown;
    private Duration sinceShown = Duration.ZERO;

    LiveLine(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** Shows the status, which is the one after an interval of this length. */
    void show(Status status, Duration interval) {
        if (terminal) {
            redraw(status);
            return;
        }
        sinceShown = sinceShown.plus(interval);
        if (sinceShown.compareTo(LOG_INTERVAL) >= 0) {
            out.println(status);
            sinceShown = Duration.ZERO;
        }
    }

    private void redraw(Status status) {
        if (shown != null && shown.phase() != status.phase()) {
            out.println();
        }
        out.print("\r" + status);
        out.flush();
        shown = status;
    }

    /** Leaves the line as it is; what follows begins a new one. */
    void end() {
        if (shown != null) {
            out.println();
            shown = null;
        }
    }
}
