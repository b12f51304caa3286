package dev.mainstay.breaker;

import java.io.Serializable;

/**
 * What a breaker counted: the numbers behind a decision. Immutable.
 *
 * @param calls how many calls were looked back on
 * @param failures how many of them failed
 * @param slowCalls how many of them were slow, whether they failed or not
 * @param slowFailures how many of them both failed and were slow
 */
public record Tally(long calls, long failures, long slowCalls, long slowFailures) implements Serializable {

    static final Tally NOTHING = new Tally(0, 0, 0, 0);

    /** How many of the calls succeeded, slow ones among them. */
    public long successes() {
        return calls - failures;
    }

    /** How many of the calls succeeded, but were slow. */
    public long slowSuccesses() {
        return slowCalls - slowFailures;
    }

    /** How many of the calls failed, in percent from 0 to 100; NaN without any call. */
    public double failureRate() {
        return percent(failures);
    }

    /** How many of the calls were slow, in percent from 0 to 100; NaN without any call. */
    public double slowCallRate() {
        return percent(slowCalls);
    }

    private double percent(long part) {
        return calls == 0 ? Double.NaN : 100.0 * part / calls;
    }

    /** As people read it: {@code 12 of 20 calls failed, 3 were slow}. */
    @Override
    public String toString() {
        return failures + " of " + calls + " calls failed" + (slowCalls == 0 ? "" : ", " + slowCalls + " were slow");
    }
}
