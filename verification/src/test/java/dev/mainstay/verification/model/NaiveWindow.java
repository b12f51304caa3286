package dev.mainstay.verification.model;

import dev.mainstay.breaker.CircuitBreakerConfig;
import dev.mainstay.breaker.SlidingWindow;
import dev.mainstay.breaker.Tally;
import java.util.ArrayList;
import java.util.List;

/** The calls that a breaker looks back on, as its documentation has it: a list. */
final class NaiveWindow {

    /** A call that counts: when it ended, and how. */
    record Ended(long at, boolean failed, boolean slow) {}

    private final SlidingWindow kind;

    /** Since when it has been there, and when the first bucket began. */
    private final long born;

    private final long origin;
    private final List<Ended> calls;

    NaiveWindow(CircuitBreakerConfig config, long now) {
        this(config.slidingWindow(), now, now, List.of());
    }

    private NaiveWindow(SlidingWindow kind, long born, long origin, List<Ended> calls) {
        this.kind = kind;
        this.born = born;
        this.origin = origin;
        this.calls = new ArrayList<>(calls);
    }

    Ended add(long now, boolean failed, boolean slow) {
        Ended ended = new Ended(now, failed, slow);
        calls.add(ended);
        return ended;
    }

    /** Those it looks back on at a time. */
    List<Ended> calls(long now) {
        if (kind instanceof SlidingWindow.Calls last) {
            return newest(last.size());
        }
        SlidingWindow.Time time = (SlidingWindow.Time) kind;
        long oldest = bucketOf(now, time) - time.buckets() + 1;
        return calls.stream().filter(call -> bucketOf(call.at, time) >= oldest).toList();
    }

    private List<Ended> newest(int count) {
        return calls.subList(Math.max(0, calls.size() - count), calls.size());
    }

    private long bucketOf(long at, SlidingWindow.Time time) {
        return (at - origin) / bucketNanos(time);
    }

    private static long bucketNanos(SlidingWindow.Time time) {
        return (time.duration().toNanos() + time.buckets() - 1) / time.buckets();
    }

    Tally tally(long now) {
        return count(calls(now));
    }

    static Tally count(List<Ended> calls) {
        int failures = 0;
        int slowCalls = 0;
        int slowFailures = 0;
        for (Ended call : calls) {
            failures += call.failed ? 1 : 0;
            slowCalls += call.slow ? 1 : 0;
            slowFailures += call.failed && call.slow ? 1 : 0;
        }
        return new Tally(calls.size(), failures, slowCalls, slowFailures);
    }

    /** Whether all would have left it by now that was in it when it was new. */
    boolean hasTurnedOver(long now) {
        return kind instanceof SlidingWindow.Calls last
                ? calls.size() >= last.size()
                : now - born >= ((SlidingWindow.Time) kind).duration().toNanos();
    }

    /** What takes over when the options change. */
    NaiveWindow changedTo(CircuitBreakerConfig other, long now) {
        if (kind instanceof SlidingWindow.Calls before && other.slidingWindow() instanceof SlidingWindow.Calls after) {
            return new NaiveWindow(after, born, origin, newest(Math.min(before.size(), after.size())));
        }
        if (kind instanceof SlidingWindow.Time before
                && other.slidingWindow() instanceof SlidingWindow.Time after
                && bucketNanos(before) == bucketNanos(after)) {
            return new NaiveWindow(after, born, origin, calls(now));
        }
        return new NaiveWindow(other, now);
    }
}
