package dev.mainstay.examples.demo;

import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * The calls that were due in one stretch of time and what became of them.
 *
 * @param offered calls that were due
 * @param sent requests that went out to the service, first attempts and retries
 * @param answers how long the answered calls took, in nanoseconds
 * @param failures how long the other calls took until the caller had an error
 */
record Slice(int offered, int sent, Histogram answers, Histogram failures) {

    /** All these together. */
    static Slice sum(List<Slice> slices) {
        var answers = new Histogram(2);
        var failures = new Histogram(2);
        int offered = 0;
        int sent = 0;
        for (var slice : slices) {
            offered += slice.offered;
            sent += slice.sent;
            answers.add(slice.answers);
            failures.add(slice.failures);
        }
        return new Slice(offered, sent, answers, failures);
    }

    /** Calls that got their answer. */
    long answered() {
        return answers.getTotalCount();
    }

    /** The share of the calls that got their answer, 0 to 1; 0 if there were none. */
    double goodShare() {
        return offered == 0 ? 0 : (double) answered() / offered;
    }

    /** Requests per call: what the service bears for each call it is there for; 0 if there were none. */
    double requestsPerCall() {
        return offered == 0 ? 0 : (double) sent / offered;
    }

    /** The time within which 99 % of the callers had an answer or an error, in seconds; 0 if there were none. */
    double p99Seconds() {
        var all = answers.copy();
        all.add(failures);
        return Seconds.ofNanos(all.getValueAtPercentile(99));
    }

    /** The time within which 99 % of the answers came, in seconds; 0 if there were none. */
    double p99OfAnswersSeconds() {
        return Seconds.ofNanos(answers.getValueAtPercentile(99));
    }
}
