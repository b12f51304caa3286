package dev.mainstay.examples.demo;

import java.time.Duration;
import java.util.Optional;

/**
 * What an arm must achieve before the outage. An arm that is in trouble already, as on a machine that is cold or busy
 * with other work, shows nothing about the outage: there is nothing to compare.
 *
 * @param share of the offered calls that must be answered, 0 to 1
 * @param requestsPerCall how many requests a call may cost; more of them are retries that a healthy service does not
 *     need
 */
record Baseline(double share, double requestsPerCall) {
    /** What the outage starts from; a good beginning does not make up for it. */
    private static final Duration END = Duration.ofSeconds(1);

    /** What was wrong in this time before the outage; empty if nothing was. */
    Optional<String> fault(Timeline timeline, Duration from, Duration to) {
        var whole = timeline.between(from, to);
        if (whole.offered() == 0) {
            return Optional.of("made no call that could be measured");
        }
        return fault(whole, "").or(() -> lastSecond(timeline, from, to));
    }

    private Optional<String> lastSecond(Timeline timeline, Duration from, Duration to) {
        var start = to.minus(END);
        var end = timeline.between(start.compareTo(from) < 0 ? from : start, to);
        // A second in which no call was due shows no fault.
        return end.offered() == 0 ? Optional.empty() : fault(end, " in the last second");
    }

    private Optional<String> fault(Slice slice, String when) {
        if (slice.goodShare() < share) {
            return Optional.of("had answers to only " + Figures.percent(slice.goodShare()) + " of its calls" + when
                    + ", not " + Figures.percent(share));
        }
        if (slice.requestsPerCall() > requestsPerCall) {
            return Optional.of("sent " + Figures.ratio(slice.requestsPerCall()) + " requests per call" + when
                    + ", more than " + Figures.ratio(requestsPerCall));
        }
        return Optional.empty();
    }
}
