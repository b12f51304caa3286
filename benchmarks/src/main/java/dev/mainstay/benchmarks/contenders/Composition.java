package dev.mainstay.benchmarks.contenders;

import java.util.List;

/**
 * What is to be set up: a breaker that opens at 80 % failures, a bulkhead of 25, a rate limiter that grants a call each
 * nanosecond, a retry of at most three attempts without delay, a time limiter of one second.
 *
 * @param kinds the outermost first
 * @param window of the breaker, if there is one
 * @param measured whether everything the library counts and times is bound to metrics
 * @param persistent whether retries must go on however many fail: a library with a retry budget has to turn it off
 */
public record Composition(List<PolicyKind> kinds, Window window, boolean measured, boolean persistent) {

    public static Composition of(PolicyKind... kinds) {
        return of(List.of(kinds));
    }

    public static Composition of(List<PolicyKind> kinds) {
        return new Composition(kinds, Window.parse("100 calls"), false, false);
    }

    public Composition window(Window window) {
        return new Composition(kinds, window, measured, persistent);
    }

    public Composition measured(boolean measured) {
        return new Composition(kinds, window, measured, persistent);
    }

    public Composition retryingWhateverHappens() {
        return new Composition(kinds, window, measured, true);
    }
}
