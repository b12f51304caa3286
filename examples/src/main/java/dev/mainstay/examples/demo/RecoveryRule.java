package dev.mainstay.examples.demo;

import java.time.Duration;
import java.util.Optional;

/**
 * When callers count as served again: over a whole window after the outage, at least this share of the calls that were
 * due got their answer.
 *
 * @param share of the offered calls, 0 to 1
 * @param window over which it must hold
 * @param limit after the outage's end, by which such a window must be complete
 */
record RecoveryRule(double share, Duration window, Duration limit) {

    /** How long after the outage's end the first good window begins; empty if there is none. */
    Optional<Duration> recovery(Timeline timeline, Duration outageEnd) {
        var end = timeline.startOf(timeline.slices().size());
        for (int i = 0; i < timeline.slices().size(); i++) {
            var from = timeline.startOf(i);
            var to = from.plus(window);
            if (from.compareTo(outageEnd) >= 0
                    && to.compareTo(end) <= 0
                    && timeline.between(from, to).goodShare() >= share) {
                return Optional.of(from.minus(outageEnd));
            }
        }
        return Optional.empty();
    }

    /** Whether a good window was complete in time. */
    boolean isMet(Timeline timeline, Duration outageEnd) {
        return recovery(timeline, outageEnd)
                .filter(delay -> delay.plus(window).compareTo(limit) <= 0)
                .isPresent();
    }
}
